"""What staff do, on both databases: mailings let go and taken back, the agenda changed."""

from __future__ import annotations

import mailbox
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from tests.registrations.scene import Scene
from var_outreach import pipeline
from var_outreach.agenda.model import Event, EventState
from var_outreach.agenda.store import find_event
from var_outreach.app import App
from var_outreach.audiences.definition import load_audiences
from var_outreach.audiences.store import seed_audiences
from var_outreach.clock import MovableClock
from var_outreach.enqueuing import enqueue_mailings
from var_outreach.errors import Conflict, FileError, HeaderError, InputError, NotFound, RowErrors
from var_outreach.news.model import NewsItem
from var_outreach.news.store import assign_news
from var_outreach.outbox import mailings as outbox
from var_outreach.outbox.ledger import state_counts
from var_outreach.outbox.model import Delivery, DeliveryState, Mailing, MailingState
from var_outreach.people.topics import seed_topics
from var_outreach.planning.due import AudienceKind, AudienceSpec
from var_outreach.planning.mail_kinds import MailKind
from var_outreach.registrations.model import Registration, RegistrationState
from var_outreach.settings import Settings, config_dir
from var_outreach.staff import agenda as staff_agenda
from var_outreach.staff import mailings as staff_mailings
from var_outreach.storage.engine import Database
from var_outreach.tokens import Signer

KEY = "2025-04-07-leerhuis"
PLAN = "year: 2025\nevents:\n  - {id: a, kind: leerhuis, title: Leerhuis, date: 2025-04-07}\n"


@dataclass
class Office:
    """The desk at which staff work."""

    app: App
    folder: Path
    clock: MovableClock

    def event(self, key: str = KEY) -> Event:
        with self.app.database.reading() as session:
            event = find_event(session, key)
            session.expunge(event)
            return event

    def plan(self, text: str = PLAN, **options: Any) -> Any:
        path = self.folder / "plan.yaml"
        path.write_text(text)
        return staff_agenda.import_agenda_file(self.app, path, by="Team", **options)[0]

    def invited(self, count: int, *states: RegistrationState) -> list[int]:
        """Invite people to the event and let the first of them be in ``states``."""
        with self.app.database.writing() as session:
            event = find_event(session, KEY)
            rows = Scene(self.clock.now()).invited(session, event, count)
            for row, state in zip(rows, states, strict=False):
                row.state = state
            return [row.id for row in rows]

    def states(self) -> list[str]:
        with self.app.database.reading() as session:
            query = select(Registration.state).order_by(Registration.id)
            return [state.value for state in session.scalars(query)]

    def mailing(self, key: str) -> Mailing:
        with self.app.database.reading() as session:
            row = outbox.find_mailing(session, key)
            session.expunge(row)
            return row

    def written(self) -> str:
        """Return the key of a mail to all holders of an office."""
        return staff_mailings.write_ad_hoc(
            self.app, subject="Verhuizing", markdown="Wij verhuizen.", audience_key="alle-functies",
            by="Een",
        )  # fmt: skip

    def count(self) -> int:
        with self.app.database.reading() as session:
            return len(session.scalars(select(Mailing.id)).all())


@pytest.fixture
def office(database: Database, clock: MovableClock, signer: Signer, tmp_path: Path) -> Office:
    with database.writing() as session:
        seed_topics(session)
        seed_audiences(session, load_audiences(config_dir() / "audiences.yaml"), now=clock.now())
        scene = Scene(clock.now())
        for _ in range(3):
            scene.office(session)
    settings = Settings(base_url="https://agenda.example", data_dir=tmp_path, four_eyes=True)
    return Office(App(settings, database, clock, signer), tmp_path, clock)


# ---- mailings


def test_what_one_approved_another_lets_go_and_it_can_be_taken_back(office: Office) -> None:
    key = office.written()
    done = staff_mailings.approve_mailing(office.app, key, by="Een")
    assert (done.count, done.scheduled_at) == (3, office.clock.now())
    with pytest.raises(Conflict, match="somebody else releases"):
        staff_mailings.release_mailing(office.app, key, by="Een")
    goes = staff_mailings.release_mailing(office.app, key, by="Twee")
    assert goes == office.clock.now() + timedelta(minutes=10)
    pipeline.tick(office.app)
    assert office.mailing(key).state is MailingState.APPROVED, "ten minutes to take it back"
    staff_mailings.hold_mailing(office.app, key, by="Drie")
    office.clock.advance(timedelta(minutes=11))
    pipeline.tick(office.app)
    row = office.mailing(key)
    assert (row.state, row.held_because) == (MailingState.HELD, "held by Drie")


