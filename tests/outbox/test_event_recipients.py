"""Who hears what became of an answer or an event: everybody once, nobody twice."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.outbox.network import (
    ACCEPTED,
    CANCELLED,
    DECLINED,
    INVITED,
    NOTICES,
    TENTATIVE,
    Network,
)
from tests.outbox.scene import Outbox
from tests.registrations.scene import Scene
from var_outreach.agenda.model import EventState
from var_outreach.outbox.model import Delivery, DeliveryState
from var_outreach.outbox.sender import Recipient
from var_outreach.planning.due import AudienceKind, AudienceSpec
from var_outreach.planning.mail_kinds import MailKind
from var_outreach.registrations.answers import Answer, record_answer
from var_outreach.registrations.invitees import withdraw

# ---- notices


def test_confirmation_of_each_answer(outbox: Outbox, scene: Scene) -> None:
    expected = {ACCEPTED: "nl/accepted", TENTATIVE: "nl/tentative", DECLINED: "nl/declined"}
    with outbox.app.database.writing() as session:
        for choice, variant in expected.items():
            event = scene.event(session)
            (row,) = scene.invited(session, event, 1)
            record_answer(session, row, Answer(choice, "M"), via="page", now=outbox.clock.now())
            (one,) = outbox.recipients(session, MailKind.CONFIRMATION, NOTICES, event=event)
            assert (one.variant, one.key) == (variant, f"registration:{row.id}")
            assert one.occurrence == row.version == row.notified_version
            # Who declines keeps the client's own entry.
            assert (one.calendar is None) is (choice is DECLINED)
            if one.calendar is not None:
                assert one.calendar["partstat"] == choice.value.upper()


def test_cancelled_answer_is_confirmed_as_such(outbox: Outbox, scene: Scene) -> None:
    with outbox.app.database.writing() as session:
        network = Network(outbox, scene, session)
        network.invited()
        (row,) = network.rows(network.mayor)
        network.answer(row, ACCEPTED)
        network.told(MailKind.CONFIRMATION)
        network.answer(row, CANCELLED)
        (one,) = network.told(MailKind.CONFIRMATION)
        assert (one.variant, one.occurrence) == ("nl/cancelled", 2)


def test_nobody_is_told_twice(outbox: Outbox, scene: Scene) -> None:
    with outbox.app.database.writing() as session:
        network = Network(outbox, scene, session)
        network.invited()
        network.answer(network.rows(network.mayor)[0], ACCEPTED)
        assert len(network.told(MailKind.CONFIRMATION)) == 1
        assert network.told(MailKind.CONFIRMATION) == []


def test_answers_that_came_out_the_same_are_one_mail(outbox: Outbox, scene: Scene) -> None:
    with outbox.app.database.writing() as session:
        network = Network(outbox, scene, session)
        network.invited()
        first, second, third = network.rows(network.desk)
        network.answer(first, ACCEPTED)
        network.answer(second, DECLINED)
        network.answer(third, ACCEPTED)
        told = {one.variant: one for one in network.told(MailKind.CONFIRMATION)}
        assert set(told) == {"nl/accepted", "nl/declined"}
        accepted = told["nl/accepted"].places["offices"]
        assert "jeugd" in accepted
        assert "wonen" in accepted
        assert "zorg" not in accepted
        assert "zorg" in told["nl/declined"].places["offices"]


def test_shared_entry_shows_the_answer_that_weighs_most(outbox: Outbox, scene: Scene) -> None:
    """One office accepted long ago; another at the same mailbox says maybe now."""
    with outbox.app.database.writing() as session:
        network = Network(outbox, scene, session)
        network.invited()
        first, second, _ = network.rows(network.desk)
        network.answer(first, ACCEPTED)
        network.told(MailKind.CONFIRMATION)
        network.answer(second, TENTATIVE)
        (one,) = network.told(MailKind.CONFIRMATION)
        assert one.calendar is not None
        assert one.calendar["partstat"] == "ACCEPTED"


def test_waiting_list_tells_the_number_and_promotion_the_place(
    outbox: Outbox, scene: Scene
) -> None:
    with outbox.app.database.writing() as session:
        event = scene.event(session, capacity=1)
        rows = scene.invited(session, event, 3)
        now = outbox.clock.now()
        for row in rows:
            record_answer(session, row, Answer(ACCEPTED, "M"), via="page", now=now)

        def told(kind: MailKind) -> list[Recipient]:
            return outbox.recipients(session, kind, NOTICES, event=event)

        waiting = told(MailKind.WAITLIST)
        assert [one.places["waitlist_number"] for one in waiting] == ["1", "2"]
        assert all(one.calendar is None for one in waiting)
        assert [one.key for one in told(MailKind.CONFIRMATION)] == [f"registration:{rows[0].id}"]
        outbox.clock.advance(timedelta(hours=1))
        later = outbox.clock.now()
        record_answer(session, rows[0], Answer(CANCELLED), via="page", now=later)
        (promoted,) = told(MailKind.PROMOTION)
        assert promoted.key == f"registration:{rows[1].id}"
        assert promoted.calendar is not None
        assert promoted.calendar["partstat"] == "ACCEPTED"
        assert told(MailKind.WAITLIST) == []


def test_withdrawal_takes_the_entry_away(outbox: Outbox, scene: Scene) -> None:
    with outbox.app.database.writing() as session:
        network = Network(outbox, scene, session)
        network.invited()
        withdraw(session, network.rows(network.mayor)[0], by="staf", now=outbox.clock.now())
        (one,) = network.told(MailKind.WITHDRAWAL)
        assert one.calendar is not None
        assert (one.calendar["method"], one.calendar["sequence"]) == ("CANCEL", 1)
        assert one.calendar["cancelled_event"] is False
        assert network.invitation(network.desk).sequence == 0


def test_withdrawal_of_one_office_leaves_the_entry_to_the_others(
    outbox: Outbox, scene: Scene
) -> None:
    with outbox.app.database.writing() as session:
        network = Network(outbox, scene, session)
        network.invited()
        first, *others = network.rows(network.desk)
        withdraw(session, first, by="staf", now=outbox.clock.now())
        (one,) = network.told(MailKind.WITHDRAWAL)
        assert one.calendar is None
        assert "jeugd" in one.places["offices"]
        assert network.invitation(network.desk).sequence == 0
        for row in others:
            withdraw(session, row, by="staf", now=outbox.clock.now())
        (last,) = network.told(MailKind.WITHDRAWAL)
        assert last.calendar is not None
        assert last.calendar["method"] == "CANCEL"


def test_a_mail_to_several_offices_is_not_replaced_by_a_newer_one_to_one_of_them(
    outbox: Outbox, scene: Scene
) -> None:
    """Both still wait: without the first, the third office would never hear what it answered."""
    with outbox.app.database.writing() as session:
        network = Network(outbox, scene, session)
        network.invited()
        first, _, third = network.rows(network.desk)
        network.answer(first, ACCEPTED)
        network.answer(third, ACCEPTED)
        confirmations = outbox.mailing(session, MailKind.CONFIRMATION, event=network.event)
        (both,) = network.told(MailKind.CONFIRMATION)
        outbox.enqueue(session, confirmations, [both])
        network.answer(first, CANCELLED)
        (newer,) = network.told(MailKind.CONFIRMATION)
        outbox.enqueue(session, confirmations, [newer])
        assert both.key == f"registration:{first.id}+{third.id}"
        assert newer.key == f"registration:{first.id}"
    assert len(outbox.send_all()) == 2


def test_a_mail_to_one_office_is_replaced_by_the_newer_one(outbox: Outbox, scene: Scene) -> None:
    with outbox.app.database.writing() as session:
        network = Network(outbox, scene, session)
        network.invited()
        first, *_ = network.rows(network.desk)
        confirmations = outbox.mailing(session, MailKind.CONFIRMATION, event=network.event)
        for choice in (ACCEPTED, CANCELLED):
            network.answer(first, choice)
            outbox.enqueue(session, confirmations, network.told(MailKind.CONFIRMATION))
    assert len(outbox.send_all()) == 1
    assert outbox.states() == {"superseded": 1, "sent": 1}


# ---- who was told something older


def test_only_what_replaces_the_entry_counts_as_told_of_a_change(
    outbox: Outbox, scene: Scene
) -> None:
    """A reminder and a no confirmed show the new room, but the calendar still has the old one."""
    with outbox.app.database.writing() as session:
        network = Network(outbox, scene, session)
        network.invited()
        network.change(place="Stadhuis Schiedam")
        spec = AudienceSpec(AudienceKind.REGISTRATIONS, network.event.key, (INVITED.value,))
        reminded = outbox.recipients(session, MailKind.REMINDER, spec, event=network.event)
        assert len(reminded) == 2
        assert network.invitation(network.desk).revision_sent == 0
        first, *_ = network.rows(network.desk)
        network.answer(first, DECLINED)
        assert len(network.told(MailKind.CONFIRMATION)) == 1
        assert network.invitation(network.desk).revision_sent == 0
        network.answer(network.rows(network.mayor)[0], ACCEPTED)
        (confirmed,) = network.told(MailKind.CONFIRMATION)
        assert confirmed.calendar is not None
        assert network.invitation(network.mayor).revision_sent == network.event.revision
        assert [one.address for one in network.outdated()] == [network.desk.address]
        assert network.invitation(network.desk).revision_sent == network.event.revision


def test_the_first_mail_counts_as_told_also_without_an_entry(outbox: Outbox, scene: Scene) -> None:
    with outbox.app.database.writing() as session:
        network = Network(outbox, scene, session)
        network.change(place="Stadhuis Schiedam")
        (row,) = scene.invited(session, network.event, 1)
        assert row.invitation.revision_sent < 0
        network.answer(row, DECLINED)
        (one,) = network.told(MailKind.CONFIRMATION)
        assert one.calendar is None
        assert row.invitation.revision_sent == network.event.revision
        assert network.outdated() == []


def test_that_it_is_off_is_told_once_also_where_there_is_no_date_any_more(
    outbox: Outbox, scene: Scene
) -> None:
    with outbox.app.database.writing() as session:
        network = Network(outbox, scene, session)
        network.invited()
        network.change(state=EventState.POSTPONED, on_date=None, starts_at=None, ends_at=None)
        told = network.outdated(MailKind.CANCELLATION)
        assert [one.calendar for one in told] == [None, None]
        assert network.outdated(MailKind.CANCELLATION) == []


def test_only_those_told_something_older_hear_of_a_change(outbox: Outbox, scene: Scene) -> None:
    with outbox.app.database.writing() as session:
        network = Network(outbox, scene, session)
        network.invited()
        scene.invited(session, network.event, 1)
        assert network.outdated() == []
        network.change(place="Stadhuis Schiedam")
        told = network.outdated()
        assert {one.address for one in told} == {network.desk.address, network.mayor.address}
        assert {one.occurrence for one in told} == {network.event.revision}
        assert network.outdated() == []


@pytest.mark.parametrize(("moved", "hears"), [(True, True), (False, False)])
def test_who_is_not_coming_hears_of_a_new_date_only(
    outbox: Outbox, scene: Scene, moved: bool, hears: bool
) -> None:
    with outbox.app.database.writing() as session:
        network = Network(outbox, scene, session)
        network.invited()
        network.answer(network.rows(network.mayor)[0], DECLINED)
        starts, ends = network.event.starts_at, network.event.ends_at
        assert starts is not None
        assert ends is not None
        week = timedelta(days=7)
        if moved:
            network.change(
                on_date=(starts + week).date(), starts_at=starts + week, ends_at=ends + week
            )
        else:
            network.change(place="Stadhuis Schiedam")
        told = {one.address: one for one in network.outdated()}
        assert (network.mayor.address in told) is hears
        assert told[str(network.desk.address)].variant == ("nl/asked" if moved else "nl")
        assert network.outdated() == []


def test_who_was_taken_off_hears_of_no_new_date(outbox: Outbox, scene: Scene) -> None:
    with outbox.app.database.writing() as session:
        network = Network(outbox, scene, session)
        network.invited()
        withdraw(session, network.rows(network.mayor)[0], by="staf", now=outbox.clock.now())
        network.told(MailKind.WITHDRAWAL)
        starts, ends = network.event.starts_at, network.event.ends_at
        assert starts is not None
        assert ends is not None
        week = timedelta(days=7)
        network.change(on_date=(starts + week).date(), starts_at=starts + week, ends_at=ends + week)
        assert [one.address for one in network.outdated()] == [network.desk.address]
        assert network.outdated() == []


def test_cancelled_event_is_told_to_who_knew_of_it(outbox: Outbox, scene: Scene) -> None:
    with outbox.app.database.writing() as session:
        network = Network(outbox, scene, session)
        network.invited()
        network.answer(network.rows(network.mayor)[0], DECLINED)
        network.change(state=EventState.CANCELLED)
        told = network.outdated(MailKind.CANCELLATION)
        # Who declined has the entry too.
        assert {one.address for one in told} == {network.desk.address, network.mayor.address}
        for one in told:
            assert one.calendar is not None
            assert (one.calendar["method"], one.calendar["cancelled_event"]) == ("CANCEL", True)


@pytest.mark.parametrize(
    ("state", "attempts", "code", "hears"),
    [
        (DeliveryState.SENT, 1, 250, True),
        (DeliveryState.TRANSMITTING, 1, None, True),
        (DeliveryState.UNCERTAIN, 1, None, True),
        (DeliveryState.QUEUED, 0, None, False),
        (DeliveryState.DEFERRED, 1, 451, False),
        (DeliveryState.FAILED, 1, 550, False),
        (DeliveryState.SKIPPED, 0, None, False),
        # The line broke after the last dot, or the process died: it may have arrived.
        (DeliveryState.DEFERRED, 1, None, True),
        (DeliveryState.QUEUED, 1, None, True),
    ],
)
def test_cancellation_goes_to_who_may_know_of_the_event(
    outbox: Outbox,
    scene: Scene,
    state: DeliveryState,
    attempts: int,
    code: int | None,
    hears: bool,
) -> None:
    with outbox.app.database.writing() as session:
        network = Network(outbox, scene, session)
        mailing = outbox.mailing(session, MailKind.INVITATION, event=network.event)
        outbox.enqueue(session, mailing, network.invited())
        rows = session.scalars(select(Delivery).order_by(Delivery.id)).all()
        for row in rows:
            row.state, row.attempts, row.reply_code = state, attempts, code
        network.change(state=EventState.CANCELLED)
        assert len(network.outdated(MailKind.CANCELLATION)) == (2 if hears else 0)
        assert network.outdated(MailKind.CANCELLATION) == []


def test_one_mail_that_left_is_enough_to_hear_that_it_is_off(outbox: Outbox, scene: Scene) -> None:
    """The invitation arrived and the update still waits; of the others nothing left at all."""
    with outbox.app.database.writing() as session:
        network = Network(outbox, scene, session)
        invitations = outbox.mailing(session, MailKind.INVITATION, event=network.event)
        outbox.enqueue(session, invitations, network.invited())
        for row in session.scalars(select(Delivery)):
            if row.address == network.desk.address:
                row.state, row.attempts, row.reply_code = DeliveryState.SENT, 1, 250
        network.change(place="Stadhuis Schiedam")
        updates = outbox.mailing(session, MailKind.UPDATE, event=network.event)
        outbox.enqueue(session, updates, network.outdated())
        network.change(state=EventState.CANCELLED)
        told = network.outdated(MailKind.CANCELLATION)
        assert [one.address for one in told] == [network.desk.address]
