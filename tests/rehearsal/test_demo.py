"""The demo, run once as a user runs it, and its mail judged by programs that are not ours."""

from __future__ import annotations

import email.policy
import json
import re
import subprocess
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar

from tests.judges import icaljs, libical

pytestmark = pytest.mark.xdist_group("demo")

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
MOVED, MOVED_TO = "2025-11-17-leerhuis", date(2025, 11, 24)
CANCELLED = "2025-07-07-leerhuis"
FULL = "2025-10-16-najaarscarrousel"
LARGEST_HTML = 90_000


@dataclass(frozen=True)
class Sent:
    """One caught message, taken apart."""

    message: EmailMessage
    source: bytes
    to: str
    subject: str
    at: datetime
    calendar: bytes | None
    method: str


@dataclass(frozen=True)
class Demo:
    """What a run of the demo left behind."""

    folder: Path
    summary: dict[str, Any]
    mails: tuple[Sent, ...]

    def kinds(self, kind: str) -> list[dict[str, Any]]:
        return [one for one in self.summary["mailings"] if one["kind"] == kind]


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    folder = tmp_path_factory.mktemp("demo") / "D"
    command = [sys.executable, "-m", "var_outreach.cli.main", "demo", "--no-serve"]
    done = subprocess.run(
        [*command, "--dir", str(folder)],
        cwd=folder.parent,
        capture_output=True,
        text=True,
        timeout=1200,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "nothing left this machine" in done.stdout
    paths = sorted((folder / "mail" / "new").iterdir())
    return Demo(
        folder,
        json.loads((folder / "summary.json").read_text("utf-8")),
        tuple(_taken_apart(path.read_bytes()) for path in paths),
    )


def _taken_apart(source: bytes) -> Sent:
    message = BytesParser(policy=email.policy.default).parsebytes(source)
    assert isinstance(message, EmailMessage)
    calendars = [p for p in message.walk() if p.get_content_type() == "text/calendar"]
    calendar = calendars[0].get_payload(decode=True) if calendars else None
    assert calendar is None or isinstance(calendar, bytes)
    return Sent(
        message,
        source,
        message["To"].addresses[0].addr_spec,
        str(message["Subject"]),
        message["Date"].datetime,
        calendar,
        str(calendars[0].get_param("method")) if calendars else "",
    )


def _event(calendar: bytes) -> Any:
    """Return the one event; untyped, for what each property holds is what is asserted."""
    (event,) = Calendar.from_ical(calendar.decode()).walk("VEVENT")
    return event


def test_summary_adds_up_with_the_mail(demo: Demo) -> None:
    totals: Counter[str] = Counter()
    for mailing in demo.summary["mailings"]:
        assert mailing["to"] == sum(mailing["deliveries"].values())
        totals.update(mailing["deliveries"])
    assert totals == demo.summary["deliveries"]
    assert totals["sent"] == len(demo.mails)
    assert set(totals) <= {"sent", "skipped"}


def test_every_kind_of_the_year_went_out(demo: Demo) -> None:
    kinds = {mailing["kind"] for mailing in demo.summary["mailings"] if mailing["to"]}
    assert kinds == {
        "save-the-date", "invitation", "reminder", "participant-reminder", "update",
        "cancellation", "confirmation", "waitlist", "promotion", "look-back", "newsletter",
        "subscription", "staff-notice",
    }  # fmt: skip
    # In the first days of January there is no news yet, and an empty issue is skipped.
    months = [mailing["date"][:7] for mailing in demo.kinds("newsletter")]
    assert months == [f"2025-{month:02d}" for month in range(2, 13)]


def test_nobody_gets_the_same_mail_twice(demo: Demo) -> None:
    ids = Counter(str(one.message["Message-ID"]) for one in demo.mails)
    assert set(ids.values()) == {1}
    newsletters = Counter((s.to, s.subject) for s in demo.mails if s.message["List-Id"])
    assert set(newsletters.values()) == {1}


def test_every_message_has_what_the_standards_and_the_reader_ask(demo: Demo) -> None:
    for one in demo.mails:
        head = Counter(name.lower() for name in one.message)
        for name in ("from", "to", "subject", "date", "message-id", "mime-version"):
            assert head[name] == 1, (name, one.subject)
        assert not one.message.defects
        assert one.message["From"].addresses[0].display_name.startswith("VeiligheidsAlliantie")
        assert one.source.isascii()
        lines = one.source.split(b"\r\n")
        assert max(map(len, lines)) <= 998
        assert all(b"\n" not in line and b"\r" not in line for line in lines)
        html = one.message.get_body(("html",))
        text = one.message.get_body(("plain",))
        assert html is not None
        assert text is not None
        assert len(html.as_bytes()) < LARGEST_HTML
        for body in (str(html.get_content()), str(text.get_content())):
            assert not any(mark in body for mark in ("\ue000", "{{", "{%"))
        assert one.message["Auto-Submitted"] == "auto-generated"
        token = str(one.message["X-Outreach-Delivery"])
        assert re.fullmatch(r"[a-z2-7]{26}", token)
        assert token in str(one.message["Return-Path"])


def test_newsletters_can_be_left_in_one_click(demo: Demo) -> None:
    letters = [one for one in demo.mails if one.message["List-Id"]]
    assert len(letters) > 4300
    for one in letters:
        assert str(one.message["List-Unsubscribe"]).startswith("<https://")
        assert one.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    links = {str(one.message["List-Unsubscribe"]) for one in letters}
    assert len(links) == len({one.to for one in letters})


def test_calendars_stand_twice_and_name_their_reader(demo: Demo) -> None:
    for one in demo.mails:
        if one.calendar is None:
            continue
        twins = [
            part.get_payload(decode=True)
            for part in one.message.walk()
            if part.get_content_type() == "application/ics"
        ]
        assert twins == [one.calendar]
        event = _event(one.calendar)
        assert Calendar.from_ical(one.calendar.decode())["METHOD"] == one.method
        assert str(event["ATTENDEE"]).removeprefix("mailto:") == one.to
        organizer = str(event["ORGANIZER"]).removeprefix("mailto:")
        assert organizer == one.message["Reply-To"].addresses[0].addr_spec
        assert str(event["UID"]).partition("@")[0] in organizer


def test_libical_accepts_every_calendar(demo: Demo) -> None:
    found = {one.calendar for one in demo.mails if one.calendar is not None}
    assert len(found) > 2000
    complaints = [said for calendar in found if (said := libical.check_calendar(calendar))]
    assert not complaints


def test_ical_js_reads_the_moments_that_we_mean(demo: Demo) -> None:
    one_each: dict[tuple[str, str, str], bytes] = {}
    for one in demo.mails:
        if one.calendar is not None:
            event = _event(one.calendar)
            key = (one.method, str(event["SUMMARY"]), str(event["DTSTART"].to_ical()))
            one_each.setdefault(key, one.calendar)
    calendars = list(one_each.values())
    assert len(calendars) >= 12
    for calendar, (read,) in zip(calendars, icaljs.read_calendars(calendars), strict=True):
        meant = _event(calendar)["DTSTART"].dt
        assert read["start"] is not None
        if isinstance(meant, datetime):
            assert datetime.fromisoformat(read["start"]) == meant.astimezone(UTC)
        else:
            assert read["start"] == meant.isoformat()
        assert read["date_only"] == (not isinstance(meant, datetime))
    hours = {
        (str(e["SUMMARY"]), e["DTSTART"].dt.astimezone(AMSTERDAM).strftime("%Y-%m-%d %H:%M"))
        for e in map(_event, calendars)
        if isinstance(e["DTSTART"].dt, datetime)
    }
    assert ("Regionale Zorg- en Veiligheidsconferentie", "2025-03-24 09:30") in hours
    assert ("Najaarscarrousel", "2025-10-16 09:30") in hours
    assert ("Leerhuis", "2025-11-24 14:00") in hours


def test_an_entry_keeps_its_uid_and_its_sequence_only_rises(demo: Demo) -> None:
    newest: dict[str, tuple[int, datetime]] = {}
    owners: dict[str, tuple[str, str]] = {}
    for one in sorted((m for m in demo.mails if m.calendar), key=lambda m: m.at):
        assert one.calendar is not None
        event = _event(one.calendar)
        uid, sequence = str(event["UID"]), int(event["SEQUENCE"])
        stamp = event["DTSTAMP"].dt
        before, stamped = newest.get(uid, (-1, datetime.min.replace(tzinfo=UTC)))
        assert sequence >= before
        assert stamp >= stamped
        newest[uid] = (sequence, stamp)
        organizer = str(event["ORGANIZER"])
        assert owners.setdefault(uid, (one.to, organizer)) == (one.to, organizer)


def test_the_moved_event_is_updated_in_place(demo: Demo) -> None:
    by_uid: dict[str, list[tuple[int, date]]] = defaultdict(list)
    for one in demo.mails:
        if one.calendar is None:
            continue
        event = _event(one.calendar)
        start = event["DTSTART"].dt
        day = start.astimezone(AMSTERDAM).date() if isinstance(start, datetime) else start
        by_uid[str(event["UID"])].append((int(event["SEQUENCE"]), day))
    moved = [sorted(seen) for seen in by_uid.values() if any(d == MOVED_TO for _, d in seen)]
    assert len(moved) > 90
    for seen in moved:
        before = max(sequence for sequence, day in seen if day == date(2025, 11, 17))
        after = min(sequence for sequence, day in seen if day == MOVED_TO)
        assert after > before
    again = [m for m in demo.kinds("update") if m["about"] == MOVED and m["date"] == "2025-10-28"]
    assert len(again) == 1
    assert again[0]["deliveries"] == {"sent": len(moved)}


def test_the_cancelled_event_leaves_every_calendar(demo: Demo) -> None:
    (mailing,) = demo.kinds("cancellation")
    assert mailing["about"] == CANCELLED
    cancels = [one for one in demo.mails if one.method == "CANCEL"]
    assert len(cancels) == mailing["to"] > 60
    told_at = min(one.at for one in cancels)
    for one in cancels:
        assert one.calendar is not None
        assert str(_event(one.calendar)["STATUS"]) == "CANCELLED"
    uids = {str(_event(one.calendar)["UID"]) for one in cancels if one.calendar}
    later = [
        one
        for one in demo.mails
        if one.calendar
        and one.at > told_at + timedelta(minutes=1)
        and str(_event(one.calendar)["UID"]) in uids
    ]
    assert not later


def test_the_full_event_never_holds_more_than_it_can(demo: Demo) -> None:
    states = demo.summary["registrations"][FULL]
    assert states["attended"] + states["absent"] <= 90
    assert demo.kinds("waitlist")[0]["to"] > 20
    assert demo.kinds("promotion")[0]["to"] > 0


def test_a_second_run_in_the_same_folder_starts_afresh(tmp_path: Path) -> None:
    stranger = tmp_path / "D"
    stranger.mkdir()
    (stranger / "letter.txt").write_text("keep me")
    command = [sys.executable, "-m", "var_outreach.cli.main", "demo", "--no-serve"]
    done = subprocess.run(
        [*command, "--dir", str(stranger)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "letter.txt" in done.stderr
    assert "Traceback" not in done.stderr
    assert (stranger / "letter.txt").read_text() == "keep me"
