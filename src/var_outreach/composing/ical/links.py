"""Add-to-calendar links of Google and Outlook, for those who do not open an .ics file.

*Reads*: ``CalendarFacts``. *Writes*: nothing. *Next*: mails and the event page show the links
beside the file.

Neither form is documented by its maker; both want UTC with a Z. Spaces are written as ``%20``:
Outlook shows a plus sign as a plus sign.
"""

from __future__ import annotations

from urllib.parse import quote, urlencode

from var_outreach.composing.ical.facts import CalendarFacts
from var_outreach.composing.ical.lines import encode_uri, utc_form
from var_outreach.message import without_controls


def google_link(facts: CalendarFacts) -> str:
    """Return the link that opens the event, filled in, in Google Calendar."""
    if facts.starts_at is None:
        span = f"{facts.on_date:%Y%m%d}/{facts.until_date:%Y%m%d}"
    else:
        span = f"{utc_form(facts.starts_at)}/{utc_form(facts.ends_at or facts.starts_at)}"
    fields = {"action": "TEMPLATE", "text": _one_line(facts.summary), "dates": span}
    if place := _place(facts):
        fields["location"] = place
    if page := encode_uri(facts.url):
        fields["details"] = page
    return "https://calendar.google.com/calendar/render?" + _encode(fields)


def outlook_link(facts: CalendarFacts) -> str:
    """Return the link that opens the event, filled in, in Outlook on the web."""
    fields = {"path": "/calendar/action/compose", "rru": "addevent"}
    if facts.starts_at is None:
        fields |= {
            "startdt": facts.on_date.isoformat(),
            "enddt": facts.until_date.isoformat(),
            "allday": "true",
        }
    else:
        end = facts.ends_at or facts.starts_at
        fields |= {
            "startdt": f"{facts.starts_at:%Y-%m-%dT%H:%M:%SZ}",
            "enddt": f"{end:%Y-%m-%dT%H:%M:%SZ}",
        }
    fields["subject"] = _one_line(facts.summary)
    if place := _place(facts):
        fields["location"] = place
    if page := encode_uri(facts.url):
        fields["body"] = page
    return "https://outlook.office.com/calendar/deeplink/compose?" + _encode(fields)


def _place(facts: CalendarFacts) -> str:
    return _one_line(facts.location) or encode_uri(facts.online_url)


def _one_line(text: str) -> str:
    return " ".join(without_controls(text).split())


def _encode(fields: dict[str, str]) -> str:
    return urlencode(fields, quote_via=quote, safe="")
