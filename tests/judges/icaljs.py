"""What ical.js (the reader inside Thunderbird) understands of a calendar, instants above all.

*Reads*: the bytes of calendars. *Writes*: ``tests/node/node_modules``, once, by ``npm ci``.
*Next*: tests compare the instants with the ones that were meant.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TypedDict, cast

from tests.judges.libical import JudgeMissing

NODE_DIR = Path(__file__).resolve().parent.parent / "node"
_STAMP = NODE_DIR / "node_modules" / ".lock-digest"
_READ_SECONDS = 120
_INSTALL_SECONDS = 300


class Person(TypedDict):
    """An organizer or attendee; parameters that are absent are empty."""

    address: str
    name: str
    partstat: str
    role: str
    rsvp: str


class ReadEvent(TypedDict):
    """One VEVENT; instants as ISO 8601 in UTC, a date-only moment as an ISO date."""

    method: str
    calendar_name: str
    uid: str
    sequence: int
    dtstamp: str | None
    start: str | None
    end: str | None
    date_only: bool
    tzid: str
    summary: str
    description: str
    location: str
    url: str
    status: str
    transp: str
    categories: list[str]
    organizer: Person | None
    attendees: list[Person]


class Unreadable(AssertionError):
    """ical.js could not read a calendar, or read a time without a zone."""


def read_calendar(calendar: bytes) -> list[ReadEvent]:
    """Return the events of one calendar; for many use ``read_calendars``."""
    (events,) = read_calendars([calendar])
    return events


def read_calendars(calendars: Sequence[bytes]) -> list[list[ReadEvent]]:
    """Return the events of each calendar, all read by one node process.

    Raises:
        JudgeMissing: when node or npm is not installed, or ical.js cannot be.
        Unreadable: when ical.js cannot read a calendar; the message says which and why.
    """
    install()
    asked = json.dumps([calendar.decode("utf-8") for calendar in calendars])
    done = subprocess.run(
        [_program("node"), "read_calendars.mjs"],
        cwd=NODE_DIR,
        input=asked.encode(),
        capture_output=True,
        timeout=_READ_SECONDS,
        check=False,
    )
    if done.returncode:
        raise Unreadable(f"node failed: {done.stderr.decode(errors='replace')[-2000:]}")
    answers: list[dict[str, object]] = json.loads(done.stdout)
    for number, answer in enumerate(answers):
        if "error" in answer:
            raise Unreadable(f"calendar {number}: ical.js says {answer['error']}")
    return [cast(list[ReadEvent], answer["events"]) for answer in answers]


def install() -> None:
    """Install what ``package-lock.json`` names, unless that is there; safe to call at once."""
    digest = hashlib.sha256((NODE_DIR / "package-lock.json").read_bytes()).hexdigest()
    if _installed(digest):
        return
    place = hashlib.sha256(str(NODE_DIR).encode()).hexdigest()[:16]
    lock = Path(tempfile.gettempdir()) / f"var-outreach-npm-{os.getuid()}-{place}.lock"
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)  # test processes start together; one of them installs
        if _installed(digest):
            return
        done = subprocess.run(
            [_program("npm"), "ci", "--no-progress"],
            cwd=NODE_DIR,
            capture_output=True,
            timeout=_INSTALL_SECONDS,
            check=False,
        )
        if done.returncode:
            raise JudgeMissing(
                "npm ci in tests/node failed, and calendars are judged by ical.js: "
                + done.stderr.decode(errors="replace")[-2000:]
            )
        _STAMP.write_text(digest)


def _installed(digest: str) -> bool:
    return _STAMP.is_file() and _STAMP.read_text() == digest


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise JudgeMissing(
            f"{name} is not here, and calendars are judged by ical.js: apt-get install nodejs npm"
        )
    return found
