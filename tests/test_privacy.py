"""A copy of everything, and erasure, over all stages and on both databases."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text

from tests.registrations.scene import DOMAIN, Invited, Scene
from var_outreach.agenda.model import Event, EventChange
from var_outreach.app import App
from var_outreach.audiences.definition import AudienceDefinition, Selector
from var_outreach.audiences.store import get_audience, save_audience
from var_outreach.clock import MovableClock
from var_outreach.errors import Conflict, InputError, NotFound
from var_outreach.mailbox.model import MailboxMessage, MessageKind
from var_outreach.outbox import mailings as outbox
from var_outreach.outbox.enqueue import enqueue_deliveries
from var_outreach.outbox.model import Delivery, DeliveryState
from var_outreach.outbox.sender import Recipient
from var_outreach.people.list_checks import ask_list
from var_outreach.people.model import (
    Contact,
    ContactAlias,
    Function,
    ListCheck,
    Organisation,
    SuppressionReason,
)
from var_outreach.people.suppression import is_suppressed, suppress
from var_outreach.people.topics import seed_topics
from var_outreach.planning.due import AudienceKind, AudienceSpec
from var_outreach.planning.mail_kinds import MailKind
from var_outreach.programme.model import Speaker
from var_outreach.registrations.answers import Answer, record_answer
from var_outreach.registrations.invitees import invite
from var_outreach.registrations.model import Registration, RegistrationChange, RegistrationState
from var_outreach.settings import Settings
from var_outreach.staff.exporting import export_person, readable
from var_outreach.staff.privacy import erase_person, lift_suppression
from var_outreach.storage.base import Base
from var_outreach.storage.engine import Database
from var_outreach.tokens import Signer, random_token

NAME, ADDRESS, FORMER = "Quirine Zonneveld", "Q.Zonneveld@maassluis.example", "qz@oud.example"
OTHER = "Bram Overbeek"
ACCEPTED, CANCELLED = RegistrationState.ACCEPTED, RegistrationState.CANCELLED


@dataclass
class Filled:
    """An application whose database knows a person in every way that there is."""

    app: App
    contact_id: int
    past: int
    ahead: int
    mayor_row: int
    """A registration of somebody else that the person had answered."""


@pytest.fixture
def app(database: Database, clock: MovableClock, signer: Signer, tmp_path: Path) -> App:
    settings = Settings(base_url="https://agenda.var.example", data_dir=tmp_path)
    return App(settings=settings, database=database, clock=clock, signer=signer)


@pytest.fixture
def filled(app: App) -> Filled:
    now = app.clock.now()
    scene = Scene(now)
    with app.database.writing() as session:
        seed_topics(session)
        town = Organisation(key="gemeente-maassluis", name="Gemeente Maassluis", kind="gemeente")
        session.add(town)
        session.flush()
        person = Contact(
            name=NAME, address=ADDRESS, organisation=town, token=random_token(), source="gids",
            legal_basis="public_task", created_at=now,
        )  # fmt: skip
        mayor = Contact(
            name=OTHER, address="mayor@maassluis.example", organisation=town, token=random_token(),
            source=f"opgave van {NAME}", legal_basis="public_task", created_at=now,
        )  # fmt: skip
        session.add_all([person, mayor])
        session.flush()
        session.add(ContactAlias(address=FORMER, contact_id=person.id, since_at=now))
        offices = [
            Function(organisation=town, role="adviseur", holder=person),
            Function(organisation=town, role="burgemeester", holder=mayor, secretariat=person),
        ]
        session.add_all(offices)
        session.flush()
        past = scene.event(session, day=now - timedelta(days=20))
        ahead = scene.event(session, capacity=1)
        for event in (past, ahead):
            invitation = invite(
                session, event, Invited(person.id, tuple(one.id for one in offices)),
                uid_domain=DOMAIN, now=now,
            )  # fmt: skip
            invitation.revision_sent = 0
            session.refresh(invitation)
        own, mayors = invitation.registrations
        for row, who in ((own, NAME), (mayors, OTHER)):
            record_answer(
                session, row, Answer(ACCEPTED, who, f"Namens {NAME}", "geen noten", NAME),
                via="page", now=now,
            )  # fmt: skip
        was = session.scalars(select(Registration).where(Registration.event_id == past.id)).all()
        for row, who in zip(was, (NAME, OTHER), strict=True):
            row.state, row.attendee_name = RegistrationState.ATTENDED, who
            row.replies, row.answered_by = {"kenteken": "12-ABC-3"}, NAME
        _mailed(app, session, person, invitation.id)
        past.programme = [{"from": "09.00", "title": "Welkom", "speaker": f"{NAME}, adviseur"}]
        past.imported = {"programme": past.programme}
        past.notes = [f"opgegeven door {ADDRESS}"]
        session.add(
            EventChange(event_id=past.id, revision=1, field="programme", before="",
                        after=f"Welkom door {NAME}", at=now, by="staf")
        )  # fmt: skip
        session.add(
            Speaker(event_id=past.id, contact_id=person.id, token=random_token(),
                    title="Welkom", remark=f"{NAME} wil een microfoon", asked_at=now)
        )  # fmt: skip
        session.add(
            MailboxMessage(
                folder="inbox", message_key="1", content_sha256="x", kind=MessageKind.OTHER,
                sender=f"{NAME} <{ADDRESS}>", subject=f"Van {NAME}", verdict="gelezen",
                comment="", read_at=now, recipient=None, recipient_token=None, hard=None,
            )
        )  # fmt: skip
        ask_list(session, town, person, until_on=now.date() + timedelta(days=30), now=now)
        lines = (Selector(roles=("adviseur",)), Selector(contacts=(ADDRESS,)))
        save_audience(session, AudienceDefinition("proef", "Proef", lines), now=now)
        suppress(
            session, FORMER, SuppressionReason.HARD_BOUNCE, evidence={"said": f"<{FORMER}>"},
            now=now, signer=app.signer,
        )  # fmt: skip
        return Filled(app, person.id, past.id, ahead.id, mayors.id)


def _mailed(app: App, session, person: Contact, invitation_id: int) -> None:  # type: ignore[no-untyped-def]
    definition = {"key": "x", "name": "X", "include": [{"contacts": [ADDRESS]}], "exclude": []}
    mailing = outbox.create_mailing(
        session, key="ad-hoc:proef", kind=MailKind.AD_HOC, subject_key=None,
        audience=AudienceSpec(AudienceKind.READERS, "x"), definition=definition,
        scheduled_at=app.clock.now(), expires_at=None, reason="test", created_by="staf",
        now=app.clock.now(),
    )  # fmt: skip
    places = {"name": NAME, "attendees": NAME}
    recipients = [
        Recipient(f"invitation:{invitation_id}", 0, "nl", ADDRESS, NAME, places,
                  {"attendee_name": NAME}, invitation_id),
        Recipient(f"contact:{person.id}", 0, "nl", FORMER, NAME, places),
    ]  # fmt: skip
    enqueue_deliveries(session, mailing, recipients, uid_domain=DOMAIN, now=app.clock.now())


def everything(database: Database) -> str:
    with database.reading() as session:
        return "\n".join(
            f"{table.name}: {tuple(row)}"
            for table in Base.metadata.sorted_tables
            for row in session.execute(text(f'SELECT * FROM "{table.name}"'))
        ).lower()


def test_after_erasure_no_table_holds_the_name_or_an_address(filled: Filled) -> None:
    before = everything(filled.app.database)
    assert before.count("zonneveld") > 20
    assert FORMER in before
    erase_person(filled.app, ADDRESS, by="kernteam A")
    after = everything(filled.app.database)
    left = [line for line in after.splitlines() if "zonneveld" in line or FORMER in line]
    assert left == []


def test_totals_stay_and_others_keep_their_names(filled: Filled) -> None:
    report = erase_person(filled.app, ADDRESS, by="kernteam A")
    assert report.vacant == ["adviseur, Gemeente Maassluis"]
    assert report.without_mailbox == ["burgemeester, Gemeente Maassluis"]
    assert report.audiences == ["proef"]
    assert len(report.left_events) == 1
    with filled.app.database.reading() as session:
        past = session.scalars(
            select(Registration).where(Registration.event_id == filled.past)
        ).all()
        assert [row.state for row in past] == [RegistrationState.ATTENDED] * 2
        assert sorted(row.attendee_name for row in past) == ["", OTHER]
        assert len({row.organisation_id for row in past}) == 1
        ahead = {
            row.id: row
            for row in session.scalars(
                select(Registration).where(Registration.event_id == filled.ahead)
            )
        }
        mayor = ahead.pop(filled.mayor_row)
        assert mayor.state is ACCEPTED, "who waits for a place that came free gets it"
        assert mayor.attendee_name == OTHER
        assert mayor.answered_by in {None, ""}
        assert [row.state for row in ahead.values()] == [CANCELLED]
        event = session.get_one(Event, filled.past)
        assert event.programme[0]["title"] == "Welkom"
        lines = get_audience(session, "proef").include
        assert [line.as_dict() for line in lines] == [{"roles": ["adviseur"]}]
        states = session.scalars(select(Delivery.state)).all()
        assert set(states) == {DeliveryState.SKIPPED}


def test_no_other_organisation_of_the_events_still_names_the_person(filled: Filled) -> None:
    app, now = filled.app, filled.app.clock.now()
    scene, said = Scene(now), f"forwarded by {NAME}"
    with app.database.writing() as session:
        elsewhere = scene.event(session)
        rows = []
        for event in (session.get_one(Event, filled.ahead), elsewhere):
            office = scene.office(session)
            assert office.holder_id is not None
            invitation = invite(
                session, event, Invited(office.holder_id, (office.id,)), uid_domain=DOMAIN, now=now
            )
            session.refresh(invitation)
            (row,) = invitation.registrations
            row.attendee_name, row.answered_by = NAME, NAME
            session.add(
                RegistrationChange(
                    registration_id=row.id, before=row.state, after=row.state, by=NAME,
                    via="host", at=now, comment=said,
                )
            )  # fmt: skip
            rows.append(row.id)
    erase_person(app, ADDRESS, by="kernteam A")
    with app.database.reading() as session:
        found = [session.get_one(Registration, one) for one in rows]
        assert [one.answered_by for one in found] == ["", NAME]
        assert [one.attendee_name for one in found] == [NAME] * 2, "a namesake may come"
        for row_id, words in zip(rows, [("", "forwarded by "), (NAME, said)], strict=True):
            changes = session.scalars(
                select(RegistrationChange).where(RegistrationChange.registration_id == row_id)
            ).all()
            assert (changes[-1].by, changes[-1].comment) == words


def test_links_die_and_nobody_mails_the_addresses_again(filled: Filled) -> None:
    app = filled.app
    with app.database.reading() as session:
        before = session.get_one(Contact, filled.contact_id).token
        check = session.scalars(select(ListCheck.token)).one()
    erase_person(app, FORMER, by="kernteam A")
    with app.database.reading() as session:
        assert session.get_one(Contact, filled.contact_id).token != before
        assert session.scalars(select(ListCheck.token)).one() != check
        for address in (ADDRESS, FORMER):
            found = is_suppressed(session, address, signer=app.signer)
            assert found is not None
    with pytest.raises(NotFound):
        erase_person(app, ADDRESS, by="kernteam A")
    with pytest.raises(InputError, match="asked to be erased"):
        lift_suppression(app, ADDRESS, by="kernteam A")
    assert lift_suppression(app, ADDRESS, by="A", reason=SuppressionReason.ERASURE) == 1
    with pytest.raises(NotFound):
        lift_suppression(app, ADDRESS, by="A")


def test_what_is_on_its_way_is_waited_for(filled: Filled) -> None:
    with filled.app.database.writing() as session:
        delivery = session.scalars(select(Delivery).order_by(Delivery.id)).first()
        assert delivery is not None
        delivery.state = DeliveryState.TRANSMITTING
    before = everything(filled.app.database)
    with pytest.raises(Conflict, match="on its way"):
        erase_person(filled.app, ADDRESS, by="kernteam A")
    assert everything(filled.app.database) == before


COVERED = {
    "contact_alias", "contact_join", "contact_topic", "function", "subscription", "list_check",
    "invitation", "registration", "speaker",
}  # fmt: skip
"""The tables that refer to a person: each has its part in the copy and in the erasure."""


def test_no_table_that_refers_to_a_person_is_forgotten() -> None:
    referring = {
        table.name
        for table in Base.metadata.sorted_tables
        for key in table.foreign_keys
        if key.column.table.name == "contact"
    }
    assert referring == COVERED, "add it to staff/exporting.py and staff/privacy.py, then here"


def test_a_copy_holds_all_that_is_kept(filled: Filled) -> None:
    copy = export_person(filled.app, FORMER)
    assert json.loads(json.dumps(copy)) == copy
    assert copy["address"] == ADDRESS
    assert copy["former_addresses"] == [FORMER]
    assert {one["who_comes"] for one in copy["answers"]} == {NAME, OTHER}
    assert {one["diet"] for one in copy["answers"]} == {"", "geen noten"}
    assert {"kenteken": "12-ABC-3"} in [one["replies"] for one in copy["answers"]]
    assert any(one["history"][-1]["by"] == NAME for one in copy["answers"])
    assert [one["remark"] for one in copy["talks"]] == [f"{NAME} wil een microfoon"]
    assert [one["to"] for one in copy["mails"]] == [ADDRESS, FORMER]
    assert [one["subject"] for one in copy["received"]] == [f"Van {NAME}"]
    assert [one["organisation"] for one in copy["list_checks"]] == ["Gemeente Maassluis"]
    assert copy["audiences"] == ["Proef"]
    text_ = "\n".join(readable(copy))
    for words in ("Naam: Quirine Zonneveld", "Als spreker:", "geen noten", "Thema's"):
        assert (words in text_) is (words != "Thema's"), "what is empty is left out"


def test_a_copy_of_nobody_is_none(filled: Filled) -> None:
    with pytest.raises(NotFound):
        export_person(filled.app, "niemand@maassluis.example")
