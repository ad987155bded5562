"""What a calendar entry says, checked once, so that no composer meets an impossible entry.

*Reads*: nothing. *Writes*: nothing. *Next*: ``itip`` and ``feed`` write these facts as iCalendar,
``links`` as add-to-calendar links.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from var_outreach.composing.ical.lines import encode_uri
from var_outreach.errors import InputError
from var_outreach.message import without_controls

PARTSTATS = frozenset({"NEEDS-ACTION", "ACCEPTED", "DECLINED", "TENTATIVE", "DELEGATED"})
"""What an attendee of a VEVENT may have answered (RFC 5545 3.2.12)."""

_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
_ADDRESS = re.compile(r"[^\s@\"<>()\[\]\\,;:]+@[^\s@\"<>()\[\]\\,;:]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarFacts:
    """One revision of one calendar entry, for one attendee or for everybody.

    Instants are aware UTC datetimes of whole seconds; ``on_date`` is the date in ``zone``.
    Without ``starts_at`` the entry is date-only: a save the date; ``last_date`` is then the last of
    its days, if it has several. ``tentative`` marks an entry
    with hours that is not yet certain; ``cancelled_event`` says that the whole event is off.
    ``partstat`` is the answer that still counts.

    Raises:
        InputError: when the facts contradict each other or could not be written.
    """

    uid: str
    sequence: int
    dtstamp: datetime
    on_date: date
    summary: str
    organizer_name: str
    organizer_address: str
    last_date: date | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    description: str = ""
    location: str = ""
    url: str = ""
    online_url: str = ""
    attendee_name: str | None = None
    attendee_address: str | None = None
    partstat: str = "NEEDS-ACTION"
    rsvp: bool = True
    tentative: bool = False
    cancelled_event: bool = False
    categories: tuple[str, ...] = ()
    last_modified: datetime | None = None
    zone: str = "Europe/Amsterdam"
    language: str = "nl"

    def __post_init__(self) -> None:
        self._check_identity()
        self._check_moments()
        self._check_addresses()
        self._check_links()

    @property
    def date_only(self) -> bool:
        """Tell whether the entry has a date but no hours."""
        return self.starts_at is None

    @property
    def until_date(self) -> date:
        """Return the day after the last one: DTEND of an all-day entry is exclusive."""
        return (self.last_date or self.on_date) + timedelta(days=1)

    def _check_identity(self) -> None:
        if not self.uid or "".join(without_controls(self.uid).split()) != self.uid:
            raise self._error("the UID is empty or holds a space or control character")
        if self.sequence < 0:
            raise self._error(f"SEQUENCE is {self.sequence}, and may not be below 0")
        if self.partstat not in PARTSTATS:
            raise self._error(f"PARTSTAT {self.partstat!r} is none of {sorted(PARTSTATS)}")
        if not _LANGUAGE.fullmatch(self.language):
            raise self._error(f"{self.language!r} is not a language tag such as nl or en-GB")

    def _check_moments(self) -> None:
        zone = load_zone(self.zone)
        if self.last_date is not None and self.last_date < self.on_date:
            raise self._error(f"its last day {self.last_date} lies before {self.on_date}")
        for name in ("dtstamp", "last_modified", "starts_at", "ends_at"):
            instant: datetime | None = getattr(self, name)
            if instant is None:
                continue
            if instant.tzinfo is None:
                raise self._error(f"{name} has no time zone, and must be an aware UTC datetime")
            # iCalendar counts whole seconds; a fraction would make equal entries differ.
            object.__setattr__(self, name, instant.astimezone(UTC).replace(microsecond=0))
        if self.starts_at is None:
            if self.ends_at is not None:
                raise self._error("it ends at an hour but starts at none")
            return
        if self.ends_at is not None and self.ends_at <= self.starts_at:
            raise self._error("it ends before it starts, or at the same moment")
        if self.starts_at.astimezone(zone).date() != self.on_date:
            raise self._error(f"it starts on another date than {self.on_date} in {self.zone}")

    def _check_addresses(self) -> None:
        for address in (self.organizer_address, self.attendee_address):
            if address is None:
                continue
            if not _ADDRESS.fullmatch(address) or without_controls(address) != address:
                raise self._error(f"{address!r} is not an address such as naam@gemeente.example")

    def _check_links(self) -> None:
        for uri in (self.url, self.online_url):
            if uri and not encode_uri(uri):
                raise self._error(f"{uri!r} is not a link that starts with https://")

    def _error(self, what: str) -> InputError:
        return InputError(
            what, where=f"calendar entry {self.uid!r}", remedy="Correct the event or the invitee."
        )


def load_zone(name: str) -> ZoneInfo:
    """Return the time zone called ``name`` in the IANA database.

    Raises:
        InputError: when there is no such zone.
    """
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise InputError(
            f"{name!r} is not a time zone",
            remedy="Use an IANA name such as Europe/Amsterdam.",
        ) from None
