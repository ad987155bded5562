"""What a guest is told of the workshops that others changed, and what a reminder lists of them.

*Reads*: rounds and choices. *Writes*: what a guest was last told of workshops. *Next*:
``recipients.py`` hands the result on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy.orm import Session

from var_outreach.agenda.model import Event
from var_outreach.composing.workshop_words import LETTERS, choice_words
from var_outreach.outbox.event_recipients import registrations_of
from var_outreach.outbox.places import invitation_places
from var_outreach.outbox.sender import Recipient, Sender
from var_outreach.programme.model import ChoiceState, Round, WorkshopChoice
from var_outreach.programme.store import choices_of, due_programme_notices, rounds_of
from var_outreach.registrations.model import Invitation, Registration

MOVED_UP = "moved-up"


def programme_recipients(session: Session, event: Event, sender: Sender) -> Iterator[Recipient]:
    """Yield every guest of ``event`` whose workshops were changed, and take it that they know."""
    notices = {
        one.registration_id: one
        for one in due_programme_notices(session)
        if one.registration.event_id == event.id
    }
    ids = sorted({one.registration.invitation_id for one in notices.values()})
    for invitation, registrations in registrations_of(session, event, ids):
        contact = invitation.contact
        assert contact.address is not None
        for row in registrations:
            notice = notices.get(row.id)
            if notice is None:
                continue
            language = contact.language
            recipient = Recipient(
                key=f"programme:{row.id}",
                occurrence=notice.version,
                variant=f"{language}/{MOVED_UP}" if notice.moved_up else language,
                address=contact.address,
                name=contact.name,
                places=invitation_places(sender.network, invitation, [row]),
                invitation_id=invitation.id,
            )
            with_workshops(session, event, recipient, invitation, [row])
            notice.notified_version = notice.version
            yield recipient


def with_workshops(
    session: Session,
    event: Event,
    recipient: Recipient,
    invitation: Invitation,
    registrations: Sequence[Registration],
) -> None:
    """Put what ``registrations`` chose into the places of ``recipient``, a place for each round."""
    rounds = rounds_of(session, event)
    if not rounds:
        return
    choices = choices_of(session, [row.id for row in registrations])
    language = invitation.contact.language
    for letter, part in zip(LETTERS, rounds, strict=False):
        words = {row: _in_words(part, choices.get(row.id, ()), language) for row in registrations}
        recipient.places[f"workshop_{letter}"] = _joined(words)


def _joined(words: Mapping[Registration, str]) -> str:
    if len(words) == 1:
        return next(iter(words.values()))
    return "; ".join(f"{row.attendee_name}: {said}" for row, said in words.items())


def _in_words(part: Round, choices: Sequence[WorkshopChoice], language: str) -> str:
    own = {one.state: one.workshop for one in choices if one.round_id == part.id}
    chosen, waited = own.get(ChoiceState.CHOSEN), own.get(ChoiceState.WAITING)
    return choice_words(
        chosen.title if chosen else "",
        chosen.room if chosen else "",
        waited.title if waited else "",
        language,
    )
