"""What follows for registrations when an event changed, and for the events that follow it.

*Reads / Writes*: registrations of the event; the date and hours of events that follow it. *Next*:
the next tick tells who must know.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from var_outreach.agenda.following import followers_of
from var_outreach.agenda.model import Event, EventState
from var_outreach.agenda.store import HOURS, OFF, change_event
from var_outreach.clock import at_local
from var_outreach.planning.plan import default_deadline
from var_outreach.planning.rules import Rules
from var_outreach.registrations.answers import close_event, reopen_after_move
from var_outreach.registrations.waiting import lock_events, promote_waiting

MOVES_ALONG = frozenset({EventState.PLANNED, EventState.CONFIRMED})


@dataclass(frozen=True)
class Moment:
    """When an event was, to compare with when it is."""

    on_date: date | None
    starts_at: datetime | None

    @classmethod
    def of(cls, event: Event) -> Moment:
        """Return the moment of ``event`` as it stands."""
        return cls(event.on_date, event.starts_at)


@dataclass(frozen=True)
class MovedAlong:
    """An event that moved because the one that it follows did."""

    key: str
    title: str
    follows: str
    before: date
    after: date

    def in_words(self) -> str:
        """Return it in one line for staff."""
        where = f"from {self.before} to {self.after}" if self.after != self.before else "its hours"
        return f"'{self.key}' follows '{self.follows}' and moved along: {where}"


def let_follow(session: Session, event: Event, *, moved: bool, now: datetime) -> None:
    """Let answers, notices and the waiting list follow a change of ``event``."""
    if event.state in OFF:
        close_event(session, event, now=now)
    elif moved:
        reopen_after_move(session, event, now=now)
    elif event.capacity is None or event.capacity:
        promote_waiting(session, event, now=now)


def lock_with_followers(session: Session, *leads: Event) -> None:
    """Lock events and whatever follows them, in the order of ids; before any of them is changed."""
    found = {lead.id: lead for lead in leads}
    rest = list(leads)
    while rest:
        for event in followers_of(session, rest.pop()):
            if event.id not in found:
                found[event.id] = event
                rest.append(event)
    lock_events(session, list(found))


def move_followers(
    session: Session,
    lead: Event,
    was: Moment,
    rules: Rules,
    zone: ZoneInfo,
    *,
    by: str,
    now: datetime,
    leave: Collection[str] = (),
) -> list[MovedAlong]:
    """Move what follows ``lead`` by as many days and hours as ``lead`` itself moved since ``was``.

    The caller has locked them all, with ``lock_with_followers``, before ``lead`` was changed.
    What has no date, is off or has been stays; and so does what is in ``leave``, for it was given
    a date of its own at the same time.
    """
    days, hours = _difference(was, Moment.of(lead), zone)
    if lead.state in OFF or not (days or hours):
        return []
    moved: list[MovedAlong] = []
    for event in followers_of(session, lead):
        if event.state not in MOVES_ALONG or event.on_date is None or event.key in leave:
            continue
        before, own = event.date_revision, Moment.of(event)
        change_event(
            session,
            event,
            _shifted(event, days, hours, rules, zone),
            by=f"{by} (follows {lead.key})",
            now=now,
        )
        let_follow(session, event, moved=event.date_revision != before, now=now)
        assert own.on_date is not None
        moved.append(MovedAlong(event.key, event.title, lead.key, own.on_date, event.on_date))
        moved += move_followers(
            session, event, own, rules, zone, by=by, now=now, leave={*leave, lead.key}
        )
    return moved


def left_behind(session: Session, lead: Event) -> list[str]:
    """Return a line for each event that still follows ``lead``, which is off."""
    if lead.state not in OFF:
        return []
    return [
        f"'{event.key}' follows '{lead.key}', which is {lead.state.value}; it stays on "
        f"{event.on_date}. Move it, or say: var-outreach agenda edit {event.key} --follows-nothing"
        for event in followers_of(session, lead)
        if event.state in MOVES_ALONG and event.on_date is not None
    ]


def _difference(was: Moment, now_is: Moment, zone: ZoneInfo) -> tuple[timedelta, timedelta]:
    """Return by how many days, and by how much on the clock, something moved."""
    if was.on_date is None or now_is.on_date is None:
        return timedelta(0), timedelta(0)
    days = now_is.on_date - was.on_date
    if was.starts_at is None or now_is.starts_at is None:
        return days, timedelta(0)
    away = _wall(now_is.starts_at, zone) - _wall(was.starts_at, zone)
    return days, away - days


def _shifted(
    event: Event, days: timedelta, hours: timedelta, rules: Rules, zone: ZoneInfo
) -> dict[str, Any]:
    """Return the fields of ``event`` that many days, and hours of the clock, on."""
    assert event.on_date is not None
    fields: dict[str, Any] = {}
    for name in HOURS:
        moment = getattr(event, name)
        if moment is not None:
            local = _wall(moment, zone) + days + hours
            fields[name] = at_local(local.date(), local.time(), zone)
    if "starts_at" in fields:
        # Some hours later may be the next day.
        days = _wall(fields["starts_at"], zone).date() - event.on_date
    if days:
        fields["on_date"] = event.on_date + days
        fields["answer_by_on"] = default_deadline(rules, event.kind, fields["on_date"])
        if event.until_date is not None:
            fields["until_date"] = event.until_date + days
    return fields


def _wall(instant: datetime, zone: ZoneInfo) -> datetime:
    return instant.astimezone(zone).replace(tzinfo=None)
