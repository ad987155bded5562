"""Which speakers a mail goes to, what is filled in for them, and whether it may still go.

*Reads*: speakers. *Writes*: nothing. *Next*: ``recipients.py`` hands them on; ``recheck.py`` leaves
out who answered meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from var_outreach.agenda.model import Event, EventState
from var_outreach.composing.workshop_words import slides_words, talk_words
from var_outreach.outbox.places import contact_places, site
from var_outreach.outbox.sender import Recipient, Sender
from var_outreach.planning.due import AudienceSpec, SpeakerFact
from var_outreach.planning.mail_kinds import MailKind
from var_outreach.programme.model import Speaker
from var_outreach.programme.speaking import speakers_of

PREFIX = "speaker:"
OFF = frozenset({EventState.CANCELLED, EventState.POSTPONED})


def speaker_facts(session: Session) -> dict[int, tuple[SpeakerFact, ...]]:
    """Return the speakers who can be mailed, as planning wants them, by event id."""
    found: dict[int, tuple[SpeakerFact, ...]] = {}
    for one in session.scalars(select(Speaker).options(joinedload(Speaker.contact))):
        if one.contact.address is None:
            continue
        fact = SpeakerFact(
            asked_at=one.asked_at,
            confirmed=one.confirmed_at is not None,
            declined=one.declined_at is not None,
            handed_in=bool(one.slides_url),
            slides_due_on=one.slides_due_on,
        )
        found[one.event_id] = (*found.get(one.event_id, ()), fact)
    return found


def speaker_recipients(
    session: Session,
    kind: MailKind,
    event: Event,
    spec: AudienceSpec,
    sender: Sender,
    served: frozenset[str],
) -> Iterator[Recipient]:
    """Yield the speakers of ``event`` whom a mail of ``kind`` concerns."""
    network = sender.network
    for one in speakers_of(session, event):
        key, contact = f"{PREFIX}{one.id}", one.contact
        if contact.address is None or key in served or _answered(kind, one):
            continue
        due_on = one.slides_due_on
        if spec.states and (due_on is None or due_on.isoformat() not in spec.states):
            continue
        language = contact.language
        places = {
            **contact_places(network, contact),
            "speaker_url": site(network, f"/spreker/{one.token}", language),
            "talk": talk_words(one.title, one.starts_at, one.ends_at, network.zone, language),
            "slides_due": slides_words(due_on, language),
        }
        yield Recipient(key, 0, language, contact.address, contact.name, places)


def reasons_of_speakers(
    session: Session, rows: Sequence[tuple[int, MailKind, str]]
) -> dict[int, str]:
    """Return, by delivery id, why a mail to a speaker must not go; rows are id, kind, recipient."""
    wanted = {
        delivery_id: (kind, int(key.removeprefix(PREFIX)))
        for delivery_id, kind, key in rows
        if key.startswith(PREFIX)
    }
    if not wanted:
        return {}
    speakers = {
        one.id: one
        for one in session.scalars(
            select(Speaker)
            .options(joinedload(Speaker.event))
            .where(Speaker.id.in_({speaker_id for _, speaker_id in wanted.values()}))
        )
    }
    reasons = {}
    for delivery_id, (kind, speaker_id) in wanted.items():
        speaker = speakers.get(speaker_id)
        if speaker is None or speaker.event.state in OFF:
            reasons[delivery_id] = "cancelled"
        elif _answered(kind, speaker):
            reasons[delivery_id] = "answered"
    return reasons


def _answered(kind: MailKind, speaker: Speaker) -> bool:
    """Tell whether a mail of ``kind`` has nothing to say to ``speaker`` any more."""
    if speaker.declined_at is not None:
        return True
    if kind is MailKind.SPEAKER_REQUEST:
        return speaker.confirmed_at is not None
    if kind is MailKind.SPEAKER_REMINDER:
        return bool(speaker.slides_url)
    return speaker.confirmed_at is None
