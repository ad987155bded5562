"""Events, pasts and rules as plain data, and what the plan makes of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from var_outreach.agenda.facts import EventFacts
from var_outreach.agenda.model import EventState, Visibility
from var_outreach.clock import at_local
from var_outreach.planning.due import (
    AudienceKind,
    AudienceSpec,
    Due,
    EventCounts,
    History,
    MailingFact,
    NewsFact,
)
from var_outreach.planning.mail_kinds import MailKind
from var_outreach.planning.plan import plan
from var_outreach.planning.rules import Rules

ZONE = ZoneInfo("Europe/Amsterdam")
BEGIN = datetime(2024, 6, 1, tzinfo=UTC)
RULES = """\
mail:
  save-the-date: {days_before: 84, at: "9.00", window_days: 28, release: staff}
  invitation: {days_before: 42, at: "9.00", window_days: 21, release: staff}
  reminder: {days_before: 18, at: "9.00", window_days: 3, release: automatic}
  participant-reminder: {days_before: 2, at: "13.30", window_days: 1, release: automatic}
  look-back: {days_after: 3, at: "9.00", window_days: 21, release: staff}
  update: {window_days: 3, release: staff}
  cancellation: {window_days: 3, release: staff}
kinds:
  leerhuis: {audience: leerhuis}
  webinar:
    audience: netwerk
    mail: {save-the-date: no, invitation: {days_before: 28}, reminder: {days_before: 7}}
newsletter:
  cadence: "FREQ=MONTHLY;BYDAY=1TU"
  window_days: 5
"""
ALL_ANSWERED = EventCounts(audience=40, invited=40, accepted=30)
SILENT = EventCounts(audience=40, invited=40, silent=10, accepted=30)


def at(day: date | str, hour: int = 9, minute: int = 0) -> datetime:
    """Return an hour in Amsterdam as UTC."""
    day = date.fromisoformat(day) if isinstance(day, str) else day
    return at_local(day, time(hour, minute), ZONE)


def event(on: str | None = "2025-09-18", **fields: Any) -> EventFacts:
    """Return a leerhuis, known since long."""
    values: dict[str, Any] = {
        "id": 1, "key": "leerhuis", "kind": "leerhuis", "title": "Leerhuis", "topic_key": None,
        "state": EventState.PLANNED, "visibility": Visibility.PUBLIC,
        "on_date": date.fromisoformat(on) if on else None, "until_date": None,
        "starts_at": None, "ends_at": None, "doors_at": None, "place": None, "address": None,
        "online_url": None, "description": None, "meant_for": None, "audience_key": None,
        "programme": (), "partners": (), "capacity": None, "answer_by_on": None,
        "asks_diet": False, "registration_open": False, "quantity": 1, "recap_markdown": None,
        "recap_links": (), "series_uid": "uid", "revision": 0, "date_revision": 0,
        "known_at": BEGIN, "changed_at": BEGIN, "date_known_at": BEGIN,
    }  # fmt: skip
    return EventFacts(**{**values, **fields})


def mailing(key: str, state: str, at: datetime = BEGIN, **fields: Any) -> MailingFact:
    """Return a mailing that exists."""
    values: dict[str, Any] = {
        "kind": key.partition(":")[0], "subject_key": "leerhuis", "state": state,
        "scheduled_at": at, "expires_at": None, "released": False, "count": 7, "reason": "",
        "audience": AudienceSpec(AudienceKind.INVITEES),
    }  # fmt: skip
    return MailingFact(key=key, **{**values, **fields})


def history(counts: EventCounts = SILENT, *mailings: MailingFact, **fields: Any) -> History:
    """Return a past in which the leerhuis stands as ``counts``."""
    return History(
        started_at=fields.pop("started_at", BEGIN),
        events={"leerhuis": counts},
        mailings={one.key: one for one in mailings},
        **fields,
    )


def asked(
    rules: Rules,
    now: datetime,
    *events: EventFacts,
    past: History | None = None,
    since: datetime = BEGIN,
    until: datetime = datetime(2027, 1, 1, tzinfo=UTC),
) -> dict[str, Due]:
    """Return what is planned by key, newsletters left out."""
    dues = plan(events, rules, past or history(), now, ZONE, since=since, until=until)
    return {due.key: due for due in dues if due.kind is not MailKind.NEWSLETTER}


def states(dues: dict[str, Due]) -> dict[str, str]:
    """Return the states by kind."""
    return {due.kind.value: due.state for due in dues.values()}


def issues(
    rules: Rules, now: datetime, *, past: History, since: datetime, until: datetime
) -> list[Due]:
    """Return the newsletters."""
    dues = plan((), rules, past, now, ZONE, since=since, until=until)
    return [due for due in dues if due.kind is MailKind.NEWSLETTER]


def with_cadence(rules: Rules, cadence: str, **fields: Any) -> Rules:
    """Return ``rules`` with another newsletter."""
    return replace(rules, newsletter=replace(rules.newsletter, cadence=cadence, **fields))


NEWS = tuple(NewsFact(date(2025, month, 1), at(date(2025, month, 1))) for month in range(1, 13))
