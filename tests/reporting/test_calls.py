"""Whom to telephone: the silent, and whom no mail reaches, office by office."""

from __future__ import annotations

import itertools
from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from tests.agenda.plan_texts import ZONE
from tests.reporting.scene import Lists, S
from var_outreach.agenda.model import Event
from var_outreach.audiences.definition import AudienceDefinition, definition_from_dict
from var_outreach.outbox.model import Delivery, DeliveryState, Mailing, MailingState
from var_outreach.people.model import SuppressionReason
from var_outreach.people.suppression import lift, suppress
from var_outreach.registrations.invitees import withdraw
from var_outreach.registrations.model import Invitation
from var_outreach.reporting.calls import Call, Reason, call_list, calls_as_sheet
from var_outreach.reporting.sheet import heading_of
from var_outreach.storage.engine import Database
from var_outreach.tokens import Signer, random_token

_number = itertools.count(1)
EVERYBODY = definition_from_dict(
    {"key": "alle", "name": "Alle gemeenten", "include": [{"organisation_kinds": ["gemeente"]}]}
)


def calls(
    session: Session,
    event: Event,
    signer: Signer,
    audience: AudienceDefinition | None = None,
) -> tuple[Call, ...]:
    assert event.on_date is not None
    return call_list(session, event, audience=audience, on_date=event.on_date, signer=signer)


def sent(
    session: Session,
    invitation: Invitation,
    now: datetime,
    state: DeliveryState = DeliveryState.SENT,
    *,
    bounced: bool = False,
    address: str | None = None,
) -> None:
    number = next(_number)
    mailing = Mailing(
        key=f"invitation:{number}", kind="invitation", subject_key=None, state=MailingState.SENT,
        standing=False, audience={}, scheduled_at=now, expires_at=None, reason="", created_by="",
        created_at=now, version=1,
    )  # fmt: skip
    session.add(mailing)
    session.flush()
    session.add(
        Delivery(
            mailing_id=mailing.id, recipient_key=f"invitation:{invitation.id}",
            invitation_id=invitation.id, occurrence=0, token=random_token(), state=state, version=1,
            variant="nl", address=address or invitation.contact.address, name="", places={},
            calendar=None, message_id=f"<{number}@x.example>", dated_at=now, not_before=now,
            expires_at=None, attempts=1, created_at=now, bounced_at=now if bounced else None,
        )
    )  # fmt: skip
    session.flush()


def test_three_offices_at_one_address_that_bounced_are_three_calls(
    database: Database, scene: Lists, signer: Signer, now: datetime
) -> None:
    with database.writing() as session:
        event = scene.event(session)
        town = scene.organisation(session, "Gemeente Dordrecht")
        desk = scene.contact(session, "Bestuurssecretariaat")
        desk.address = "Bestuur@dordrecht.example"
        offices = [
            scene.holder(session, town, role, name, portfolio=portfolio, secretariat=desk)
            for role, portfolio, name in (
                ("burgemeester", "", "Noor Zee"),
                ("wethouder", "jeugd", "Ada Bakker"),
                ("wethouder", "zorg", "Bo de Wit"),
            )
        ]
        rows = scene.office_invited(session, event, *offices)
        scene.into(session, rows[2], S.ACCEPTED)
        suppress(
            session,
            "bestuur@dordrecht.example",
            SuppressionReason.HARD_BOUNCE,
            evidence=None,
            now=now,
            signer=signer,
        )
        found = calls(session, event, signer)
        assert [(c.office, c.name, c.reason, c.answer) for c in found] == [
            ("Burgemeester", "Noor Zee", Reason.BOUNCED, ""),
            ("Wethouder jeugd", "Ada Bakker", Reason.BOUNCED, ""),
            ("Wethouder zorg", "Bo de Wit", Reason.BOUNCED, "komt"),
        ]
        assert {(c.organisation, c.secretariat, c.address) for c in found} == {
            ("Gemeente Dordrecht", "Bestuurssecretariaat", "Bestuur@dordrecht.example")
        }
        lift(session, "bestuur@dordrecht.example", now=now, signer=signer)
        assert [c.reason for c in calls(session, event, signer)] == [Reason.SILENT, Reason.SILENT]


@pytest.mark.parametrize(
    ("state", "called"),
    [
        (S.INVITED, True),
        (S.TENTATIVE, False),
        (S.ACCEPTED, False),
        (S.WAITLISTED, False),
        (S.DECLINED, False),
        (S.REPRESENTED, False),
        (S.CANCELLED, False),
    ],
)
def test_who_answered_is_not_called_again(
    database: Database, scene: Lists, signer: Signer, state: S, called: bool
) -> None:
    with database.writing() as session:
        event = scene.event(session)
        scene.person(session, event, "Ada Bakker", None, state)
        found = calls(session, event, signer)
        assert [c.reason for c in found] == ([Reason.SILENT] if called else [])


