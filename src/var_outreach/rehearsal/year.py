"""Runs a whole year through the real pipeline in minutes.

*Reads*: sample people and a year plan, or one's own. *Writes*: a scratch folder: a database, the
caught mail, the figures. *Next*: ``summary.py`` tells what came of it; the pages serve it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import SecretStr
from sqlalchemy import func, select

from var_outreach import pipeline
from var_outreach.agenda.model import Event, EventState
from var_outreach.app import App, build_app
from var_outreach.clock import MovableClock, at_local
from var_outreach.outbox.mailings import goes_at
from var_outreach.outbox.model import OPEN, Delivery, Mailing, MailingState
from var_outreach.people.model import Subscription, SubscriptionState
from var_outreach.people.subscriptions import ask, confirm, leave
from var_outreach.planning.due import DueState
from var_outreach.planning.working_days import working_day_after
from var_outreach.registrations.attendance import mark_attendance
from var_outreach.registrations.model import Registration, RegistrationState
from var_outreach.rehearsal.catcher import Catcher
from var_outreach.rehearsal.invitees import Invitees
from var_outreach.rehearsal.script import ScriptStep, play_step
from var_outreach.settings import Security, Settings, SmtpSettings, TransportKind, TransportSettings
from var_outreach.staff import mailings as staff_mailings

APPROVER, RELEASER = "kernteam A", "kernteam B"
SOON = timedelta(seconds=1)
NEW_READERS = 4
WORDING = "2025-1"
PUBLIC_URL = "https://agenda.veiligheidsalliantie.example"

Progress = Callable[[date, str], None]
"""Called with the day that is being rehearsed and what happens on it."""


@dataclass(frozen=True)
class Rehearsal:
    """What is rehearsed, and where."""

    year: int
    folder: Path
    steps: tuple[ScriptStep, ...] = ()
    seed: int = 2025


def scratch_settings(own: Settings, folder: Path, smtp_port: int, *, own_key: str = "") -> Settings:
    """Return ``own`` settings turned to a scratch folder and a catcher on this machine.

    Mail is made as it would be in earnest, so with an https address: one's own, or an invented one.
    """
    real = own.base_url.startswith("https://")
    return own.model_copy(
        update={
            "base_url": own.base_url if real else PUBLIC_URL,
            "database_url": f"sqlite:///{folder / 'outreach.db'}",
            "data_dir": folder / "state",
            "secret_key_file": None,
            # One's own, else no address that may not be mailed would be known again.
            "secret_key": SecretStr(own_key) if own_key else SecretStr(""),
            "four_eyes": True,
            "transport": TransportSettings(kind=TransportKind.SMTP),
            "smtp": SmtpSettings(
                host="127.0.0.1", port=smtp_port, security=Security.NONE, connections=4
            ),
        }
    )


def rehearse_year(
    rehearsal: Rehearsal,
    own: Settings,
    fill: Callable[[App], None],
    progress: Progress,
    *,
    own_key: str = "",
) -> App:
    """Rehearse a year and return its application, the clock standing at the end of it.

    ``fill`` brings agenda, people and news into the empty database. All mail goes through SMTP to
    a catcher started here, into ``folder/mail``.
    """
    folder = rehearsal.folder
    folder.mkdir(parents=True, exist_ok=True)
    with Catcher(folder / "mail") as catcher:
        settings = scratch_settings(own, folder, catcher.port, own_key=own_key)
        clock = MovableClock(first_moment(rehearsal.year, settings.zone))
        app = build_app(settings, clock=clock)
        app.read_again_after = timedelta(days=7)
        fill(app)
        _Run(rehearsal, app, clock, progress).play()
    return app


def first_moment(year: int, zone: ZoneInfo) -> datetime:
    """Return when the rehearsal of ``year`` begins: at 8 on its first working day.

    What is due by then goes at once, and a team would not switch the service on on a holiday.
    """
    return at_local(working_day_after(date(year, 1, 1)), time(8), zone)


def shown_at(app: App, base_url: str) -> App:
    """Return ``app`` as it is served after a rehearsal: its pages at ``base_url``."""
    settings = app.settings.model_copy(
        update={"base_url": base_url, "former_base_urls": (app.settings.base_url,)}
    )
    return replace(app, settings=settings, composed={})


class _Run:
    """One rehearsal as it goes."""

    def __init__(
        self, rehearsal: Rehearsal, app: App, clock: MovableClock, progress: Progress
    ) -> None:
        self._rehearsal = rehearsal
        self._app = app
        self._clock = clock
        self._progress = progress
        self._invitees = Invitees(app, rehearsal.folder / "inbox", rehearsal.seed)
        self._steps = list(rehearsal.steps)
        self._zone = app.settings.zone
        self._asked = self._confirmed = 0
        self._end = at_local(date(rehearsal.year, 12, 31), time(18), self._zone)

    def play(self) -> None:
        """Go from moment to moment until the year is over."""
        while self._clock.now() < self._end:
            self._play_steps()
            answers = self._invitees.act()
            self._count_who_came()
            self._play_readers()
            report = pipeline.tick(self._app)
            self._release_what_waits()
            self._invitees.receive()
            self._tell(report, answers)
            self._clock.move_to(min(self._next_moment(), self._end))

    def _tell(self, report: pipeline.TickReport, answers: int) -> None:
        day = self._clock.now().astimezone(self._zone).date()
        words = [f"{count} x {key}" for key, count in report.enqueued.items() if count]
        if answers:
            words.append(f"{answers} antwoorden")
        self._progress(day, ", ".join(words))

    def _play_steps(self) -> None:
        today = self._clock.now().astimezone(self._zone).date()
        while self._steps and self._steps[0].on <= today:
            play_step(self._app, self._steps.pop(0))

    def _release_what_waits(self) -> None:
        """Do what the core team does: one looks and approves, another lets it go."""
        with self._app.database.reading() as session:
            keys = session.scalars(
                select(Mailing.key).where(Mailing.state == MailingState.DRAFT)
            ).all()
        for key in keys:
            staff_mailings.approve_mailing(self._app, key, by=APPROVER)
            staff_mailings.release_mailing(self._app, key, by=RELEASER)

    def _play_readers(self) -> None:
        """In the middle of a month some ask for the newsletter; the day after, they confirm."""
        today = self._clock.now().astimezone(self._zone).date()
        if today.day >= 15 and today.month > self._asked:
            self._asked = today.month
            ask_for_newsletter(self._app, NEW_READERS)
        elif self._confirmed < self._asked and today.day >= 16:
            self._confirmed = self._asked
            confirm_and_leave(self._app)

    def _count_who_came(self) -> None:
        """The day after, mark who was there: nine of ten who said they would be."""
        now = self._clock.now()
        today = now.astimezone(self._zone).date()
        with self._app.database.writing() as session:
            rows = session.scalars(
                select(Registration)
                .join(Event, Event.id == Registration.event_id)
                .where(
                    Registration.state == RegistrationState.ACCEPTED,
                    Event.on_date < today,
                    Event.state.in_((EventState.PLANNED, EventState.CONFIRMED, EventState.HELD)),
                )
            ).all()
            for number, row in enumerate(rows):
                mark_attendance(session, row, number % 10 != 7, by=APPROVER, now=now)

    def _next_moment(self) -> datetime:
        now = self._clock.now()
        moments = [self._end, *self._of_plan(now), *self._of_mailings(now)]
        answer = self._invitees.next_at()
        if answer is not None:
            moments.append(answer)
        today = now.astimezone(self._zone).date()
        ahead = [date(today.year, month, day) for month in range(1, 13) for day in (15, 17)]
        moments += [at_local(day, time(12), self._zone) for day in ahead if day > today]
        if self._steps:
            moments.append(at_local(self._steps[0].on, time(10), self._zone))
        return max(min(moments), now + SOON)

    def _of_plan(self, now: datetime) -> list[datetime]:
        dues = pipeline.plan_mailings(self._app, since=now, until=self._end)
        moments = [due.draft_at for due in dues if due.state == DueState.PLANNED]
        return [moment for moment in moments if moment > now]

    def _of_mailings(self, now: datetime) -> list[datetime]:
        with self._app.database.reading() as session:
            waiting = session.scalars(
                select(Mailing).where(Mailing.state == MailingState.APPROVED)
            ).all()
            moments = [goes_at(mailing, self._app.recall) for mailing in waiting]
            retry = session.scalar(
                select(func.min(Delivery.not_before)).where(Delivery.state.in_(OPEN))
            )
        return [moment for moment in (*moments, retry) if moment is not None and moment > now]


def ask_for_newsletter(app: App, number: int) -> None:
    """Let ``number`` new readers ask for the newsletter."""
    now = app.clock.now()
    with app.database.writing() as session:
        for one in range(number):
            ask(
                session,
                f"nieuwe.lezer.{now:%m}{one}@lezers.example",
                f"Nieuwe Lezer {now:%m}-{one}",
                "nl",
                source="inschrijfpagina",
                wording=WORDING,
                now=now,
            )


def confirm_and_leave(app: App) -> None:
    """Let who asked confirm, all but one who does nothing, and one reader of long ago leave."""
    now = app.clock.now()
    with app.database.writing() as session:
        asked = session.scalars(
            select(Subscription)
            .where(Subscription.state == SubscriptionState.PENDING)
            .order_by(Subscription.id.desc())
            .limit(NEW_READERS - 1)
        ).all()
        for subscription in asked:
            confirm(session, subscription.id, source="link in de mail", wording=WORDING, now=now)
        leaver = session.scalars(
            select(Subscription.token)
            .where(Subscription.state == SubscriptionState.ACTIVE)
            .order_by(Subscription.id)
            .limit(1)
        ).first()
        if leaver is not None:
            leave(session, leaver, source="link in de mail", now=now)
