"""The figures of a period: what went out, to how many, and what they answered.

*Reads*: mailings, deliveries, events, registrations. *Writes*: nothing. *Next*: the rehearsal's
table, the annual report.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from var_outreach.agenda.model import Event
from var_outreach.agenda.store import all_events
from var_outreach.clock import at_local, local_date
from var_outreach.outbox.model import Delivery, Mailing
from var_outreach.registrations.store import counts_all


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
    """One event and how many registrations are in each state."""

    key: str
    kind: str
    title: str
    state: str
    on_date: date | None
    registrations: dict[str, int]


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
    return YearFigures(
        year,
        tuple(_mailings(session, start, end, zone)),
        tuple(_events(session, year)),
        _totals(session, start, end),
    )


def _mailings(
    session: Session, start: datetime, end: datetime, zone: ZoneInfo
) -> list[MailingFigures]:
    counts: dict[int, dict[str, int]] = {}
    for mailing_id, state, count in session.execute(
        select(Delivery.mailing_id, Delivery.state, func.count()).group_by(
            Delivery.mailing_id, Delivery.state
        )
    ):
        counts.setdefault(mailing_id, {})[state.value] = count
    rows = session.scalars(
        select(Mailing)
        .where(Mailing.scheduled_at >= start, Mailing.scheduled_at < end)
        .order_by(Mailing.scheduled_at, Mailing.id)
    )
    return [
        MailingFigures(
            key=row.key,
            kind=row.kind,
            subject=row.subject_key,
            state=row.state.value,
            on=local_date(row.enqueued_at or row.scheduled_at, zone),
            total=sum(counts.get(row.id, {}).values()),
            deliveries=counts.get(row.id, {}),
        )
        for row in rows
    ]


def _events(session: Session, year: int) -> list[EventFigures]:
    answers = counts_all(session)
    return [
        EventFigures(
            key=event.key,
            kind=event.kind,
            title=event.title,
            state=event.state.value,
            on_date=event.on_date,
            registrations={
                state.value: count for state, count in sorted(answers.get(event.id, {}).items())
            },
        )
        for event in all_events(session)
        if _is_of(event, year)
    ]


def _is_of(event: Event, year: int) -> bool:
    return event.on_date is None or event.on_date.year == year


def _totals(session: Session, start: datetime, end: datetime) -> dict[str, int]:
    return {
        state.value: count
        for state, count in session.execute(
            select(Delivery.state, func.count())
            .where(Delivery.created_at >= start, Delivery.created_at < end)
            .group_by(Delivery.state)
        )
    }
