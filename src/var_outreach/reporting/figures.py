"""The figures of a period: what went out, to how many, and what they answered.

*Reads*: mailings, deliveries, events, registrations. *Writes*: nothing. *Next*: the rehearsal's
table, the annual report.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.orm import Session

from var_outreach.agenda.model import EventState
from var_outreach.agenda.store import all_events, event_year
from var_outreach.clock import at_local, local_date
from var_outreach.outbox.model import Delivery, Mailing
from var_outreach.registrations.store import counts_all
from var_outreach.reporting.attendance import AttendanceFigures, attendance_figures

TEST = "test:"
"""The keys of copies that staff sent to themselves start so; they count for nothing."""
MOVED = "moved"
"""State of a postponed event that another is held instead of."""


@dataclass(frozen=True)
class MailingFigures:
    """One mailing: what became of its deliveries adds up to ``total``."""

    key: str
    kind: str
    subject: str | None
    state: str
    on: date
    total: int
    deliveries: dict[str, int]


@dataclass(frozen=True)
class EventFigures:
    """One event, how many registrations are in each state, and how many took part."""

    key: str
    kind: str
    title: str
    state: str
    on_date: date | None
    registrations: dict[str, int]
    """By state; speakers who were invited too stand here as well."""
    attendance: AttendanceFigures
    moved_to: str | None = None
    """The event that is held instead of it: it counts as moved, not as held, not as cancelled."""
    moved_to_on: date | None = None

    @property
    def state_in_words(self) -> str:
        """How it stands, with where it went."""
        if self.moved_to is None:
            return self.state
        return f"moved to {self.moved_to_on}" if self.moved_to_on else "moved, date follows"


@dataclass(frozen=True)
class YearFigures:
    """All figures of a year."""

    year: int
    mailings: tuple[MailingFigures, ...]
    events: tuple[EventFigures, ...]
    deliveries: dict[str, int]


def summarise_year(session: Session, year: int, zone: ZoneInfo) -> YearFigures:
    """Return the figures of a calendar year in ``zone``."""
    start = at_local(date(year, 1, 1), time(0), zone)
    end = at_local(date(year + 1, 1, 1), time(0), zone)
    mailings = tuple(_mailings(session, start, end, zone))
    totals: Counter[str] = Counter()
    for mailing in mailings:
        totals.update(mailing.deliveries)
    return YearFigures(year, mailings, tuple(_events(session, year)), dict(sorted(totals.items())))


def _mailings(
    session: Session, start: datetime, end: datetime, zone: ZoneInfo
) -> list[MailingFigures]:
    counts: dict[int, dict[str, int]] = {}
    first: dict[int, datetime] = {}
    for mailing_id, state, count, at in session.execute(
        select(Delivery.mailing_id, Delivery.state, func.count(), func.min(Delivery.created_at))
        .where(Delivery.created_at >= start, Delivery.created_at < end)
        .group_by(Delivery.mailing_id, Delivery.state)
        .order_by(Delivery.mailing_id, Delivery.state)
    ):
        counts.setdefault(mailing_id, {})[state.value] = count
        first[mailing_id] = min(at, first.get(mailing_id, at))
    # A standing mailing of last year that still told people this year counts in both, each with
    # its own deliveries; what only was planned counts where it was planned.
    planned = and_(
        Mailing.scheduled_at >= start,
        Mailing.scheduled_at < end,
        ~exists().where(Delivery.mailing_id == Mailing.id),
    )
    rows = session.scalars(
        select(Mailing).where(or_(planned, Mailing.id.in_(first)), Mailing.key.not_like(f"{TEST}%"))
    )
    found = [
        MailingFigures(
            key=row.key,
            kind=row.kind,
            subject=row.subject_key,
            state=row.state.value,
            on=local_date(first.get(row.id, row.scheduled_at), zone),
            total=sum(counts.get(row.id, {}).values()),
            deliveries=counts.get(row.id, {}),
        )
        for row in rows
    ]
    return sorted(found, key=lambda one: (one.on, one.key))


def _events(session: Session, year: int) -> list[EventFigures]:
    answers = counts_all(session)
    everything = all_events(session)
    successors = {
        event.replaces_id: event
        for event in everything
        if event.replaces_id is not None and event.state is not EventState.CANCELLED
    }
    events = [
        event
        for event in everything
        if (event.on_date.year if event.on_date else event_year(event)) in {year, None}
    ]
    attendance = attendance_figures(session, events)
    return [
        EventFigures(
            key=event.key,
            kind=event.kind,
            title=event.title,
            state=MOVED if event.id in successors else event.state.value,
            on_date=event.on_date,
            registrations={
                state.value: count for state, count in sorted(answers.get(event.id, {}).items())
            },
            moved_to=successors[event.id].key if event.id in successors else None,
            moved_to_on=successors[event.id].on_date if event.id in successors else None,
            attendance=attendance[event.id],
        )
        for event in events
    ]