def test_what_was_let_go_goes(office: Office) -> None:
    key = office.written()
    staff_mailings.approve_mailing(office.app, key, by="Een")
    staff_mailings.release_mailing(office.app, key, by="Twee")
    office.clock.advance(timedelta(minutes=10))
    pipeline.tick(office.app)
    assert office.mailing(key).state is MailingState.SENT
    with pytest.raises(Conflict):
        staff_mailings.cancel_mailing(office.app, key, by="Een")


def test_now_is_before_its_moment(office: Office) -> None:
    later = office.clock.now() + timedelta(days=2)
    key = staff_mailings.write_ad_hoc(
        office.app, subject="Later", markdown="x", audience_key="alle-functies", by="Een", at=later
    )
    staff_mailings.approve_mailing(office.app, key, by="Een")
    assert staff_mailings.release_mailing(office.app, key, by="Twee") == later
    at_once = staff_mailings.release_mailing(office.app, key, by="Twee", at_once=True)
    assert at_once == office.clock.now() + timedelta(minutes=10)


def test_a_mail_of_ones_own_gets_a_key_of_its_own(office: Office) -> None:
    keys = [office.written() for _ in range(3)]
    assert keys == [
        "ad-hoc:2025-01-06-verhuizing",
        "ad-hoc:2025-01-06-verhuizing-2",
        "ad-hoc:2025-01-06-verhuizing-3",
    ]
    row = office.mailing(keys[0])
    assert (row.state, row.created_by) == (MailingState.DRAFT, "Een")
    assert row.audience["definition"]["key"] == "alle-functies"


@pytest.mark.parametrize(
    ("changes", "error", "said"),
    [
        ({"subject": "  "}, InputError, "no subject"),
        ({"subject": "Hallo\r\nBcc: x@y.example"}, HeaderError, "line break"),
        ({"subject": "Hallo =?utf-8?q?a=0Ab?="}, HeaderError, "line break"),
        ({"markdown": "een\n\nDag {{naem}}"}, InputError, "mail.md"),
        ({"markdown": " \n"}, InputError, "mail.md"),
        ({"audience_key": "iedereen"}, NotFound, "iedereen"),
    ],
)
def test_a_mail_that_is_wrong_is_not_kept(
    office: Office, changes: dict[str, str], error: type[Exception], said: str
) -> None:
    values: dict[str, Any] = {
        "subject": "Hallo",
        "markdown": "x",
        "audience_key": "alle-functies",
        **changes,
    }
    with pytest.raises(error) as caught:
        staff_mailings.write_ad_hoc(office.app, by="Een", where="mail.md", **values)
    assert said in str(caught.value)
    assert office.count() == 0


def test_a_copy_to_oneself_goes_in_every_language_and_says_nothing_of_others(
    office: Office,
) -> None:
    key = office.written()
    copy = staff_mailings.queue_test(office.app, key, to="ik@team.example", by="Een")
    assert copy == f"test:{key}"
    pipeline.dispatch_mailings(office.app, pipeline.TickReport())
    with office.app.database.reading() as session:
        row = outbox.find_mailing(session, copy)
        assert state_counts(session, row.id) == {"sent": 2}
        addresses = set(session.scalars(select(Delivery.address)))
    assert addresses == {"ik@team.example"}
    caught = [message.as_string() for message in mailbox.Maildir(office.folder / "mail")]
    assert len(caught) == 2
    assert office.mailing(key).state is MailingState.DRAFT
    assert (
        staff_mailings.queue_test(office.app, key, to="ik@team.example", by="Een")
        == f"test:{key}-2"
    )
    with pytest.raises(HeaderError):
        staff_mailings.queue_test(office.app, key, to="ik@team.example, jij@team.example", by="Een")


def test_what_is_in_doubt_is_decided_by_a_person(office: Office) -> None:
    key = office.written()
    staff_mailings.approve_mailing(office.app, key, by="Een")
    staff_mailings.release_mailing(office.app, key, by="Twee")
    office.clock.advance(timedelta(minutes=10))
    enqueue_mailings(office.app, pipeline.TickReport())
    with office.app.database.writing() as session:
        for number, row in enumerate(session.scalars(select(Delivery))):
            row.state = DeliveryState.UNCERTAIN if number else DeliveryState.QUEUED
    assert staff_mailings.settle_uncertain(office.app, key, send=False) == 2
    assert staff_mailings.settle_uncertain(office.app, key, send=True) == 0
    with office.app.database.reading() as session:
        assert state_counts(session) == {"queued": 1, "sent": 2}


