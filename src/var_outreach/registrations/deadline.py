"""Until when an answer to an event is taken.

*Reads*: an event and the time. *Writes*: nothing. *Next*: ``registrations/answers.py`` refuses
what comes too late; the answer page asks the same question before it shows a form.
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from var_outreach.agenda.model import Event, EventState
from var_outreach.clock import local_date
from var_outreach.errors import Conflict

HOME_ZONE = ZoneInfo("Europe/Amsterdam")
"""The zone of dates where the caller names no other."""


def is_over(event: Event, *, now: datetime, zone: ZoneInfo = HOME_ZONE) -> bool:
    """Tell whether ``event`` has been: its end has passed, or else its last day in ``zone``."""
    if event.state is EventState.HELD:
        return True
    if event.ends_at is not None:
        return now >= event.ends_at
    last = event.until_date or event.on_date
    return last is not None and local_date(now, zone) > last


def past_deadline(event: Event, *, now: datetime, zone: ZoneInfo = HOME_ZONE) -> bool:
    """Tell whether the last day for answers, ``answer_by_on``, has passed in ``zone``."""
    return event.answer_by_on is not None and local_date(now, zone) > event.answer_by_on


def check_still_answerable(
    event: Event, *, now: datetime, leaving: bool, by_staff: bool, zone: ZoneInfo = HOME_ZONE
) -> None:
    """Raise Conflict if ``event`` takes no answer any more.

    Giving up a place (``leaving``) and staff may come after the deadline, but nobody may answer
    an event that is off or has been.
    """
    if event.state in {EventState.CANCELLED, EventState.POSTPONED}:
        raise Conflict("This event does not take place on its date", where=event.key)
    if is_over(event, now=now, zone=zone):
        raise Conflict("This event has already been", where=event.key)
    if past_deadline(event, now=now, zone=zone) and not (leaving or by_staff):
        raise Conflict(
            "The last day to answer has passed",
            where=event.key,
            remedy="Call or mail the organiser",
        )
