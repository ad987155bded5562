"""An invitation as the answer page and the personal page show it.

*Reads*: invitations with their answers. *Writes*: nothing. *Next*: ``answering.py`` and
``personal.py`` show it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from var_outreach.agenda.model import Event, EventState, Visibility
from var_outreach.agenda.questions import questions_of
from var_outreach.errors import NotFound
from var_outreach.people.model import Function
from var_outreach.programme.store import has_rounds
from var_outreach.registrations.deadline import past_deadline
from var_outreach.registrations.model import Invitation, Registration, RegistrationState
from var_outreach.registrations.replies import unanswered
from var_outreach.registrations.standing_in import stands_with_host
from var_outreach.registrations.store import (
    counts_by_state,
    invitation_by_token,
    is_withdrawn,
    off_by_host,
    waitlist_number,
)
from var_outreach.tokens import is_token
from var_outreach.web.event_view import (
    EventView,
    SuccessorView,
    TopicView,
    moment_of,
    public_successor,
    view,
    with_talks,
)
from var_outreach.web.named_view import NamingView, naming_view
from var_outreach.web.site import Here
from var_outreach.web.words import ANSWER_WORDS, CHOICE_OF, WITHDRAWN_WORD

NO_NAMING = NamingView()


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
    """ja, ander, misschien, nee, or empty while there is no answer."""
    note: str
    diet: str
    number: int
    """The place on the waiting list, 0 for who does not wait."""
    withdrawn: bool
    naming: NamingView = NO_NAMING
    named_by: str = ""
    """The office that named this person; empty for who was invited."""
    answered_by: str = ""
    off_by_host: bool = False
    replies: Mapping[str, Any] = field(default_factory=dict)
    """To the event's own questions, by key."""
    lacks_replies: bool = False
    """Comes, and did not reply to what must be known."""

    @property
    def is_open(self) -> bool:
        """True if the answer is theirs to give or change."""
        return not self.withdrawn and self.state is not RegistrationState.REQUESTED

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
    guests: tuple[AnswerView, ...] = ()
    """Who was named at this mailbox without one of their own; the host's answer counts."""
    has_workshops: bool = False
    """Somebody who comes can choose workshops."""

    @property
    def open_answers(self) -> tuple[AnswerView, ...]:
        """The answers that the invitee can give or change."""
        return tuple(one for one in self.answers if one.is_open)

    @property
    def leavers(self) -> tuple[AnswerView, ...]:
        """The answers that can still be taken back after the deadline."""
        return tuple(one for one in (*self.answers, *self.guests) if one.can_leave)

    @property
    def answered_by(self) -> str:
        """Who filled in the page last, if that was somebody else than whose mailbox it is."""
        said = [one.answered_by for one in self.answers if one.answered_by]
        known = {self.name, *(one.attendee for one in self.answers)}
        return next((name for name in reversed(said) if name not in known), "")

    @property
    def is_answered(self) -> bool:
        """True once any of the answers was given."""
        return any(one.state is not RegistrationState.INVITED for one in self.answers)

    @property
    def is_wanted(self) -> bool:
        """True unless every answer is a no: then it need not stand in the person's calendar."""
        away = {
            RegistrationState.DECLINED,
            RegistrationState.CANCELLED,
            RegistrationState.REPRESENTED,
        }
        return any(one.state not in away for one in (*self.answers, *self.guests))


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
    """Tell whether this mailbox has nothing to do with the event.

    It was taken off one that is closed to others; or somebody asked to come, and gave this
    address, which is nobody's business until that is decided.
    """
    if all(one.state is RegistrationState.REQUESTED for one in row.registrations):
        return True
    return row.event.visibility is Visibility.CLOSED and all(
        is_withdrawn(session, one) for one in row.registrations
    )