def test_whom_staff_took_off_is_left_in_peace(
    database: Database, scene: Lists, signer: Signer, now: datetime
) -> None:
    with database.writing() as session:
        event = scene.event(session)
        row = scene.person(session, event, "Ada Bakker", None, S.INVITED)
        withdraw(session, row, by="staf", now=now)
        assert calls(session, event, signer) == ()


def test_the_newest_mail_tells_whether_somebody_can_be_reached(
    database: Database, scene: Lists, signer: Signer, now: datetime
) -> None:
    with database.writing() as session:
        event = scene.event(session)
        bounced, failed, mended, moved, well = (
            scene.person(session, event, name, None, S.ACCEPTED)
            for name in ("Ada Een", "Bo Twee", "Cas Drie", "Dido Vier", "Eva Vijf")
        )
        sent(session, bounced.invitation, now, bounced=True)
        sent(session, failed.invitation, now, DeliveryState.FAILED)
        sent(session, mended.invitation, now, DeliveryState.FAILED)
        sent(session, mended.invitation, now)
        sent(session, moved.invitation, now, bounced=True, address="oud@schiedam.example")
        sent(session, well.invitation, now)
        sent(session, well.invitation, now, DeliveryState.QUEUED)
        found = calls(session, event, signer)
        assert [(c.name, c.reason) for c in found] == [
            ("Ada Een", Reason.BOUNCED),
            ("Bo Twee", Reason.FAILED),
        ]


def test_who_was_not_written_to_yet_is_not_said_to_be_silent(
    database: Database, scene: Lists, signer: Signer
) -> None:
    with database.writing() as session:
        event = scene.event(session)
        row = scene.person(session, event, "Ada Bakker", None, S.INVITED)
        row.invitation.revision_sent = -1
        session.flush()
        assert [c.reason for c in calls(session, event, signer)] == [Reason.NOT_SENT]


def test_offices_that_could_not_be_invited_are_called(
    database: Database, scene: Lists, signer: Signer, now: datetime
) -> None:
    with database.writing() as session:
        event = scene.event(session)
        town = scene.organisation(session, "Gemeente Schiedam")
        police = scene.organisation(session, "Politie-eenheid Rotterdam", "politie")
        scene.holder(session, town, "griffier", "Stil Zee", has_mailbox=False)
        dead = scene.holder(session, town, "wethouder", "Ada Bakker")
        assert dead.holder is not None
        assert dead.holder.address is not None
        invited = scene.holder(session, town, "burgemeester", "Noor Zee")
        scene.office_invited(session, event, invited, state=S.ACCEPTED)
        scene.holder(session, town, "adviseur", "Nog Niet")
        scene.holder(session, police, "teamchef", "Anders Om", has_mailbox=False)
        suppress(
            session,
            dead.holder.address,
            SuppressionReason.COMPLAINT,
            evidence=None,
            now=now,
            signer=signer,
        )
        found = calls(session, event, signer, EVERYBODY)
        assert [(c.office, c.name, c.reason, c.registration_id) for c in found] == [
            ("Griffier", "Stil Zee", Reason.NO_MAILBOX, None),
            ("Wethouder", "Ada Bakker", Reason.COMPLAINT, None),
        ]
        assert calls(session, event, signer) == ()


def test_the_unreachable_stand_before_the_silent(
    database: Database, scene: Lists, signer: Signer, now: datetime
) -> None:
    with database.writing() as session:
        event = scene.event(session)
        for name, town in (("Ada Zee", "Gemeente Zwijndrecht"), ("Bo Zee", "Gemeente Dordrecht")):
            scene.person(session, event, name, scene.organisation(session, town), S.INVITED)
        last = scene.person(
            session, event, "Cas Zee", scene.organisation(session, "RIEC", "riec"), S.ACCEPTED
        )
        last.contact.address = None
        session.flush()
        found = calls(session, event, signer)
        assert [c.name for c in found] == ["Cas Zee", "Bo Zee", "Ada Zee"]
        sheet = calls_as_sheet(found, heading_of(event, now=now, zone=ZONE))
        assert [(one.caption, len(one.rows)) for one in sheet.sections] == [
            ("Niet bereikbaar per mail", 1),
            ("Nog geen antwoord", 2),
        ]
