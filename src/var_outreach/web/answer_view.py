"""An invitation as the answer page and the personal page show it.

*Reads*: invitations with their answers. *Writes*: nothing. *Next*: ``answering.py`` and
``personal.py`` show it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy.orm import Session

from var_outreach.agenda.model import Event, Visibility
from var_outreach.errors import NotFound
from var_outreach.people.model import Function
from var_outreach.registrations.deadline import past_deadline
from var_outreach.registrations.model import Invitation, Registration, RegistrationState
from var_outreach.registrations.store import (
    counts_by_state,
    invitation_by_token,
    is_withdrawn,
    waitlist_number,
)
from var_outreach.tokens import is_token
from var_outreach.web.event_view import EventView, TopicView, view
from var_outreach.web.site import Here
from var_outreach.web.words import ANSWER_WORDS, CHOICE_OF, WITHDRAWN_WORD


class Mode(StrEnum):
    """What the answer page can still do."""

    OPEN = "open"
    LATE = "late"
    """Past the deadline: who answered yes may still leave."""
    OVER = "over"
    OFF = "off"


@dataclass(frozen=True)
class AnswerView:
    """One office's or person's answer."""

    id: int
    office: str
    """"Wethouder (jeugd), Gemeente Dordrecht"; empty for a person's own invitation."""
    attendee: str
    state: RegistrationState
    word: str
    choice: str
    """ja, misschien, nee, or empty while there is no answer."""
    note: str
    diet: str
    number: int
    """The place on the waiting list, 0 for who does not wait."""
    withdrawn: bool

    @property
    def can_leave(self) -> bool:
        """True if there is a place, or a chance of one, to give up."""
        return not self.withdrawn and self.state in {
            RegistrationState.ACCEPTED,
            RegistrationState.TENTATIVE,
            RegistrationState.WAITLISTED,
        }


@dataclass(frozen=True)
class InvitationView:
    """One event at one mailbox, with every answer given there."""

    token: str
    uid: str
    sequence: int
    name: str
    """Whose mailbox it is."""
    mode: Mode
    event: EventView
    answers: tuple[AnswerView, ...]

    @property
    def open_answers(self) -> tuple[AnswerView, ...]:
        """The answers that the invitee can give or change."""
        return tuple(one for one in self.answers if not one.withdrawn)

    @property
    def leavers(self) -> tuple[AnswerView, ...]:
        """The answers that can still be taken back after the deadline."""
        return tuple(one for one in self.answers if one.can_leave)

    @property
    def is_answered(self) -> bool:
        """True once any of the answers was given."""
        return any(one.state is not RegistrationState.INVITED for one in self.answers)

    @property
    def is_wanted(self) -> bool:
        """True unless every answer is a no: then it need not stand in the person's calendar."""
        away = {RegistrationState.DECLINED, RegistrationState.CANCELLED}
        return any(one.state not in away for one in self.answers)


def find_invitation(session: Session, token: str) -> Invitation:
    """Return the invitation behind ``token``.

    Raises:
        NotFound: alike for what is no token, for none, for an erased person, and for whoever was
            taken off an event that only its invitees may know of.
    """
    found = invitation_by_token(session, token) if is_token(token) else None
    if found is None or found.contact.erased_at is not None or is_hidden(session, found):
        raise NotFound("there is no such invitation", remedy="Use the link in the newest mail")
    return found


def is_hidden(session: Session, row: Invitation) -> bool:
    """Tell whether the event is closed to others and this mailbox was taken off it."""
    return row.event.visibility is Visibility.CLOSED and all(
        is_withdrawn(session, one) for one in row.registrations
    )


def invitation_view(
    session: Session, here: Here, row: Invitation, names: dict[str, TopicView]
) -> InvitationView:
    """Return ``row`` as a page shows it."""
    event = view(here, row.event, names, counts_by_state(session, row.event_id))
    return InvitationView(
        token=row.token,
        uid=row.uid,
        sequence=row.sequence,
        name=row.contact.name,
        mode=_mode(here, row.event, event),
        event=event,
        answers=tuple(_answer(session, here, one) for one in row.registrations),
    )


def _mode(here: Here, row: Event, event: EventView) -> Mode:
    if event.is_off:
        return Mode.OFF
    if event.is_past:
        return Mode.OVER
    if past_deadline(row, now=here.now, zone=here.app.settings.zone):
        return Mode.LATE
    return Mode.OPEN


def _answer(session: Session, here: Here, row: Registration) -> AnswerView:
    withdrawn = is_withdrawn(session, row)
    word = WITHDRAWN_WORD if withdrawn else ANSWER_WORDS[row.state]
    return AnswerView(
        id=row.id,
        office=_office(row.function),
        attendee=row.attendee_name,
        state=row.state,
        word=here.words.gettext(word),
        choice=CHOICE_OF.get(row.state, ""),
        note=row.note,
        diet=row.diet,
        number=waitlist_number(session, row),
        withdrawn=withdrawn,
    )


def _office(function: Function | None) -> str:
    if function is None:
        return ""
    return f"{office_name(function)}, {function.organisation.name}"


def office_name(function: Function) -> str:
    """Return the office with its portfolio: "Wethouder (jeugd)"."""
    portfolio = f" ({function.portfolio})" if function.portfolio else ""
    return f"{function.role[:1].upper()}{function.role[1:]}{portfolio}"
