"""Add-to-calendar links: their fields, with hours and without, and hostile texts."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

from tests.composing.ical.entries import CONFERENTIE, LEERHUIS, SAVE_THE_DATE
from var_outreach.composing.ical import google_link, outlook_link


def fields(link: str) -> dict[str, str]:
    read = parse_qs(urlsplit(link).query, strict_parsing=True, max_num_fields=20)
    assert all(len(values) == 1 for values in read.values())
    return {name: values[0] for name, values in read.items()}


def test_google_link_of_an_event_with_hours() -> None:
    link = google_link(LEERHUIS)
    assert link.startswith("https://calendar.google.com/calendar/render?action=TEMPLATE&text=")
    assert fields(link) == {
        "action": "TEMPLATE",
        "text": LEERHUIS.summary,
        "dates": "20251117T083000Z/20251117T110000Z",
        "location": LEERHUIS.location,
        "details": LEERHUIS.url,
    }


def test_outlook_link_of_an_event_with_hours() -> None:
    link = outlook_link(LEERHUIS)
    assert link.startswith("https://outlook.office.com/calendar/deeplink/compose?path=")
    assert fields(link) == {
        "path": "/calendar/action/compose",
        "rru": "addevent",
        "startdt": "2025-11-17T08:30:00Z",
        "enddt": "2025-11-17T11:00:00Z",
        "subject": LEERHUIS.summary,
        "location": LEERHUIS.location,
        "body": LEERHUIS.url,
    }


def test_links_of_a_date_span_the_whole_day() -> None:
    assert fields(google_link(SAVE_THE_DATE))["dates"] == "20251016/20251017"
    outlook = fields(outlook_link(SAVE_THE_DATE))
    assert (outlook["startdt"], outlook["enddt"]) == ("2025-10-16", "2025-10-17")
    assert outlook["allday"] == "true"


def test_links_without_an_end_end_at_the_start() -> None:
    facts = replace(LEERHUIS, ends_at=None)
    assert fields(google_link(facts))["dates"] == "20251117T083000Z/20251117T083000Z"
    assert fields(outlook_link(facts))["enddt"] == "2025-11-17T08:30:00Z"


def test_an_online_event_is_placed_at_its_link() -> None:
    assert fields(google_link(CONFERENTIE))["location"] == CONFERENTIE.online_url


def test_texts_cannot_add_fields_or_leave_plus_signs() -> None:
    facts = replace(LEERHUIS, summary="a+b &dates=1#x \r\n\0é", location="x&y=%20")
    for link, name in ((google_link(facts), "text"), (outlook_link(facts), "subject")):
        assert link.isascii()
        assert not {"+", " ", "#", "'", '"', "<"} & set(link)
        assert fields(link)[name] == "a+b &dates=1#x é"
        assert fields(link)["location"] == "x&y=%20"
