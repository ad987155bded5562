"""Who speaks at an event: asked, confirmed or not, slides handed in.

*Reads*: speakers. *Writes*: speakers, and a contact where the address is new. *Next*: the pipeline
asks, reminds and thanks them; the event page names who has confirmed. A speaker is no participant:
no registration is made, and no figure counts one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from var_outreach.agenda.facts import EventFacts, ProgrammeLine
from var_outreach.agenda.model import Event
from var_outreach.agenda.yaml_rounds import SpeakerPlan
from var_outreach.clock import at_local
from var_outreach.errors import Conflict, InputError, NotFound
from var_outreach.message import without_controls
from var_outreach.people.store import PUBLIC_TASK, add_contact, find_contact
from var_outreach.programme.model import Speaker
from var_outreach.registrations.deadline import is_over
from var_outreach.registrations.forgetting import lies_ahead
from var_outreach.registrations.waiting import lock_event
from var_outreach.tokens import is_token, random_token

SOURCE = "de organisatie van deze bijeenkomst"
"""Where a speaker's address comes from, as the mail says it."""
REMARK_LENGTH = 2000
LINK_LENGTH = 500


@dataclass
class SpeakerReport:
    """What a file of speakers did, in addresses."""

    added: list[str]
    changed: list[str]
    not_in_file: list[str]
    """Who speaks and is not in the file; they stay."""


def speakers_of(session: Session, event: Event) -> list[Speaker]:
    """Return the speakers of ``event`` in the order of their hours, then as they were asked."""
    rows = session.scalars(
        select(Speaker)
        .options(joinedload(Speaker.contact))
        .where(Speaker.event_id == event.id)
        .order_by(Speaker.starts_at.is_(None), Speaker.starts_at, Speaker.id)
    )
    return list(rows)


def speakers_ahead(session: Session, contact_ids: Sequence[int], since: date) -> set[int]:
    """Return which contacts speak at an event that ends on ``since`` or later, or is to come."""
    query = (
        select(Speaker.contact_id)
        .join(Event, Event.id == Speaker.event_id)
        .where(Speaker.contact_id.in_(contact_ids), lies_ahead(since))
    )
    return set(session.scalars(query))


def speaker_by_token(session: Session, token: str) -> Speaker:
    """Return the speaker behind a link; raises NotFound, for an erased person as well."""
    found = None
    if is_token(token):
        found = session.scalar(
            select(Speaker)
            .options(joinedload(Speaker.contact), joinedload(Speaker.event))
            .where(Speaker.token == token)
        )
    if found is None or found.contact.erased_at is not None:
        raise NotFound("there is no such page", remedy="Use the link in the newest mail")
    return found


def find_speaker(session: Session, event: Event, address: str) -> Speaker:
    """Return who speaks at ``event`` with ``address``; raises NotFound."""
    contact = find_contact(session, address)
    found = None
    if contact is not None:
        found = session.scalar(
            select(Speaker).where(Speaker.event_id == event.id, Speaker.contact_id == contact.id)
        )
    if found is None:
        raise NotFound(
            f"{address} is no speaker at {event.key}",
            remedy=f"See them with: var-outreach speakers list {event.key}",
        )
    return found


def put_speaker(
    session: Session, event: Event, plan: SpeakerPlan, *, zone: ZoneInfo, now: datetime
) -> tuple[Speaker, bool, bool]:
    """Make ``plan`` a speaker of ``event``; return it, whether it is new, and whether it changed.

    A contact who is known keeps their name. What a speaker said stays. A guest of another event
    is kept until this one is over.
    Raises InputError for hours at an event without a date.
    """
    event = lock_event(session, event.id)
    contact, _ = add_contact(
        session, plan.address, plan.name, source=SOURCE, legal_basis=PUBLIC_TASK, now=now
    )
    last_day = event.until_date or event.on_date
    if contact.guest_until_on is not None and last_day is not None:
        contact.guest_until_on = max(contact.guest_until_on, last_day)
    found = session.scalar(
        select(Speaker).where(Speaker.event_id == event.id, Speaker.contact_id == contact.id)
    )
    hours = (_hour(event, plan.starts, zone), _hour(event, plan.ends, zone))
    said = (without_controls(plan.title).strip(), *hours, plan.slides_due_on)
    if found is None:
        found = Speaker(
            event_id=event.id, contact=contact, token=random_token(), asked_at=now, title=said[0]
        )
        found.starts_at, found.ends_at, found.slides_due_on = said[1:]
        session.add(found)
        session.flush()
        return found, True, True
    before = (found.title, found.starts_at, found.ends_at, found.slides_due_on)
    found.title, found.starts_at, found.ends_at, found.slides_due_on = said
    session.flush()
    return found, False, before != said


