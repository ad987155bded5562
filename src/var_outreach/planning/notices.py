"""Says of what staff are to be told now: a pure function of what waits, what they know and now.

*Reads*: its arguments. *Writes*: nothing. *Next*: ``noticing.py`` gathers what this is given and
puts a mail to staff into the outbox for each notice it returns.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum
from zoneinfo import ZoneInfo

from var_outreach.clock import at_local, local_date
from var_outreach.planning.mail_kinds import MailKind
from var_outreach.planning.working_days import is_working_day

NOTICE = f"{MailKind.STAFF_NOTICE}:"
ABOUT_A_PAUSE = f"{NOTICE}pause:"


class Concern(StrEnum):
    """Why something needs a person."""

    HELD = "held"
    """It waits for a person: overdue, other than approved, or taken back."""
    FAILED = "failed"
    """It could not be made or enqueued."""
    UNCERTAIN = "uncertain"
    """Some of its mails may or may not have arrived."""
    UNRELEASED = "unreleased"
    """Its moment is near or past and nobody let it go."""
    REQUESTED = "requested"
    """People who were not invited to an event ask to come."""


@dataclass(frozen=True)
class Waiting:
    """A mailing or an event that waits for a person, or with which something went wrong."""

    concern: Concern
    key: str
    """The mailing's, or the one it would have had; the event's if people ask to come."""
    kind: str
    about: str = ""
    """The event or issue, in words."""
    reason: str = ""
    count: int = 0
    """How many of its mails or people this concerns; 0: all."""
    goes_at: datetime | None = None
    """When an unreleased one would go."""


@dataclass(frozen=True)
class Stop:
    """A transport that stands still, of which staff were not told yet."""

    transport: str
    since: datetime
    until: datetime | None
    """None: until a person says go on."""
    reason: str


@dataclass(frozen=True)
class Notice:
    """One mail to staff."""

    key: str
    """UNIQUE in the database, as that of every mailing."""
    waiting: tuple[Waiting, ...] = ()
    stop: Stop | None = None
    tells_all: bool = False
    """It is the one of the day: an older one that could not leave yet is of no use any more."""

    @property
    def held(self) -> tuple[str, ...]:
        """The keys of the held mailings that it tells of."""
        return tuple(one.key for one in self.waiting if one.concern is Concern.HELD)


def due_notices(
    waiting: Iterable[Waiting],
    stops: Iterable[Stop],
    told: Mapping[str, frozenset[str]],
    now: datetime,
    zone: ZoneInfo,
    *,
    at: time,
    working_days_only: bool,
) -> tuple[Notice, ...]:
    """Return the notices that are due; ``told`` has the key of each one made and what it told of.

    One for each pause; one a day, from the hour ``at`` on, of all that waits, if anything does;
    and one at once of mailings that are held and that no notice has told of.
    """
    notices = [Notice(stop_key(one), stop=one) for one in stops]
    everything = tuple(sorted(waiting, key=lambda one: (one.concern != Concern.HELD, one.key)))
    if not everything:
        return tuple(notices)
    today = local_date(now, zone)
    daily = f"{NOTICE}{today.isoformat()}"
    has_come = now >= at_local(today, at, zone)
    if has_come and daily not in told and (is_working_day(today) or not working_days_only):
        return (*notices, Notice(daily, everything, tells_all=True))
    known = frozenset[str]().union(*told.values())
    fresh = tuple(one for one in everything if one.concern is Concern.HELD and one.key not in known)
    if fresh:
        notices.append(Notice(f"{NOTICE}held:{fresh[0].key}", fresh))
    return tuple(notices)


def stop_key(stop: Stop) -> str:
    """Return the key of the notice of ``stop``; when it comes to take a person, that is another."""
    takes_person = "" if stop.until is not None else ":person"
    return f"{ABOUT_A_PAUSE}{stop.transport}:{stop.since:%Y-%m-%dT%H:%M:%SZ}{takes_person}"
