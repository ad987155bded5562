"""Any text survives the journey, and none of it can become a line of its own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import icalendar
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.composing.ical.entries import LEERHUIS, all_kinds
from tests.judges.icaljs import read_calendars
from tests.judges.libical import check_calendar
from var_outreach.composing.ical import compose_request

STRIPPED = {
    *(chr(code) for code in range(32) if chr(code) not in "\t\n"),
    *(chr(code) for code in range(127, 160)),
    "\u2028",
    "\u2029",
}
INJECTIONS = [
    "x\r\nATTENDEE:mailto:ander@elders.example",
    "x\nEND:VEVENT\nBEGIN:VEVENT",
    "x\rMETHOD:CANCEL",
    "x\u2028METHOD:CANCEL\u2029\x85\x0b\x0c\x1c\x1d\x1e\0y",
    '";X=1:mailto:a@b.example',
    "\\",
    "C:\\Nieuw\\notulen; met, tekens: \\n \\N \\; \\\\",
    "^n ^' ^^",
    " \tspaties vooraan en achteraan \t ",
    "é" * 100,
    "\N{WOMAN}\N{ZERO WIDTH JOINER}\N{ROCKET}" * 30,
    "a" * 74 + ";" * 10 + "\n" * 80,
    "\ud800 half teken",
]
hostile = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from("\r\n\0\t\v\f\x1c\x7f\x85\u2028\u2029\ufeff\\;,:\"'^nN=é€\U0001f680"),
        st.characters(categories=["Cs"]),
    ),
    max_size=160,
)


def meant(text: str) -> str:
    """Return what is left of ``text`` after the strippings that TRUST promises."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(
        char for char in text if char not in STRIPPED and not "\ud800" <= char <= "\udfff"
    )


def unfolded(calendar: bytes) -> list[str]:
    """Check the form of every line and return the lines unfolded."""
    assert calendar.endswith(b"\r\n")
    physical = calendar[:-2].split(b"\r\n")
    for line in physical:
        assert len(line) <= 75
        assert b"\r" not in line
        assert b"\n" not in line
        assert not STRIPPED.intersection(line.decode("utf-8"))  # raises if a character was cut
    return calendar.decode("utf-8").replace("\r\n ", "")[:-2].split("\r\n")


def names(calendar: bytes) -> list[str]:
    return [line.partition(":")[0].partition(";")[0] for line in unfolded(calendar)]


PLAIN = all_kinds(
    replace(LEERHUIS, summary="x", description="x", location="x", categories=("x", "x"))
)


def hostile_facts(text: str) -> Any:
    return replace(
        LEERHUIS,
        summary=text,
        description=text or "x",
        location=text or "x",
        categories=(text, text),
        organizer_name=text,
        attendee_name=text,
    )


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=hostile)
@example(text=INJECTIONS[0])
@example(text=INJECTIONS[3])
@example(text=INJECTIONS[4])
@example(text=INJECTIONS[6])
@example(text=INJECTIONS[11])
def test_any_text_keeps_the_lines_of_every_kind(text: str) -> None:
    for kind, calendar in all_kinds(hostile_facts(text)).items():
        assert names(calendar) == names(PLAIN[kind])


@settings(max_examples=200, deadline=None)
@given(summary=hostile, description=hostile, location=hostile)
@example(summary=INJECTIONS[6], description=INJECTIONS[8], location=INJECTIONS[11])
def test_any_text_comes_back_from_icalendar(summary: str, description: str, location: str) -> None:
    facts = replace(LEERHUIS, summary=summary, description=description, location=location)
    parsed = icalendar.Calendar.from_ical(compose_request(facts))
    (event,) = parsed.walk("VEVENT")
    assert str(event["SUMMARY"]) == meant(summary)
    assert str(event.get("DESCRIPTION", "")) == meant(description)
    assert str(event.get("LOCATION", "")) == meant(location)


@settings(max_examples=200, deadline=None)
@given(name=hostile)
@example(name='Jansen, "Jan"; voorzitter: team')
@example(name=INJECTIONS[7])
@example(name="^")
def test_any_name_stays_inside_its_quotes(name: str) -> None:
    facts = replace(LEERHUIS, organizer_name=name, attendee_name=name)
    lines = {line.partition(";")[0]: line for line in unfolded(compose_request(facts))}
    for kind, address in (
        ("ORGANIZER", facts.organizer_address),
        ("ATTENDEE", facts.attendee_address),
    ):
        head, quoted, tail = lines[kind].split('"')
        assert head.endswith(";CN=")
        assert tail == f":mailto:{address}"
        assert quoted
        assert not set("\\^\n\t").intersection(quoted)


def test_name_keeps_what_a_parameter_can_hold() -> None:
    name = 'Jansen, "Jan"; voorzitter:\r\nteam'
    parsed = icalendar.Calendar.from_ical(compose_request(replace(LEERHUIS, attendee_name=name)))
    (event,) = parsed.walk("VEVENT")
    assert event["ATTENDEE"].params["CN"] == "Jansen, 'Jan'; voorzitter: team"


def test_hostile_texts_come_back_from_ical_js() -> None:
    kinds = [compose_request(hostile_facts(text)) for text in INJECTIONS]
    for text, (event,) in zip(INJECTIONS, read_calendars(kinds), strict=True):
        assert event["summary"] == event["description"] == event["location"] == meant(text)
        if "\\" not in text:  # ical.js takes the comma after an escaped backslash for text
            assert event["categories"] == [meant(text)] * 2
        assert [person["address"] for person in event["attendees"]] == [LEERHUIS.attendee_address]


@pytest.mark.parametrize("text", INJECTIONS)
def test_libical_accepts_hostile_texts(text: str) -> None:
    for calendar in all_kinds(hostile_facts(text)).values():
        assert check_calendar(calendar) == []


def test_links_are_written_in_ascii() -> None:
    facts = replace(
        LEERHUIS,
        url="https://bijeenkomsten-één.example:8443/a b/ë?x=1;y=2,3#z%20",
        online_url="https://meet.example/\r\nATTENDEE:mailto:a@b.example",
    )
    lines = unfolded(compose_request(facts))
    assert "URL:https://xn--bijeenkomsten-n-onba.example:8443/a%20b/%C3%AB?x=1;y=2,3#z%20" in lines
    assert [line for line in lines if line.startswith("CONFERENCE")] == [
        "CONFERENCE;VALUE=URI;FEATURE=VIDEO:https://meet.example/ATTENDEE:mailto:a@b.example"
    ]
