"""Who a mailing goes to: one mail a mailbox, and nobody told twice or not at all."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.outbox.scene import Outbox
from tests.registrations.scene import Scene
from var_outreach.agenda.model import Event, EventState
from var_outreach.agenda.store import change_event
from var_outreach.audiences.definition import AudienceDefinition, Selector
from var_outreach.errors import NotFound
from var_outreach.outbox.model import Mailing
from var_outreach.outbox.recipients import Wanted, count_wanted
from var_outreach.outbox.sender import Recipient
from var_outreach.people.model import Contact, Function, Organisation, SuppressionReason
from var_outreach.people.privacy import erase
from var_outreach.people.subscriptions import ask, confirm
from var_outreach.people.suppression import suppress
from var_outreach.planning.due import AudienceKind, AudienceSpec
from var_outreach.planning.mail_kinds import MailKind
from var_outreach.registrations.answers import Answer, record_answer, reopen_after_move
from var_outreach.registrations.invitees import withdraw
from var_outreach.registrations.model import Invitation, Registration, RegistrationState

ACCEPTED, DECLINED, TENTATIVE, CANCELLED, INVITED = (
    RegistrationState.ACCEPTED,
    RegistrationState.DECLINED,
    RegistrationState.TENTATIVE,
    RegistrationState.CANCELLED,
    RegistrationState.INVITED,
)
ALL_OFFICES = AudienceDefinition("allen", "Allen", (Selector(organisation_kinds=("gemeente",)),))
READERS = AudienceDefinition("lezers", "Lezers", (Selector(list="nieuwsbrief"),))
INVITEES = AudienceSpec(AudienceKind.INVITEES, "allen")
NOTICES = AudienceSpec(AudienceKind.NOTICES)
OUTDATED = AudienceSpec(AudienceKind.OUTDATED)


class Network:
    """One event; offices of which three are reached at one mailbox."""

    def __init__(self, outbox: Outbox, scene: Scene, session: Session, **fields: Any) -> None:
        self.outbox, self.scene, self.session = outbox, scene, session
        self.event = scene.event(session, **fields)
        self.town = Organisation(key="dordrecht", name="Gemeente Dordrecht", kind="gemeente")
        session.add(self.town)
        self.desk = scene.contact(session, "Bestuurssecretariaat")
        self.mayor = scene.contact(session, "Marit Voorbeeld")
        self.office("burgemeester", holder=self.mayor)
        for portfolio in ("jeugd", "zorg", "wonen"):
            self.office("wethouder", portfolio, secretariat=self.desk)

    def office(self, role: str, portfolio: str = "", **fields: Any) -> Function:
        function = Function(organisation=self.town, role=role, portfolio=portfolio, **fields)
        self.session.add(function)
        self.session.flush()
        return function

    def invited(self, **fields: Any) -> list[Recipient]:
        return self.outbox.recipients(
            self.session,
            MailKind.INVITATION,
            INVITEES,
            event=self.event,
            definition=ALL_OFFICES,
            **fields,
        )

    def told(self, kind: MailKind) -> list[Recipient]:
        return self.outbox.recipients(self.session, kind, NOTICES, event=self.event)

    def outdated(self, kind: MailKind = MailKind.UPDATE) -> list[Recipient]:
        return self.outbox.recipients(self.session, kind, OUTDATED, event=self.event)

    def rows(self, contact: Contact) -> list[Registration]:
        query = select(Registration).where(Registration.contact_id == contact.id)
        return list(self.session.scalars(query.order_by(Registration.id)))

    def invitation(self, contact: Contact) -> Invitation:
        query = select(Invitation).where(Invitation.contact_id == contact.id)
        return self.session.scalars(query).one()

    def answer(self, row: Registration, choice: RegistrationState, via: str = "page") -> None:
        record_answer(
            self.session, row, Answer(choice, "Marit Voorbeeld"), via=via,
            now=self.outbox.clock.now(),
        )  # fmt: skip

    def change(self, **fields: Any) -> None:
        before = self.event.date_revision
        change_event(self.session, self.event, fields, by="staf", now=self.outbox.clock.now())
        if self.event.date_revision != before:
            reopen_after_move(self.session, self.event, now=self.outbox.clock.now())


# ---- invitations


def test_one_mail_a_mailbox_that_names_all_three_offices(outbox: Outbox, scene: Scene) -> None:
    with outbox.app.database.writing() as session:
        network = Network(outbox, scene, session)
        found = {one.address: one for one in network.invited()}
        assert set(found) == {network.desk.address, network.mayor.address}
        desk = found[str(network.desk.address)]
        assert desk.places["offices"] == (
            "wethouder jeugd, Gemeente Dordrecht; wethouder zorg, Gemeente Dordrecht"
            " en wethouder wonen, Gemeente Dordrecht"
        )
        invitation = network.invitation(network.desk)
        assert desk.key == f"invitation:{invitation.id}"
        assert desk.places["answer_url"].endswith(f"/antwoord/{invitation.token}")
        assert desk.calendar is not None
        assert desk.calendar["uid"] == invitation.uid
        assert desk.calendar["attendee_address"] == network.desk.address
        assert invitation.token in desk.calendar["organizer_address"]
        assert desk.invitation_id == invitation.id


def test_again_is_the_same_people_and_no_second_invitation(outbox: Outbox, scene: Scene) -> None:
    with outbox.app.database.writing() as session:
        network = Network(outbox, scene, session)
        first, again = network.invited(), network.invited()
        assert [one.key for one in first] == [one.key for one in again]
        assert [one.calendar for one in first] == [one.calendar for one in again]


def test_who_comes_into_office_later_is_invited_later(outbox: Outbox, scene: Scene) -> None:
    with outbox.app.database.writing() as session:
        network = Network(outbox, scene, session)
        served = frozenset(one.key for one in network.invited())
        assert network.invited(served=served) == []
        network.office("gemeentesecretaris", holder=scene.contact(session, "Bas Voorbeeld"))
        (late,) = network.invited(served=served)
        assert late.name == "Bas Voorbeeld"


def test_who_left_office_before_the_day_is_not_invited(outbox: Outbox, scene: Scene) -> None:
    with outbox.app.database.writing() as session:
        network = Network(outbox, scene, session)
        day = network.event.on_date
        assert day is not None
        network.office("griffier", holder=scene.contact(session), until_on=day - timedelta(days=1))
        assert len(network.invited()) == 2


def test_suppressed_mailbox_is_counted_and_left_out(outbox: Outbox, scene: Scene) -> None:
    excluded: Counter[str] = Counter()
    with outbox.app.database.writing() as session:
        network = Network(outbox, scene, session)
        suppress(
            session, str(network.mayor.address), SuppressionReason.REQUEST,
            evidence=None, now=outbox.clock.now(), signer=outbox.app.signer,
        )  # fmt: skip
        (one,) = network.invited(excluded=excluded)
        assert one.address == network.desk.address
    assert excluded.total() == 1


def test_count_is_what_it_would_go_to_and_invites_nobody(outbox: Outbox, scene: Scene) -> None:
    with outbox.app.database.writing() as session:
        network = Network(outbox, scene, session)
        wanted = Wanted(MailKind.INVITATION, INVITEES, network.event, ALL_OFFICES)

        def count() -> int:
            return count_wanted(
                session, wanted, outbox.app.sender, Counter(), now=outbox.clock.now()
            )

        assert count() == 2
        assert session.scalars(select(Invitation)).all() == []
        assert len(network.invited()) == count() == 2
        (row,) = network.rows(network.mayor)
        withdraw(session, row, by="staf", now=outbox.clock.now())
        assert len(network.invited()) == count() == 1


def test_withdrawn_invitee_is_not_invited_again(outbox: Outbox, scene: Scene) -> None:
    with outbox.app.database.writing() as session:
        network = Network(outbox, scene, session)
        network.invited()
        withdraw(session, network.rows(network.mayor)[0], by="staf", now=outbox.clock.now())
        assert [one.address for one in network.invited()] == [network.desk.address]


def test_event_without_a_date_invites_nobody(outbox: Outbox, scene: Scene) -> None:
    with outbox.app.database.writing() as session:
        network = Network(outbox, scene, session)
        network.event.on_date = network.event.starts_at = network.event.ends_at = None
        with pytest.raises(NotFound, match="no date"):
            network.invited()


def test_event_that_is_gone(outbox: Outbox) -> None:
    with (
        outbox.app.database.writing() as session,
        pytest.raises(NotFound, match="not in the agenda"),
    ):
        outbox.recipients(session, MailKind.UPDATE, OUTDATED, event=None)


@pytest.mark.parametrize("kind", [MailKind.INVITATION, MailKind.CONFIRMATION, MailKind.UPDATE])
def test_one_who_was_erased_keeps_nobody_else_from_their_mail(
    outbox: Outbox, scene: Scene, kind: MailKind
) -> None:
    with outbox.app.database.writing() as session:
        network = Network(outbox, scene, session)
        network.invited()
        for contact in (network.desk, network.mayor):
            for row in network.rows(contact):
                network.answer(row, ACCEPTED)
        erase(session, network.mayor, signer=outbox.app.signer, now=outbox.clock.now())
        if kind is MailKind.UPDATE:
            network.change(place="Stadhuis Schiedam")
            found = network.outdated()
            assert network.outdated() == []
        elif kind is MailKind.CONFIRMATION:
            found = network.told(kind)
            rows = network.rows(network.mayor)
            assert all(row.version == row.notified_version for row in rows)
        else:
            found = network.invited()
        assert {one.address for one in found} == {network.desk.address}


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


# ---- who was told something older


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


# ---- by answer, readers, those who asked


def test_reminder_goes_to_the_silent_and_names_only_them(outbox: Outbox, scene: Scene) -> None:
    with outbox.app.database.writing() as session:
        network = Network(outbox, scene, session)
        network.invited()
        network.answer(network.rows(network.mayor)[0], ACCEPTED)
        network.answer(network.rows(network.desk)[0], DECLINED)
        spec = AudienceSpec(AudienceKind.REGISTRATIONS, network.event.key, (INVITED.value,))
        (one,) = outbox.recipients(session, MailKind.REMINDER, spec, event=network.event)
        assert one.address == network.desk.address
        assert one.calendar is None
        assert "jeugd" not in one.places["offices"]
        assert "zorg" in one.places["offices"]


def test_look_back_greets_who_was_there(outbox: Outbox, scene: Scene) -> None:
    with outbox.app.database.writing() as session:
        network = Network(outbox, scene, session)
        network.invited()
        network.rows(network.mayor)[0].state = RegistrationState.ATTENDED
        network.rows(network.desk)[0].state = RegistrationState.ABSENT
        spec = AudienceSpec(
            AudienceKind.REGISTRATIONS, network.event.key, ("accepted", "attended", "absent")
        )
        found = outbox.recipients(session, MailKind.LOOK_BACK, spec, event=network.event)
        variants = {one.address: one.variant for one in found}
        assert variants == {network.mayor.address: "nl/attended", network.desk.address: "nl"}


def test_readers_are_active_subscribers_each_with_a_way_out(outbox: Outbox) -> None:
    asked: dict[str, Any] = {"source": "het formulier", "wording": "1", "now": outbox.clock.now()}
    with outbox.app.database.writing() as session:
        active = ask(session, "noor@maasstad.example", "Noor", "en", **asked)
        session.flush()
        confirm(session, active.id, **asked)
        ask(session, "nog-niet@maasstad.example", "", "nl", **asked)
        session.flush()
        (one,) = outbox.recipients(
            session,
            MailKind.NEWSLETTER,
            AudienceSpec(AudienceKind.READERS, "lezers"),
            definition=READERS,
        )
        assert (one.key, one.variant, one.name) == (f"subscription:{active.id}", "en", "Noor")
        assert active.token in one.places["unsubscribe_url"]
        assert active.contact.token in one.places["preferences_url"]


def test_more_readers_than_a_batch(outbox: Outbox) -> None:
    now = outbox.clock.now()
    asked: dict[str, Any] = {"source": "test", "wording": "1", "now": now}
    with outbox.app.database.writing() as session:
        for number in range(520):
            row = ask(session, f"lezer{number}@maasstad.example", "", "nl", **asked)
            session.flush()
            confirm(session, row.id, **asked)
        found = outbox.recipients(
            session,
            MailKind.NEWSLETTER,
            AudienceSpec(AudienceKind.READERS, "lezers"),
            definition=READERS,
        )
    assert len({one.address for one in found}) == len(found) == 520


def test_audience_that_is_gone(outbox: Outbox) -> None:
    with outbox.app.database.writing() as session, pytest.raises(NotFound, match="no audience"):
        outbox.recipients(session, MailKind.NEWSLETTER, AudienceSpec(AudienceKind.READERS, "weg"))


def test_who_asked_is_asked_once_a_request(outbox: Outbox) -> None:
    pending = AudienceSpec(AudienceKind.PENDING, "nieuwsbrief")
    with outbox.app.database.writing() as session:
        for occurrence in (1, 2):
            ask(
                session, "noor@maasstad.example", "Noor", "nl",
                source="test", wording="1", now=outbox.clock.now(),
            )  # fmt: skip
            session.flush()
            (one,) = outbox.recipients(session, MailKind.SUBSCRIPTION, pending)
            assert one.occurrence == occurrence
            assert "/inschrijven/bevestig/" in one.places["confirm_url"]
            assert outbox.recipients(session, MailKind.SUBSCRIPTION, pending) == []
            outbox.clock.advance(timedelta(days=2))


def test_every_recipient_becomes_a_delivery_of_the_same(outbox: Outbox, scene: Scene) -> None:
    with outbox.app.database.writing() as session:
        network = Network(outbox, scene, session)
        found = network.invited()
        mailing = outbox.mailing(session, MailKind.INVITATION, event=network.event)
        assert outbox.enqueue(session, mailing, found) == 2
        assert outbox.enqueue(session, session.get_one(Mailing, mailing.id), found) == 0
        event_id = network.event.id
    went = outbox.send_all()
    as_kept = [json.loads(json.dumps(one.calendar)) for one in found]
    assert [one.calendar for one in went] == as_kept
    with outbox.app.database.reading() as session:
        assert session.get_one(Event, event_id).revision == 0
