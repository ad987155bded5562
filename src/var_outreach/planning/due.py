"""What planning is given and what it answers: plain data on both sides.

*Reads*: nothing. *Writes*: nothing. *Next*: ``plan.py`` turns ``History`` into ``Due``s; the
pipeline gathers the one and acts on the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from var_outreach.planning.mail_kinds import MailKind
from var_outreach.planning.rules import Release


class AudienceKind(StrEnum):
    """How the recipients of a mailing are found."""

    INVITEES = "invitees"
    """A saved audience: offices and people to invite."""
    REGISTRATIONS = "registrations"
    """Who was invited to one event, by what they answered."""
    ACCEPTED_BEFORE = "accepted-before"
    """Who had accepted, or waited for, the postponed event that another replaces."""
    OUTDATED = "outdated"
    """Who was told of an older revision of one event."""
    NOTICES = "notices"
    """Whose answer to one event has changed since they were last told."""
    READERS = "readers"
    """The active subscribers of a list."""
    PENDING = "pending"
    """Who asked for a list and has not confirmed yet."""
    LIST_CHECKS = "list-checks"
    """Who is asked to look through a list of offices until one day."""
    SPEAKERS = "speakers"
    """Who speaks at one event, as far as the kind of mail concerns them."""
    ADDRESSES = "addresses"
    """Addresses by name, for tests and notices to staff."""


@dataclass(frozen=True)
class AudienceSpec:
    """Whom a mailing goes to, before anybody is looked up."""

    kind: AudienceKind
    key: str = ""
    """The audience, list or event it names."""
    states: tuple[str, ...] = ()

    def as_json(self) -> dict[str, object]:
        """Return the specification as a mailing keeps it."""
        return {"kind": self.kind.value, "key": self.key, "states": list(self.states)}

    @classmethod
    def from_json(cls, data: Mapping[str, object]) -> AudienceSpec:
        """Return the specification that ``as_json`` wrote."""
        states = data.get("states") or []
        assert isinstance(states, list)
        return cls(AudienceKind(str(data["kind"])), str(data.get("key", "")), tuple(states))


@dataclass(frozen=True)
class MailingFact:
    """A mailing that exists."""

    key: str
    kind: str
    subject_key: str | None
    state: str
    scheduled_at: datetime
    expires_at: datetime | None
    released: bool
    count: int
    reason: str
    audience: AudienceSpec
    dropped: bool = False
    """Taken back by the rules before anything of it went; they may ask for it anew."""


@dataclass(frozen=True)
class NewsFact:
    """A piece of news that no issue has carried yet."""

    published_on: date
    found_at: datetime


@dataclass(frozen=True)
class SpeakerFact:
    """How things stand with one speaker."""

    asked_at: datetime
    confirmed: bool = False
    declined: bool = False
    handed_in: bool = False
    slides_due_on: date | None = None


@dataclass(frozen=True)
class EventCounts:
    """How things stand with one event, in invitations (mailboxes)."""

    audience: int = 0
    """How many would be invited today."""
    invited: int = 0
    """How many were sent something about it."""
    silent: int = 0
    accepted: int = 0
    outdated: int = 0
    """How many were told of an older revision."""
    accepted_before: int = 0
    """How many had accepted the postponed event that this one replaces."""
    waited_before: int = 0
    """How many had waited for it."""
    notices: Mapping[MailKind, int] = field(default_factory=dict)
    """How many answers are waiting to be confirmed, by the kind of mail that does so."""
    speakers: tuple[SpeakerFact, ...] = ()
    """Who speaks at it and can be mailed."""


@dataclass(frozen=True)
class ListCheckFact:
    """The lists of offices that are asked about until one day."""

    until_on: date
    asked_at: datetime
    """When the first of them was asked for."""
    unsent: int
    silent: int
    """How many were mailed and not answered."""


@dataclass(frozen=True)
class History:
    """What planning needs to know of the past."""

    started_at: datetime
    """When this installation began; an issue whose window closed before is not asked for."""
    mailings: Mapping[str, MailingFact] = field(default_factory=dict)
    events: Mapping[str, EventCounts] = field(default_factory=dict)
    news: tuple[NewsFact, ...] = ()
    readers: int = 0
    pending: int = 0
    """Subscriptions that wait for their confirmation mail."""
    list_checks: tuple[ListCheckFact, ...] = ()


class DueState(StrEnum):
    """Where a due mail stands before there is a mailing for it; else the mailing's own state."""

    PLANNED = "planned"
    TO_DRAFT = "to draft"
    DUE = "due"
    OVERDUE = "overdue"
    SKIPPED = "skipped"
    NOT_ASKED = "not asked"
    """Its window had closed before this installation knew of it."""


@dataclass(frozen=True)
class Due:
    """One mailing that follows from agenda, rules and history."""

    key: str
    """(kind, event or issue, occurrence): UNIQUE in the database."""
    kind: MailKind
    subject_key: str | None
    due_at: datetime
    until: datetime | None
    """Past this it waits for a person; None: never."""
    draft_at: datetime
    """From here on a draft lies ready."""
    audience: AudienceSpec
    count: int
    reason: str
    release: Release
    state: str
    standing: bool = False
    issue_on: date | None = None
    """For a newsletter: the date of the issue."""
    follows: bool = True
    """Whether agenda and rules ask for it now; if not, it is only remembered."""
    open_until: datetime | None = None
    """For an invitation: until when who is added to its audience still gets it."""
    known_late: bool = False
    """Its window had closed when the event became known."""
