"""A small network on a moved clock: five municipal mailboxes, six readers, a handful of events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.story.sink import Caught, Sink
from var_outreach import pipeline
from var_outreach.agenda.importing import AgendaReport
from var_outreach.agenda.kinds import load_kinds
from var_outreach.agenda.model import Event
from var_outreach.app import App
from var_outreach.audiences.definition import load_audiences
from var_outreach.audiences.store import seed_audiences
from var_outreach.clock import MovableClock
from var_outreach.composing.content import Content
from var_outreach.composing.partners import load_partners
from var_outreach.news.model import NewsItem
from var_outreach.outbox.model import OPEN, Delivery, DeliveryState, Mailing
from var_outreach.people.model import Contact, Function, Organisation
from var_outreach.people.subscriptions import ask, confirm
from var_outreach.people.topics import seed_topics
from var_outreach.planning.rules import load_rules
from var_outreach.registrations.answers import Answer, record_answer
from var_outreach.registrations.model import Invitation, Registration, RegistrationState
from var_outreach.settings import (
    NoticeDays,
    Security,
    Settings,
    SmtpSettings,
    StaffSettings,
    TransportKind,
    TransportSettings,
    config_dir,
)
from var_outreach.staff import agenda as staff_agenda
from var_outreach.staff import mailings as staff_mailings
from var_outreach.storage.engine import Database
from var_outreach.tokens import Signer, random_token

KEY = "a key for the tests of the story, 32 octets"
LEASE_OVER = timedelta(minutes=16)
MAILBOXES = (
    "burgemeester@dordrecht.example",
    "burgemeester@schiedam.example",
    "bestuur@dordrecht.example",
    "wethouder@schiedam.example",
    "adviseur@schiedam.example",
)
"""Whom the audience 'leerhuis' reaches: six offices, two of them at one mailbox."""
READERS = tuple(f"lezer{number}@lezers.example" for number in range(1, 7))
STAFF = ("kernteam@var.example", "secretariaat@var.example")
COMPOSED: dict[str, tuple[object, Content]] = {}
"""What equal facts gave before, for all tests of one process."""
PLAN = """\
year: 2025
name: Agenda
events:
"""


def moment(month: int, day: int, hour: int = 9, minute: int = 0, *, year: int = 2025) -> datetime:
    """Return an hour in Amsterdam in winter as UTC."""
    return datetime(year, month, day, hour - 1, minute, tzinfo=UTC)


@cache
def read_files() -> dict[str, object]:
    """Return the configuration files as ``App`` keeps them: reading them takes most of a start."""
    folder = config_dir()
    return {
        "kinds": load_kinds(folder / "kinds.yaml"),
        "rules": load_rules(folder / "rules.yaml"),
        "partners": load_partners(folder / "partners.yaml"),
    }


@dataclass
class Story:
    """One installation that can be stopped and started again."""

    database: Database
    clock: MovableClock
    sink: Sink
    folder: Path
    connections: int = 2
    four_eyes: bool = False
    notices: NoticeDays = NoticeDays.NEVER
    """Most of the story is told without mail to staff."""

    def settings(self) -> Settings:
        """Return settings that send to the sink."""
        return Settings(
            base_url="https://agenda.var.example",
            database_url=self.database.url.render_as_string(hide_password=False),
            data_dir=self.folder,
            secret_key=SecretStr(KEY),
            four_eyes=self.four_eyes,
            staff=StaffSettings(addresses=STAFF, notice_days=self.notices),
            transport=TransportSettings(kind=TransportKind.SMTP),
            smtp=SmtpSettings(
                host="127.0.0.1",
                port=self.sink.port,
                security=Security.NONE,
                connections=self.connections,
                helo_name="story.example",
            ),
        )

    def start(self) -> App:
        """Return the application as a fresh start of the program makes it."""
        app = App(self.settings(), self.database, self.clock, Signer(KEY.encode()))
        vars(app).update(read_files())
        app.composed = COMPOSED
        return app

    def at(self, instant: datetime) -> None:
        """Let the clock show ``instant``."""
        self.clock.move_to(instant)

    def tick(self) -> pipeline.TickReport:
        """Start the program, let it do what is due, and stop it."""
        return pipeline.tick(self.start())

    def until_quiet(self) -> None:
        """Run again and again, past the leases of the dead, until nothing is left to send."""
        for _ in range(8):
            self.tick()
            with self.database.reading() as session:
                open_ones = session.scalars(
                    select(Delivery.id).join(Mailing).where(Delivery.state.in_(OPEN))
                ).all()
            if not open_ones:
                self.tick()
                return
            self.clock.advance(LEASE_OVER)
        raise AssertionError(f"{len(open_ones)} deliveries are never finished")

    def plan(self, *events: str) -> AgendaReport:
        """Import a year plan with ``events``, each in YAML on one line of flow style."""
        path = self.folder / "plan.yaml"
        path.write_text(PLAN + "".join(f"  - {{{one}}}\n" for one in events), "utf-8")
        report, file = staff_agenda.import_agenda_file(self.start(), path, by="staf")
        assert not file.unreadable
        return report

    def event(self, source_id: str) -> Event:
        """Return the event with ``source_id`` as it stands."""
        with self.database.reading() as session:
            found = session.scalars(select(Event).where(Event.source_id == source_id)).one()
            session.expunge(found)
            return found

    def edit(self, source_id: str, **fields: Any) -> None:
        """Change an event as staff do."""
        staff_agenda.edit_event(self.start(), self.event(source_id).key, fields, by="staf")

    def mailing(self, kind: str, source_id: str = "") -> Mailing:
        """Return the newest mailing of ``kind`` (about an event), as it stands."""
        with self.database.reading() as session:
            query = select(Mailing).where(Mailing.kind == kind).order_by(Mailing.id.desc())
            if source_id:
                query = query.where(Mailing.subject_key == self.event(source_id).key)
            found = session.scalars(query).first()
            assert found is not None, f"there is no mailing of kind {kind}"
            session.expunge(found)
            return found

    def mailings(self) -> dict[str, str]:
        """Return the state of every mailing by key."""
        with self.database.reading() as session:
            return {one.key: one.state.value for one in session.scalars(select(Mailing))}

    def release(self, kind: str, source_id: str = "", *, at_once: bool = False) -> str:
        """Approve and release a mailing; return its key."""
        app, key = self.start(), self.mailing(kind, source_id).key
        staff_mailings.approve_mailing(app, key, by="kernteam A")
        staff_mailings.release_mailing(app, key, by="kernteam B", at_once=at_once)
        return key

    def send(self, kind: str, source_id: str = "") -> list[Caught]:
        """Release a mailing, wait out the recall and return what was caught of it."""
        self.sink.take()
        self.release(kind, source_id, at_once=True)
        self.clock.advance(timedelta(minutes=10))
        self.tick()
        return self.sink.take()

    def answer(self, source_id: str, address: str, choice: RegistrationState) -> None:
        """Answer for every office that is invited at ``address``."""
        with self.database.writing() as session:
            for row in _registrations(session, source_id, address):
                record_answer(session, row, Answer(choice), via="page", now=self.clock.now())

    def answers(self, source_id: str) -> dict[str, str]:
        """Return the state of the first registration at every mailbox."""
        with self.database.reading() as session:
            rows = session.execute(
                select(Contact.address, Registration.state)
                .join(Registration, Registration.contact_id == Contact.id)
                .join(Event, Event.id == Registration.event_id)
                .where(Event.source_id == source_id)
                .order_by(Registration.id.desc())
            )
            return {str(address): state.value for address, state in rows}

    def answered_at(self, source_id: str, address: str) -> datetime | None:
        """Return when the first registration at ``address`` was answered."""
        with self.database.reading() as session:
            return _registrations(session, source_id, address)[0].answered_at

    def invitation(self, source_id: str, address: str) -> Invitation:
        """Return the calendar entry of ``address``."""
        with self.database.reading() as session:
            rows = _registrations(session, source_id, address)
            found = session.get_one(Invitation, rows[0].invitation_id)
            session.expunge(found)
            return found

    def deliveries(self, key: str) -> Counter[str]:
        """Return how many deliveries of a mailing are in which state, or skipped why."""
        with self.database.reading() as session:
            rows = session.execute(
                select(Delivery.state, Delivery.skipped_because)
                .join(Mailing)
                .where(Mailing.key == key)
            )
            return Counter(
                f"skipped: {because}" if state is DeliveryState.SKIPPED else state.value
                for state, because in rows
            )

    def news(self, *titles: str, on: date) -> None:
        """Bring in news."""
        with self.database.writing() as session:
            for title in titles:
                session.add(
                    NewsItem(
                        source="test",
                        source_key=title,
                        title=title,
                        summary="Drie gemeenten oefenden samen.",
                        url="https://var.example/nieuws",
                        topic_key="digitale-veiligheid",
                        language="nl",
                        published_on=on,
                        found_at=self.clock.now(),
                    )
                )

    def hire(self, role: str, address: str, organisation: str = "gemeente-dordrecht") -> None:
        """Add an office with a mailbox of its own."""
        with self.database.writing() as session:
            town = session.scalars(
                select(Organisation).where(Organisation.key == organisation)
            ).one()
            holder = _contact(session, address, self.clock.now(), town)
            session.add(Function(organisation=town, role=role, holder=holder))

    def add_readers(self, addresses: Sequence[str]) -> None:
        """Let people subscribe to the newsletter and confirm."""
        now = self.clock.now()
        with self.database.writing() as session:
            for address in addresses:
                one = ask(session, address, "Lezer", "nl", source="test", wording="1", now=now)
                session.flush()
                confirm(session, one.id, source="test", wording="1", now=now)


def people_in(story: Story) -> None:
    """Bring in themes, audiences, municipalities with their offices, and readers."""
    now = story.clock.now()
    with story.database.writing() as session:
        seed_topics(session)
        seed_audiences(session, load_audiences(config_dir() / "audiences.yaml"), now=now)
        towns = {
            name: Organisation(
                key=f"gemeente-{name}", name=f"Gemeente {name.title()}", kind="gemeente"
            )
            for name in ("dordrecht", "schiedam")
        }
        session.add_all(towns.values())
        session.flush()
        boxes = {}
        for address in MAILBOXES:
            town = towns[address.partition("@")[2].partition(".")[0]]
            boxes[address] = _contact(session, address, now, town)
        desk = boxes["bestuur@dordrecht.example"]
        for address, box in boxes.items():
            role = address.partition("@")[0]
            if role != "bestuur" and box.organisation is not None:
                session.add(Function(organisation=box.organisation, role=role, holder=box))
        for portfolio in ("jeugd", "zorg"):
            session.add(
                Function(
                    organisation=towns["dordrecht"],
                    role="wethouder",
                    portfolio=portfolio,
                    secretariat=desk,
                )
            )
    story.add_readers(READERS)


def _registrations(session: Session, source_id: str, address: str) -> list[Registration]:
    rows = session.scalars(
        select(Registration)
        .join(Contact, Contact.id == Registration.contact_id)
        .join(Event, Event.id == Registration.event_id)
        .where(Event.source_id == source_id, Contact.address == address)
        .order_by(Registration.id)
    ).all()
    assert rows, f"{address} is not invited to {source_id}"
    return list(rows)


def _contact(session: Session, address: str, now: datetime, town: Organisation) -> Contact:
    box = Contact(
        name=address.partition("@")[0].title(),
        address=address,
        organisation=town,
        token=random_token(),
        source="de adressenlijst van de gemeente",
        legal_basis="public_task",
        created_at=now,
    )
    session.add(box)
    session.flush()
    return box
