"""The judges can say no: a check that accepts everything proves nothing."""

from __future__ import annotations

import pytest

from tests.composing.ical.entries import LEERHUIS
from tests.judges import libical
from tests.judges.icaljs import Unreadable, read_calendars
from tests.judges.libical import JudgeMissing, check_calendar
from var_outreach.composing.ical import compose_request

GOOD = compose_request(LEERHUIS)


def without(name: bytes) -> bytes:
    """Return the good request without the lines of one property, continuations included."""
    whole = GOOD.replace(b"\r\n ", b"").split(b"\r\n")
    return b"\r\n".join(line for line in whole if not line.startswith(name))


@pytest.mark.parametrize("name", [b"ATTENDEE", b"ORGANIZER", b"DTSTART;", b"SUMMARY", b"DTSTAMP"])
def test_libical_misses_what_a_request_must_hold(name: bytes) -> None:
    assert check_calendar(without(name))


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        (b"METHOD:PUBLISH", b"METHOD:REQUEST"),
        (b"STATUS:CANCELLED", b"STATUS:CONFIRMED"),
        (b"DTSTAMP:gisteren", b"DTSTAMP:20251006T070000Z"),
        (b"dit is geen regel", b"TRANSP:OPAQUE"),
    ],
)
def test_libical_sees_what_is_wrong(wrong: bytes, right: bytes) -> None:
    assert check_calendar(GOOD) == []
    assert right in GOOD
    assert check_calendar(GOOD.replace(right, wrong))


def test_libical_refuses_what_is_no_calendar() -> None:
    assert check_calendar(b"")
    assert check_calendar(b"hallo")
    assert check_calendar(GOOD + b"\0")


def test_missing_libical_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(libical, "_SONAME", "libical-that-is-not-here.so.3")
    libical._load.cache_clear()
    try:
        with pytest.raises(JudgeMissing, match="apt-get install libical3"):
            check_calendar(GOOD)
    finally:
        libical._load.cache_clear()


def test_ical_js_says_which_calendar_it_cannot_read() -> None:
    with pytest.raises(Unreadable, match="calendar 1"):
        read_calendars([GOOD, GOOD.replace(b"END:VCALENDAR", b"")])


def test_ical_js_refuses_a_time_without_its_zone() -> None:
    zoneless = GOOD.partition(b"BEGIN:VTIMEZONE")[0] + GOOD.partition(b"END:VTIMEZONE\r\n")[2]
    with pytest.raises(Unreadable, match="floating"):
        read_calendars([zoneless])


def test_ical_js_notices_a_time_zone_that_is_off_by_an_hour() -> None:
    wrong = GOOD.replace(b"TZOFFSETTO:+0100", b"TZOFFSETTO:+0200")
    ((right_event,), (wrong_event,)) = read_calendars([GOOD, wrong])
    assert right_event["start"] == "2025-11-17T08:30:00+00:00"
    assert wrong_event["start"] == "2025-11-17T07:30:00+00:00"