def invitation_view(
    session: Session, here: Here, row: Invitation, names: dict[str, TopicView]
) -> InvitationView:
    """Return ``row`` as a page shows it."""
    counts = counts_by_state(session, row.event_id)
    event = view(here, row.event, names, counts, moved_to=_moved_to(session, here, row))
    event = with_talks(session, here, row.event, event)
    return InvitationView(
        token=row.token,
        uid=row.uid,
        sequence=row.sequence,
        name=row.contact.name,
        mode=mode_of(here, row.event, event),
        event=event,
        answers=tuple(
            _answer(session, here, one) for one in row.registrations if not stands_with_host(one)
        ),
        guests=tuple(
            _answer(session, here, one) for one in row.registrations if stands_with_host(one)
        ),
        has_workshops=_has_workshops(session, row) and not event.is_off and not event.is_past,
    )


def _has_workshops(session: Session, row: Invitation) -> bool:
    comes = any(one.state is RegistrationState.ACCEPTED for one in row.registrations)
    return comes and has_rounds(session, row.event)


def _moved_to(session: Session, here: Here, row: Invitation) -> SuccessorView | None:
    """Return what is held instead: this mailbox's own invitation to it, else its public page."""
    if row.event.state is not EventState.POSTPONED:
        return None
    own = session.execute(
        select(Invitation.token, Event)
        .join(Event, Event.id == Invitation.event_id)
        .where(
            Event.replaces_id == row.event_id,
            Event.state != EventState.CANCELLED,
            Invitation.contact_id == row.contact_id,
            Invitation.revision_sent >= 0,
        )
        .limit(1)
    ).one_or_none()
    if own is not None:
        return SuccessorView(f"/antwoord/{own.token}", moment_of(here, own.Event))
    return public_successor(session, here, row.event)


def mode_of(here: Here, row: Event, event: EventView) -> Mode:
    """Return what can still be done about the event ``row``, shown as ``event``."""
    if event.is_off:
        return Mode.OFF
    if event.is_past:
        return Mode.OVER
    if past_deadline(row, now=here.now, zone=here.app.settings.zone):
        return Mode.LATE
    return Mode.OPEN


def _answer(session: Session, here: Here, row: Registration) -> AnswerView:
    withdrawn = is_withdrawn(session, row)
    coming = row.state is RegistrationState.ACCEPTED
    eats = _who_is_asked(row)
    by_staff = withdrawn and not off_by_host(row)
    word = WITHDRAWN_WORD if by_staff else ANSWER_WORDS[row.state]
    return AnswerView(
        id=row.id,
        office=_office(row.function),
        attendee=row.attendee_name,
        state=row.state,
        word=here.words.gettext(word),
        choice=CHOICE_OF.get(row.state, ""),
        note=row.note,
        diet=eats.diet,
        number=waitlist_number(session, row),
        withdrawn=withdrawn,
        naming=naming_view(session, here, row),
        named_by=_named_by(row),
        answered_by=row.answered_by or "",
        off_by_host=off_by_host(row),
        replies=dict(eats.replies),
        lacks_replies=coming and bool(unanswered(questions_of(row.event.questions), row.replies)),
    )


def _who_is_asked(row: Registration) -> Registration:
    """Return whose diet and replies stand on the page: a substitute's who has no page of their own."""
    instead = row.represented_by
    if row.state is RegistrationState.REPRESENTED and instead and stands_with_host(instead):
        return instead
    return row


def _named_by(row: Registration) -> str:
    host = row.brought_by
    if host is None or row.function is not None:
        return ""
    return _office(host.function) or host.attendee_name


def _office(function: Function | None) -> str:
    if function is None:
        return ""
    return f"{office_name(function)}, {function.organisation.name}"


def office_name(function: Function) -> str:
    """Return the office with its portfolio: "Wethouder (jeugd)"."""
    portfolio = f" ({function.portfolio})" if function.portfolio else ""
    return f"{function.role[:1].upper()}{function.role[1:]}{portfolio}"
