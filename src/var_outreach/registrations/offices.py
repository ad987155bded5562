"""An office's whole answer at once: who comes, who comes instead, who comes along.

*Reads*: a registration and its event, locked. *Writes*: the answer, a registration for everybody
it names, history, promotions. *Next*: the pipeline confirms every registration whose ``version``
rose, each at their own mailbox.

``record_answer`` stays the way for calendars and staff; this is the way of the answer page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session, object_session

from var_outreach.agenda.model import Event
from var_outreach.errors import Conflict, InputError, OverMaximum, RefusedPerson
from var_outreach.message import checked_name
from var_outreach.registrations.answers import Answer, keep_remarks, record_answer
from var_outreach.registrations.deadline import HOME_ZONE, check_still_answerable
from var_outreach.registrations.model import COMING, Registration, RegistrationState
from var_outreach.registrations.naming import (
    Named,
    Naming,
    answered_themselves,
    checked_named,
    find_named,
    give_seat,
    is_same_person,
    keep_details,
    make_named,
)
from var_outreach.registrations.standing_in import (
    AWAY,
    Seat,
    brought_by,
    counts,
    counts_with,
    in_own_right,
    is_only_brought,
    let_go,
    seat_of,
    stands_with_host,
    take_seat_back,
)
from var_outreach.registrations.store import (
    FORM,
    FORWARDED,
    HOST,
    history,
    is_withdrawn,
    off_by_host,
)
from var_outreach.registrations.waiting import lock_event, promote_locked, record_change

COMES_ALONG = COMING | {RegistrationState.WAITLISTED, RegistrationState.TENTATIVE}
"""The states in which somebody who was brought stands on the host's page."""


@dataclass(frozen=True)
class OfficeAnswer:
    """What an office said: its own answer, who comes instead, and who comes along.

    With a ``substitute`` the choice is ACCEPTED: somebody comes. ``shown`` are the colleagues
    that the answerer saw: of these whoever is not named again is dropped; nobody else is, so
    that an older page takes nobody off that it did not show.
    """

    answer: Answer
    substitute: Named | None = None
    colleagues: tuple[Named, ...] = ()
    shown: frozenset[int] = frozenset()


def take_office_answer(
    session: Session,
    registration: Registration,
    said: OfficeAnswer,
    *,
    uid_domain: str,
    now: datetime,
    zone: ZoneInfo = HOME_ZONE,
    guest_until_on: date | None = None,
) -> Registration:
    """Take the whole answer of an office or an invitee in one go; return the office's own.

    A substitute takes over the office's seat. Colleagues take what is free, or wait. Naming the
    same people again changes nothing. A mailbox that nobody knew is kept until ``guest_until_on``.

    Raises:
        Conflict: as ``record_answer``.
        RefusedPerson: staff took off somebody who is named here.
        OverMaximum: more colleagues than the event takes of one organisation.
        InputError: a name or an address cannot be used.
    """
    event = lock_event(session, registration.event_id)
    session.refresh(registration)
    if said.substitute is None:
        record_answer(session, registration, said.answer, via="page", now=now, zone=zone)
    else:
        _check(session, registration, event, said, now=now, zone=zone)
    by = checked_name(said.answer.answered_by) or registration.attendee_name
    naming = Naming(registration, event, by, HOST, uid_domain, now, guest_until_on)
    substitute = None
    if said.substitute is not None:
        substitute = _represent(session, naming, said.substitute, said.answer)
    leaving = said.answer.choice in AWAY
    if not leaving:
        _bring(session, naming, said, substitute)
    promote_locked(session, event, now=now)
    return registration


def may_bring(registration: Registration) -> bool:
    """Tell whether this invitee may name others: an office may, and a person who was invited.

    Who was named by somebody may not, nor who came in by a form that anybody can fill in: else
    that form would be a way to mail strangers.
    """
    if registration.function_id is not None:
        return True
    session = object_session(registration)
    if registration.brought_by_id is not None or session is None:
        return False
    first = next(iter(history(session, registration.id)), None)
    return first is None or first.via not in {FORM, FORWARDED, HOST}


def colleagues_of(session: Session, registration: Registration) -> list[Registration]:
    """Return who comes along with an office or an invitee, waiting ones included."""
    return [
        row
        for row in brought_by(session, registration)
        if row.state in COMES_ALONG and row.id != registration.represented_by_id
    ]


def colleagues_left(session: Session, event: Event, registration: Registration) -> int | None:
    """Return how many more may come of the invitee's organisation; None if there is no limit.

    The invitee counts, also before they answered.
    """
    if event.max_per_organisation is None:
        return None
    taken = counts_with(session, event, registration)
    return max(0, event.max_per_organisation - taken - (0 if counts(registration) else 1))


def _check(
    session: Session,
    registration: Registration,
    event: Event,
    said: OfficeAnswer,
    *,
    now: datetime,
    zone: ZoneInfo,
) -> None:
    """Refuse what ``record_answer`` would refuse."""
    if said.answer.choice is not RegistrationState.ACCEPTED:
        raise InputError("who sends somebody else says that somebody comes", where="choice")
    if not may_bring(registration):
        raise Conflict("Only an office or an invited person can name others", where=event.key)
    check_still_answerable(event, now=now, leaving=False, by_staff=False, zone=zone)
    if is_withdrawn(session, registration) or (registration.state is RegistrationState.REQUESTED):
        raise Conflict(
            "This invitation is not open",
            where=event.key,
            remedy="Call or mail the organiser",
        )