def put_speakers(
    session: Session, event: Event, plans: Sequence[SpeakerPlan], *, zone: ZoneInfo, now: datetime
) -> SpeakerReport:
    """Make all of ``plans`` speakers of ``event``; who is left out stays."""
    report = SpeakerReport([], [], [])
    for plan in plans:
        _speaker, is_new, changed = put_speaker(session, event, plan, zone=zone, now=now)
        if changed:
            (report.added if is_new else report.changed).append(plan.address)
    named = {plan.address.lower() for plan in plans}
    report.not_in_file += [
        one.contact.address
        for one in speakers_of(session, event)
        if one.contact.address is not None and one.contact.address.lower() not in named
    ]
    return report


def remove_speaker(session: Session, event: Event, address: str) -> Speaker:
    """Take a speaker off the event and return the row; nothing is mailed. Raises NotFound."""
    event = lock_event(session, event.id)
    found = find_speaker(session, event, address)
    session.delete(found)
    session.flush()
    return found


def record_speaker(
    session: Session,
    speaker: Speaker,
    *,
    confirms: bool | None,
    slides_url: str,
    remark: str,
    now: datetime,
) -> None:
    """Take what a speaker said; ``confirms`` None leaves the answer as it was.

    Raises:
        Conflict: the event has been, or is off.
        InputError: ``slides_url`` is no https address.
    """
    event = lock_event(session, speaker.event_id)
    session.refresh(speaker)
    if is_over(event, now=now):
        raise Conflict("This event has already been", where=event.key)
    speaker.slides_url = checked_slides_url(slides_url)
    speaker.remark = without_controls(remark).strip()[:REMARK_LENGTH]
    if confirms is True and speaker.confirmed_at is None:
        speaker.confirmed_at, speaker.declined_at = now, None
    elif confirms is False and speaker.declined_at is None:
        speaker.confirmed_at, speaker.declined_at = None, now
    session.flush()


def checked_slides_url(url: str) -> str:
    """Return ``url`` if slides may be at it; empty stays empty. Raises InputError."""
    url = url.strip()
    if not url:
        return ""
    try:
        parts = urlsplit(url)
        sound = parts.scheme == "https" and bool(parts.hostname)
    except ValueError:
        sound = False
    if not sound or not url.isprintable() or " " in url or len(url) > LINK_LENGTH:
        raise InputError(
            f"'{url}' is no address of slides", where="slides", remedy="Start it with https://"
        )
    return url


def with_speakers(
    session: Session, event: Event, facts: EventFacts, *, zone: ZoneInfo
) -> EventFacts:
    """Return ``facts`` with the talks of who has confirmed in the programme.

    A line of the programme with the title of a talk gets the speaker's name; a talk that has no
    line gets one, at its hour.
    """
    confirmed = [one for one in speakers_of(session, event) if one.confirmed_at is not None]
    if not confirmed:
        return facts
    lines = list(facts.programme)
    for one in confirmed:
        at = _line_of(lines, one.title)
        if at is None:
            line = ProgrammeLine(
                _printed(one.starts_at, zone), _printed(one.ends_at, zone), one.title
            )
            at = _place_of(lines, line)
            lines.insert(at, line)
        elif one.contact.name in lines[at].speaker:
            continue
        names = [name for name in (lines[at].speaker, one.contact.name) if name]
        lines[at] = replace(lines[at], speaker=", ".join(names))
    return replace(facts, programme=tuple(lines))


def _line_of(lines: Sequence[ProgrammeLine], title: str) -> int | None:
    wanted = title.casefold()
    return next((at for at, one in enumerate(lines) if one.title.casefold() == wanted), None)


def _place_of(lines: Sequence[ProgrammeLine], line: ProgrammeLine) -> int:
    if not line.start:
        return len(lines)
    return next((at for at, one in enumerate(lines) if one.start > line.start), len(lines))


def _printed(instant: datetime | None, zone: ZoneInfo) -> str:
    """Return an hour as a programme has it: "09.30"."""
    if instant is None:
        return ""
    return instant.astimezone(zone).strftime("%H.%M")


def _hour(event: Event, hour: time | None, zone: ZoneInfo) -> datetime | None:
    if hour is None:
        return None
    if event.on_date is None:
        raise InputError(
            f"a speaker has hours, but {event.key} has no date yet",
            where=event.key,
            remedy="Give the event its date first, or leave the hours out",
        )
    return at_local(event.on_date, hour, zone)
