"""Who a mailing goes to: one mail a mailbox, and nobody left out."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests.outbox.network import (
    ACCEPTED,
    ALL_OFFICES,
    DECLINED,
    INVITED,
    INVITEES,
    OUTDATED,
    READERS,
    Network,
)
from tests.outbox.scene import Outbox
from tests.registrations.scene import Scene
from var_outreach.agenda.model import Event
from var_outreach.errors import NotFound
from var_outreach.outbox.model import Mailing
from var_outreach.outbox.recipients import Wanted, count_wanted
from var_outreach.people.model import SuppressionReason
from var_outreach.people.privacy import erase
from var_outreach.people.subscriptions import ask, confirm
from var_outreach.people.suppression import suppress
from var_outreach.planning.due import AudienceKind, AudienceSpec
from var_outreach.planning.mail_kinds import MailKind
from var_outreach.registrations.invitees import withdraw
from var_outreach.registrations.model import Invitation, RegistrationState

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


def test_more_readers_than_a_batch(outbox: Outbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("var_outreach.outbox.recipients.BATCH", 5)
    now = outbox.clock.now()
    asked: dict[str, Any] = {"source": "test", "wording": "1", "now": now}
    with outbox.app.database.writing() as session:
        for number in range(12):
            row = ask(session, f"lezer{number}@maasstad.example", "", "nl", **asked)
            session.flush()
            confirm(session, row.id, **asked)
        found = outbox.recipients(
            session,
            MailKind.NEWSLETTER,
            AudienceSpec(AudienceKind.READERS, "lezers"),
            definition=READERS,
        )
    assert len({one.address for one in found}) == len(found) == 12


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
