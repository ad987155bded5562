"""To whom an event that is held instead of a postponed one is offered before all others.

*Reads*: its arguments. *Writes*: nothing. *Next*: ``plan.py`` makes each offer an invitation that
is due; the invitation to the whole audience follows by its own rule, without these.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from var_outreach.agenda.facts import EventFacts
from var_outreach.agenda.model import EventState
from var_outreach.clock import at_local, local_date
from var_outreach.planning.due import AudienceKind, AudienceSpec, EventCounts
from var_outreach.planning.mail_kinds import MailKind
from var_outreach.planning.rules import Step
from var_outreach.planning.working_days import working_day_after

ACCEPTED_BEFORE = ("accepted", "represented")
"""Who had accepted the postponed event; an office that somebody came for had too."""
WAITED_BEFORE = ("waitlisted",)
WAITED_LATER = timedelta(days=7)
"""So long those who had a place go before those who waited for one."""


@dataclass(frozen=True)
class Offer:
    """One invitation that goes ahead of the others."""

    key: str
    audience: AudienceSpec
    count: int
    due_at: datetime
    until: datetime
    reason: str


def offers(
    event: EventFacts, step: Step | None, counts: EventCounts, starts: datetime, zone: ZoneInfo
) -> Iterator[Offer]:
    """Yield the offers of ``event``: none unless it replaces another and is still to be.

    ``step`` is the rule of its invitation, ``starts`` when it begins. Who had accepted is invited
    as soon as the new date is known, who had waited a week later.
    """
    off = event.cancelled or event.state is EventState.HELD
    if event.replaces_key is None or step is None or event.on_date is None or off:
        return
    first = event.known_at
    later = working_day_after(local_date(first, zone) + WAITED_LATER)
    for name, states, count, due_at, whom in (
        ("first", ACCEPTED_BEFORE, counts.accepted_before, first, "had accepted"),
        ("waited", WAITED_BEFORE, counts.waited_before, _at(later, step, zone), "waited for"),
    ):
        if count:
            due_at = due_at if due_at < starts else first
            yield Offer(
                key=f"{MailKind.INVITATION}:{event.key}:{name}",
                audience=AudienceSpec(AudienceKind.ACCEPTED_BEFORE, event.replaces_key, states),
                count=count,
                due_at=due_at,
                until=min(due_at + step.window, max(starts, due_at)),
                reason=f"they {whom} {event.replaces_key}, which this replaces",
            )


def _at(day: date, step: Step, zone: ZoneInfo) -> datetime:
    return at_local(day, step.at, zone)
