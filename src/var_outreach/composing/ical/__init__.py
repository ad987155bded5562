"""Calendar mail and calendar feeds: facts in, the bytes of an iCalendar object out; no database.

*Reads*: ``CalendarFacts`` that the caller filled in. *Writes*: nothing. *Next*: ``attach`` turns
the bytes into MIME parts for the mail, ``web`` serves feeds and downloads.
"""

from var_outreach.composing.ical.attach import CalendarPart, CalendarParts, compose_parts
from var_outreach.composing.ical.facts import CalendarFacts
from var_outreach.composing.ical.feed import compose_publish, entry_file
from var_outreach.composing.ical.itip import (
    compose_cancel,
    compose_declinecounter,
    compose_request,
)
from var_outreach.composing.ical.links import google_link, outlook_link

__all__ = [
    "CalendarFacts",
    "CalendarPart",
    "CalendarParts",
    "compose_cancel",
    "compose_declinecounter",
    "compose_parts",
    "compose_publish",
    "compose_request",
    "entry_file",
    "google_link",
    "outlook_link",
]