def test_a_cancelled_issue_frees_its_news(office: Office, now: datetime) -> None:
    issue = "2025-02-04"
    with office.app.database.writing() as session:
        item = NewsItem(
            source="files", source_key="a", title="Kop", summary="Tekst", language="nl",
            published_on=now.date(), found_at=now, image_alt="",
        )  # fmt: skip
        session.add(item)
        outbox.create_mailing(
            session, key=f"newsletter:{issue}", kind=MailKind.NEWSLETTER, subject_key=issue,
            audience=AudienceSpec(AudienceKind.READERS, "nieuwsbrief"), scheduled_at=now,
            expires_at=None, reason="", created_by="rules", now=now,
        )  # fmt: skip
        session.flush()
        assign_news(session, issue, [item.id])
    staff_mailings.cancel_mailing(office.app, f"newsletter:{issue}", by="Een")
    with office.app.database.reading() as session:
        assert session.scalars(select(NewsItem.issue_key)).one() is None


@pytest.mark.parametrize("name", ["rules", "Rules", " RULES ", "rules\t", "rule\u017f", "", "  "])
@pytest.mark.parametrize("act", ["approve", "release", "write", "test"])
def test_nobody_acts_in_the_name_of_the_rules(office: Office, act: str, name: str) -> None:
    """What rules release goes without a second look and without a moment to take it back."""
    key = office.written()
    acts: dict[str, Callable[[], object]] = {
        "approve": lambda: staff_mailings.approve_mailing(office.app, key, by=name),
        "release": lambda: staff_mailings.release_mailing(office.app, key, by=name),
        "write": lambda: staff_mailings.write_ad_hoc(
            office.app, subject="Hallo", markdown="x", audience_key="alle-functies", by=name
        ),
        "test": lambda: staff_mailings.queue_test(office.app, key, to="ik@team.example", by=name),
    }
    if act == "release":
        staff_mailings.approve_mailing(office.app, key, by="Een")
    with pytest.raises(InputError, match="not the name of a person"):
        acts[act]()
    row = office.mailing(key)
    assert (row.released_by, office.count()) == (None, 1)
    assert row.approved_by == ("Een" if act == "release" else None)


@pytest.mark.parametrize("act", ["approve", "release", "hold", "cancel", "settle"])
def test_what_is_not_there_is_said(office: Office, act: str) -> None:
    acts: dict[str, Callable[[], object]] = {
        "approve": lambda: staff_mailings.approve_mailing(office.app, "x", by="Een"),
        "release": lambda: staff_mailings.release_mailing(office.app, "x", by="Een"),
        "hold": lambda: staff_mailings.hold_mailing(office.app, "x", by="Een"),
        "cancel": lambda: staff_mailings.cancel_mailing(office.app, "x", by="Een"),
        "settle": lambda: staff_mailings.settle_uncertain(office.app, "x", send=True),
    }
    with pytest.raises(NotFound, match="no mailing 'x'"):
        acts[act]()


# ---- the agenda


def test_another_date_takes_hours_and_deadline_along(office: Office) -> None:
    office.plan(PLAN.replace("2025-04-07}", "2025-04-07, from: 9.30, to: 12.00}"))
    assert office.event().answer_by_on == date(2025, 3, 24)
    staff_agenda.edit_event(office.app, KEY, {"on_date": date(2025, 11, 10)}, by="Een")
    event = office.event()
    assert event.starts_at == datetime(2025, 11, 10, 8, 30, tzinfo=UTC)
    assert event.ends_at == datetime(2025, 11, 10, 11, 0, tzinfo=UTC)
    assert event.answer_by_on == date(2025, 10, 27)
    staff_agenda.edit_event(
        office.app,
        KEY,
        {"on_date": date(2025, 11, 11), "answer_by_on": date(2025, 11, 3)},
        by="Een",
    )
    assert office.event().answer_by_on == date(2025, 11, 3)


def test_a_move_asks_everybody_anew_and_a_place_does_not(office: Office) -> None:
    office.plan()
    office.invited(2, RegistrationState.ACCEPTED, RegistrationState.DECLINED)
    staff_agenda.edit_event(office.app, KEY, {"place": "De Kuip"}, by="Een")
    assert office.states() == ["accepted", "declined"]
    staff_agenda.edit_event(office.app, KEY, {"on_date": date(2025, 4, 8)}, by="Een")
    assert office.states() == ["invited", "invited"]


