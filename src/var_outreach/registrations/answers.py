"""The one way in which an answer is taken, whether from the page, a calendar or staff.

*Reads*: a registration and its event, locked. *Writes*: the answer, its history, promotions from
the waiting list. *Next*: the pipeline confirms every registration whose ``version`` rose.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from var_outreach.agenda.model import Event
from var_outreach.errors import Conflict, InputError
from var_outreach.message import checked_name, without_controls
from var_outreach.people.model import Organisation
from var_outreach.people.store import CONSENT, add_contact
from var_outreach.registrations.deadline import HOME_ZONE, check_still_answerable
from var_outreach.registrations.invitees import invitation_for, personal_registration
from var_outreach.registrations.model import (
    COMING,
    GroupLink,
    Invitation,
    Registration,
    RegistrationChange,
    RegistrationState,
)
from var_outreach.registrations.replies import Reply, keep_replies
from var_outreach.registrations.standing_in import (
    NO_SEAT,
    Seat,
    counts_with,
    is_only_brought,
    let_all_go,
    stands_with_host,
    stop_standing_in,
    take_seat_back,
)
from var_outreach.registrations.store import counts_for_group_link, is_withdrawn, off_by_host
from var_outreach.registrations.waiting import (
    lock_event,
    next_waiting_moment,
    places_left,
    promote_locked,
    promote_waiting,
    record_change,
)

__all__ = [
    "CHOICES",
    "Answer",
    "close_event",
    "promote_waiting",
    "record_answer",
    "register_openly",
    "reopen_after_move",
]

CHOICES = frozenset(
    {
        RegistrationState.ACCEPTED,
        RegistrationState.TENTATIVE,
        RegistrationState.DECLINED,
        RegistrationState.CANCELLED,
    }
)
"""What an invitee can say."""

_LEAVING = frozenset({RegistrationState.DECLINED, RegistrationState.CANCELLED})
_REOPENED = frozenset(
    {
        RegistrationState.ACCEPTED,
        RegistrationState.TENTATIVE,
        RegistrationState.DECLINED,
        RegistrationState.WAITLISTED,
        RegistrationState.REPRESENTED,
        RegistrationState.CANCELLED,
    }
)
NOTE_LENGTH = 2000


@dataclass(frozen=True)
class Answer:
    """What somebody said: the choice, who comes, and what we should know.

    ``attendee_name`` empty keeps who was known to come. ``note``, ``diet`` and ``replies`` (to the
    event's own questions, by key) None keep what was there; an empty text takes it away.
    """

    choice: RegistrationState
    attendee_name: str = ""
    note: str | None = None
    diet: str | None = None
    answered_by: str = ""
    replies: Mapping[str, Reply] | None = None


def record_answer(
    session: Session,
    registration: Registration,
    answer: Answer,
    *,
    via: str,
    now: datetime,
    zone: ZoneInfo = HOME_ZONE,
) -> Registration:
    """Take ``answer`` for ``registration`` and return it as it now stands.

    ``via`` is page, calendar, staff or rehearsal. Coming to a full event is waiting for it, and
    a place that is given up goes to the first who waits. ``version`` rises with each change of
    state or of who comes; the same answer again changes nothing, and a changed note or diet is
    kept without a mail.

    Whoever comes after all takes over the seat of their substitute; whoever does not come takes
    whom they had brought along off with them. Where somebody comes in the invitee's stead, "no"
    and "perhaps" from a calendar change nothing: that was known.

    Raises:
        Conflict: the event is off, has been, or is past its last day for answers; or staff took
            the invitee off.
        InputError: the choice is none of ``CHOICES``, or a name holds control characters.
    """
    if answer.choice not in CHOICES:
        raise InputError(f"'{answer.choice}' is not an answer", where="choice")
    said_name, by = checked_name(answer.attendee_name), checked_name(answer.answered_by)
    event = lock_event(session, registration.event_id)
    session.refresh(registration)
    name = said_name or registration.attendee_name
    leaving = answer.choice in _LEAVING
    by_staff = via == "staff"
    check_still_answerable(event, now=now, leaving=leaving, by_staff=by_staff, zone=zone)
    if not by_staff:
        _check_own_to_answer(session, registration, event, leaving=leaving)
    if answer.choice is RegistrationState.ACCEPTED and event.capacity is not None:
        # Who already waits goes first, if room was made without promoting them.
        promote_locked(session, event, now=now)
    if answer.choice is RegistrationState.ACCEPTED and not by_staff:
        _check_may_return(session, registration, event)
    before, seat = registration.state, NO_SEAT
    if before is RegistrationState.REPRESENTED:
        if via == "calendar" and answer.choice is not RegistrationState.ACCEPTED:
            return registration
        seat = take_seat_back(session, registration, by=by or name, now=now)
    after = _state_after(session, event, before, answer.choice, seat)
    told = after is not before or (name != registration.attendee_name and not leaving)
    noted = keep_remarks(registration, answer)
    if told or noted:
        _keep(session, registration, event, after, name=name, by=by or name, via=via, now=now)
    if seat.since is not None and after is RegistrationState.WAITLISTED:
        registration.waitlisted_at = seat.since
    if told:
        registration.version += 1
    session.flush()
    if told and after in _LEAVING:
        let_all_go(session, registration, by=by or name, now=now)
        stop_standing_in(session, registration, by=by or name, now=now)
    if told and after not in COMING:
        promote_locked(session, event, now=now)
    return registration


def _check_own_to_answer(
    session: Session, registration: Registration, event: Event, *, leaving: bool
) -> None:
    """Raise Conflict if the answer is not this person's to give: only staff can undo that."""
    if is_withdrawn(session, registration):
        who = "Whoever named this person" if off_by_host(registration) else "The organiser"
        raise Conflict(
            f"{who} took this invitation back",
            where=event.key,
            remedy="Call or mail the organiser",
        )
    if not leaving and _is_undecided(session, registration):
        raise Conflict(
            "This person asked to come, and the organiser has not decided yet",
            where=event.key,
            remedy="Call or mail the organiser",
        )


def _is_undecided(session: Session, registration: Registration) -> bool:
    """Tell whether this person asked to come and staff never said yes, also if they gave up."""
    if registration.state is RegistrationState.REQUESTED:
        return True
    if registration.state not in _LEAVING:
        return False
    changes = select(func.max(RegistrationChange.id)).where(
        RegistrationChange.registration_id == registration.id
    )
    gave_up = session.scalar(
        changes.where(
            RegistrationChange.before == RegistrationState.REQUESTED,
            RegistrationChange.after.in_(_LEAVING),
            RegistrationChange.via != "staff",
        )
    )
    if gave_up is None:
        return False
    decided = session.scalar(changes.where(RegistrationChange.via == "staff"))
    return decided is None or decided < gave_up


def _check_may_return(session: Session, registration: Registration, event: Event) -> None:
    """Raise Conflict if the place that somebody gave up, and had by another, is taken since."""
    if registration.state not in _LEAVING | {RegistrationState.TENTATIVE}:
        return
    full, host, most = False, registration.brought_by, event.max_per_organisation
    if registration.group_link_id is not None:
        link = session.get_one(GroupLink, registration.group_link_id)
        full = counts_for_group_link(session, link.id) >= link.max_places
    elif host is not None and most is not None and is_only_brought(session, registration):
        of = registration if registration.organisation_id is not None else host
        full = counts_with(session, event, of) >= most
    if full:
        raise Conflict(
            "All places of this organisation or link are taken now",
            where=event.key,
            remedy="Ask who named you or sent the link, or call the organiser",
        )


def _state_after(
    session: Session,
    event: Event,
    before: RegistrationState,
    choice: RegistrationState,
    seat: Seat,
) -> RegistrationState:
    """Return the state to which ``choice`` leads from ``before``, with a ``seat`` to take over."""
    state = RegistrationState
    if choice is state.ACCEPTED:
        if before in COMING or before is state.WAITLISTED:
            return before
        has_place = seat.held or places_left(session, event) != 0
        return state.ACCEPTED if has_place else state.WAITLISTED
    if choice is state.TENTATIVE:
        return state.TENTATIVE
    if before in _LEAVING:
        return before
    if before in COMING:
        return state.CANCELLED
    # Giving up what was never taken is declining.
    return state.DECLINED if before is state.INVITED else choice


def keep_remarks(registration: Registration, answer: Answer) -> bool:
    """Store note, diet and replies where they were given; tell whether one of them changed."""
    before = (registration.note, registration.diet)
    if answer.note is not None:
        registration.note = without_controls(answer.note).strip()[:NOTE_LENGTH]
    if answer.diet is not None:
        registration.diet = without_controls(answer.diet).strip()[:NOTE_LENGTH]
    replied = keep_replies(registration, answer.replies)
    return replied or (registration.note, registration.diet) != before


def _keep(
    session: Session,
    registration: Registration,
    event: Event,
    after: RegistrationState,
    *,
    name: str,
    by: str,
    via: str,
    now: datetime,
) -> None:
    if after is not registration.state:
        waits = after is RegistrationState.WAITLISTED
        since = next_waiting_moment(session, event.id, now=now) if waits else None
        registration.waitlisted_at = since
        registration.promoted_at = None
    # Diet and replies stay out of the history: they may tell of somebody's health or faith.
    record_change(session, registration, after, by=by, via=via, now=now, comment=registration.note)
    if after not in _LEAVING:
        registration.attendee_name = name
    registration.answered_by = by
    registration.answered_at = now
    registration.answered_via = via
    registration.answered_revision = event.revision


def reopen_after_move(session: Session, event: Event, *, now: datetime) -> int:
    """Ask everybody anew after ``event`` moved to another moment; return how many had answered.

    The history is kept and no version rises, for the update mail itself asks; a confirmation of
    the old date that still waited is due no more. Whoever was taken off stays off, and who was
    named without a mailbox of their own is off, for nobody could ask them: the office may name
    them again. Calendar replies to entries made until now are stale from here on.
    """
    event = lock_event(session, event.id)
    answered = session.scalars(
        select(Registration)
        .where(Registration.event_id == event.id, Registration.state.in_(_REOPENED))
        .execution_options(populate_existing=True)
    ).all()
    reopened = [one for one in answered if not is_withdrawn(session, one)]
    for registration in reopened:
        alone = not stands_with_host(registration)
        after = RegistrationState.INVITED if alone else RegistrationState.CANCELLED
        record_change(session, registration, after, by="move", via="move", now=now)
        registration.represented_by = None
        registration.answered_by = None
        registration.answered_at = None
        registration.answered_via = None
        registration.answered_revision = None
        registration.waitlisted_at = None
        registration.promoted_at = None
        registration.notified_version = registration.version
    session.flush()
    session.execute(
        update(Invitation)
        .where(Invitation.event_id == event.id)
        .values(date_sequence=Invitation.sequence + 1)
        .execution_options(synchronize_session="fetch")
    )
    return len(reopened)


def close_event(session: Session, event: Event, *, now: datetime) -> None:
    """Let no notice of an answer be due any more: the cancellation says all there is to say."""
    lock_event(session, event.id)
    session.execute(
        update(Registration)
        .where(
            Registration.event_id == event.id,
            Registration.version > Registration.notified_version,
        )
        .values(notified_version=Registration.version)
        .execution_options(synchronize_session="fetch")
    )


def register_openly(
    session: Session,
    event: Event,
    *,
    name: str,
    address: str,
    note: str = "",
    diet: str = "",
    replies: Mapping[str, Reply] | None = None,
    organisation_id: int | None = None,
    language: str = "nl",
    uid_domain: str,
    now: datetime,
    zone: ZoneInfo = HOME_ZONE,
) -> Registration:
    """Register whoever fills in the public form, and return the registration.

    The form proves nothing of who fills it in. So a mailbox that has answered keeps its answer,
    except that who gave up a place may take one again, and an office's answer is left to the
    office. Either way the mailbox is told.

    Raises:
        Conflict: the event is not open to everybody, or takes no answers any more.
        HeaderError: the address or the name cannot be used.
    """
    event = lock_event(session, event.id)
    if not event.registration_open:
        raise Conflict("This event is by invitation only", where=event.key)
    check_still_answerable(event, now=now, leaving=False, by_staff=False, zone=zone)
    organisation = None
    if organisation_id is not None:
        organisation = session.get_one(Organisation, organisation_id)
    contact, _ = add_contact(
        session,
        address,
        name,
        source=f"registration form of {event.key}",
        legal_basis=CONSENT,
        language=language,
        organisation=organisation,
        now=now,
    )
    invitation = invitation_for(session, event, contact, uid_domain=uid_domain, now=now)
    registration = personal_registration(session, invitation, name=checked_name(name), now=now)
    again = registration.state is RegistrationState.CANCELLED
    if again and off_by_host(registration):
        registration.answered_via = None
        registration.brought_by = None
    if again and is_withdrawn(session, registration):
        return registration
    if again:
        # They come on their own account now, not by who named them or by a link.
        registration.brought_by = None
        registration.group_link_id = None
    if registration.state is not RegistrationState.INVITED and not again:
        return registration
    answer = Answer(RegistrationState.ACCEPTED, name, note, diet, name, replies)
    return record_answer(session, registration, answer, via="page", now=now, zone=zone)