def _represent(session: Session, naming: Naming, person: Named, answer: Answer) -> Registration:
    """Let ``person`` come for the office and return their registration."""
    office, event = naming.host, naming.event
    person = checked_named(person)
    if not person.name:
        raise InputError("a substitute needs a name", where="substitute")
    promote_locked(session, event, now=naming.now)
    found = find_named(session, naming, person)
    if found is not None and found.id == office.represented_by_id and found.state not in AWAY:
        keep_details(session, naming, found, person)
        _keep_for_substitute(session, office, found, answer)
        return found
    if found is not None and answered_themselves(session, found):
        raise RefusedPerson(
            f"{person.name} has answered already, and does not come",
            name=person.name,
            where=event.key,
            remedy="Name somebody else, or call the organiser",
        )
    seat = _vacate(session, naming, found)
    substitute = found or make_named(session, naming, person)
    if is_only_brought(session, substitute):
        _link(session, naming, substitute, person)
    give_seat(session, naming, substitute, seat, called=person.name)
    _become_represented(session, naming, substitute, answer)
    return substitute


def _keep_for_substitute(
    session: Session, office: Registration, substitute: Registration, answer: Answer
) -> None:
    """Keep the remark with the office, and diet and replies with who eats and parks.

    Whoever has a mailbox of their own answers there: only what is filled in anew is kept for them
    until they do, not what stood on the page of the office.
    """
    keep_remarks(office, replace(answer, diet=None, replies=None))
    theirs = replace(answer, note=None)
    if not stands_with_host(substitute):
        if substitute.diet or substitute.replies or not is_only_brought(session, substitute):
            return
        theirs = replace(
            theirs,
            diet=None if answer.diet == office.diet else answer.diet,
            replies=None if answer.replies == office.replies else answer.replies,
        )
    keep_remarks(substitute, theirs)


def _vacate(session: Session, naming: Naming, following: Registration | None) -> Seat:
    """Free the office's seat for its substitute, and return it."""
    office = naming.host
    if office.state is not RegistrationState.REPRESENTED:
        return seat_of(office)
    last = office.represented_by
    if last is not None and following is not None and last.id == following.id:
        return seat_of(last)
    return take_seat_back(session, office, by=naming.by, now=naming.now)


def _become_represented(
    session: Session, naming: Naming, substitute: Registration, answer: Answer
) -> None:
    office = naming.host
    _keep_for_substitute(session, office, substitute, answer)
    record_change(
        session,
        office,
        RegistrationState.REPRESENTED,
        by=naming.by,
        via="page",
        now=naming.now,
        comment=office.note,
    )
    office.represented_by = substitute
    office.waitlisted_at = None
    office.promoted_at = None
    office.answered_by = naming.by
    office.answered_at = naming.now
    office.answered_via = "page"
    office.answered_revision = naming.event.revision
    if substitute.invitation_id != office.invitation_id:
        # At the office's own mailbox the substitute's confirmation says it already.
        office.version += 1
    session.flush()


def _link(session: Session, naming: Naming, registration: Registration, person: Named) -> None:
    """Remember that the host brings this person; whoever somebody else brings stays theirs.

    Who is there in their own right and has an answer is nobody's to bring.
    """
    invited = registration.state is RegistrationState.INVITED or off_by_host(registration)
    if not invited and in_own_right(session, registration):
        return
    if registration.group_link_id is not None:
        return
    host = registration.brought_by
    if registration.state is RegistrationState.REQUESTED and registration.organisation_id is None:
        registration.organisation_id = naming.host.organisation_id
    if host is None or registration.state in AWAY:
        registration.brought_by = naming.host
    if registration.brought_by_id == naming.host.id:
        keep_details(session, naming, registration, person)
    session.flush()


def _bring(
    session: Session, naming: Naming, said: OfficeAnswer, substitute: Registration | None
) -> None:
    """Drop the colleagues that are not named any more, then let in the new ones, in order."""
    people = _each_once(naming.host, said)
    if people and not may_bring(naming.host):
        raise Conflict("Only an office or an invited person can name others")
    taken = {naming.host.id} | ({substitute.id} if substitute is not None else set())
    found: list[tuple[Named, Registration | None]] = []
    for person in people:
        known = find_named(session, naming, person, taken)
        found.append((person, known))
        if known is not None:
            taken.add(known.id)
    for one in brought_by(session, naming.host):
        if one.id in said.shown and one.id not in taken:
            let_go(session, one, by=naming.by, now=naming.now)
    _check_maximum(session, naming, [known for _, known in found])
    for person, known in found:
        if known is not None and known.id in said.shown:
            # They stood on the page: what they said themselves since then counts.
            keep_details(session, naming, known, person)
            continue
        colleague = known or make_named(session, naming, person)
        _link(session, naming, colleague, person)
        give_seat(session, naming, colleague, called=person.name)


def _each_once(host: Registration, said: OfficeAnswer) -> list[Named]:
    """Return the colleagues, each once, without who comes for the office anyway."""
    comes = said.substitute or Named(
        host.attendee_name, address=host.invitation.contact.address or ""
    )
    people: list[Named] = []
    for line in said.colleagues:
        person = checked_named(line)
        if not person.name:
            continue
        if not any(is_same_person(person, other) for other in (comes, *people)):
            people.append(person)
    return people


def _check_maximum(session: Session, naming: Naming, people: Sequence[Registration | None]) -> None:
    """Raise OverMaximum if too many of one organisation would come; the invited always may."""
    most = naming.event.max_per_organisation
    if most is None:
        return
    fresh = [
        one
        for one in people
        if one is None
        or one.state is RegistrationState.REQUESTED
        or (not counts(one) and is_only_brought(session, one))
    ]
    left = max(0, most - counts_with(session, naming.event, naming.host))
    if len(fresh) > left:
        raise OverMaximum(
            f"{len(fresh)} colleagues are too many: {left} can still come of this organisation",
            left=left,
            where=naming.event.key,
            remedy="Name fewer, or call the organiser",
        )