def test_a_move_in_the_file_asks_everybody_anew_too(office: Office) -> None:
    office.plan()
    office.invited(1, RegistrationState.ACCEPTED)
    moved = PLAN.replace("2025-04-07", "2025-04-08")
    office.plan(moved, dry_run=True)
    assert office.states() == ["accepted"]
    office.plan(moved)
    assert office.states() == ["invited"]


def test_more_places_are_given_to_who_waits(office: Office) -> None:
    office.plan(PLAN.replace("2025-04-07}", "2025-04-07, capacity: 1}"))
    office.invited(3, *[RegistrationState.WAITLISTED] * 3)
    staff_agenda.edit_event(office.app, KEY, {"capacity": 2}, by="Een")
    assert sorted(office.states()) == ["accepted", "accepted", "waitlisted"]


def test_a_cancelled_event_owes_nobody_a_confirmation(office: Office) -> None:
    office.plan()
    (number,) = office.invited(1, RegistrationState.ACCEPTED)
    with office.app.database.writing() as session:
        session.get_one(Registration, number).version = 3
    staff_agenda.cancel_event(office.app, KEY, by="Een")
    with office.app.database.reading() as session:
        assert session.get_one(Registration, number).notified_version == 3
    assert office.event().state is EventState.CANCELLED


@pytest.mark.parametrize("state", [EventState.UNDATED, EventState.POSTPONED])
def test_a_date_makes_a_plan_of_it(office: Office, state: EventState) -> None:
    office.plan()
    staff_agenda.edit_event(office.app, KEY, {"state": state}, by="Een")
    staff_agenda.edit_event(office.app, KEY, {"on_date": date(2025, 6, 2)}, by="Een")
    assert office.event().state is EventState.PLANNED


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"title": None}, InputError),
        ({"online_url": "javascript:alert(1)"}, InputError),
        ({"audience_key": "iedereen"}, NotFound),
        ({"on_date": date(2025, 4, 8), "until_date": date(2025, 4, 7)}, Conflict),
    ],
)
def test_a_change_that_cannot_be_is_refused(
    office: Office, fields: dict[str, Any], error: type[Exception]
) -> None:
    office.plan()
    with pytest.raises(error):
        staff_agenda.edit_event(office.app, KEY, fields, by="Een")
    assert office.event().revision == 0


def test_an_audience_or_theme_that_is_not_there_stops_the_file(office: Office) -> None:
    wrong = PLAN.replace("2025-04-07}", "2025-04-07, invite: leerhuizen}")
    with pytest.raises(FileError, match="no audience 'leerhuizen'") as caught:
        office.plan(wrong)
    assert caught.value.where.endswith("plan.yaml:3")
    assert "leerhuis" in caught.value.remedy
    with pytest.raises(RowErrors, match="no theme 'jeugd'"):
        office.plan(wrong.replace("invite:", "topic: jeugd, invite:"))
    with office.app.database.reading() as session:
        assert session.scalars(select(Event)).all() == []
    office.plan(wrong.replace("leerhuizen", "leerhuis"))
    assert office.event().audience_key == "leerhuis"


# ---- two events that are one


def test_an_event_and_its_answers_stay_under_the_new_date(office: Office) -> None:
    office.plan()
    office.invited(1, RegistrationState.ACCEPTED)
    report = office.plan(PLAN.replace("id: a", "id: b").replace("04-07", "04-14"))
    assert len(report.questions) == 1
    with office.app.database.writing() as session:
        draft = outbox.create_mailing(
            session, key="invitation:2025-04-14-leerhuis", kind=MailKind.INVITATION,
            subject_key="2025-04-14-leerhuis", audience=AudienceSpec(AudienceKind.INVITEES, "x"),
            scheduled_at=office.clock.now(), expires_at=None, reason="", created_by="rules",
            now=office.clock.now(),
        ).key  # fmt: skip
    staff_agenda.same_event(office.app, KEY, "2025-04-14-leerhuis", by="Een")
    assert office.event().on_date == date(2025, 4, 14)
    assert office.states() == ["invited"], "asked anew: the date moved"
    assert office.mailing(draft).state is MailingState.CANCELLED
    with pytest.raises(NotFound):
        office.event("2025-04-14-leerhuis")


def test_an_event_to_which_people_are_invited_is_not_taken_away(office: Office) -> None:
    office.plan(PLAN.replace("id: a", "id: z").replace("04-07", "03-03"))
    office.plan()
    office.invited(1)
    with pytest.raises(Conflict, match="already invited"):
        staff_agenda.same_event(office.app, "2025-03-03-leerhuis", KEY, by="Een")
    assert office.event().on_date == date(2025, 4, 7)
