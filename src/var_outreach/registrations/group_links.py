"""A link to one event that an organisation forwards to its own people.

*Reads*: the link and its event, locked. *Writes*: the link; a registration of everybody who comes
in by it, within the link's own maximum and the event's. *Next*: the pipeline confirms them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from var_outreach.agenda.model import Event
from var_outreach.errors import Conflict, InputError
from var_outreach.people.model import Organisation
from var_outreach.people.store import CONSENT, add_contact
from var_outreach.registrations.deadline import HOME_ZONE, check_still_answerable
from var_outreach.registrations.forwarded import ANSWERED, new_registration
from var_outreach.registrations.invitees import invitation_for
from var_outreach.registrations.model import GroupLink, RegistrationState
from var_outreach.registrations.naming import Named, Naming, checked_named, give_seat
from var_outreach.registrations.replies import Reply, keep_replies
from var_outreach.registrations.standing_in import stands_with_host
from var_outreach.registrations.store import FORWARDED, counts_for_group_link, is_withdrawn
from var_outreach.registrations.waiting import lock_event, promote_locked
from var_outreach.tokens import random_token


def make_group_link(
    session: Session,
    event: Event,
    organisation: Organisation,
    *,
    places: int,
    meant_for: str = "",
    by: str,
    now: datetime,
) -> GroupLink:
    """Return a new link for ``places`` people of ``organisation``; raises InputError below one."""
    if places < 1:
        raise InputError(f"{places} is no number of places", remedy="Give one or more")
    link = GroupLink(
        event=event,
        organisation=organisation,
        token=random_token(),
        meant_for=meant_for,
        max_places=places,
        made_by=by,
        made_at=now,
    )
    session.add(link)
    session.flush()
    return link


def find_group_link(session: Session, token: str) -> GroupLink | None:
    """Return the link behind ``token``, with its event and organisation, or None."""
    return session.scalars(
        select(GroupLink)
        .options(joinedload(GroupLink.event), joinedload(GroupLink.organisation))
        .where(GroupLink.token == token)
    ).one_or_none()


def group_links_of(session: Session, event: Event) -> list[GroupLink]:
    """Return the links of an event, oldest first."""
    return list(
        session.scalars(
            select(GroupLink)
            .options(joinedload(GroupLink.organisation))
            .where(GroupLink.event_id == event.id)
            .order_by(GroupLink.id)
        )
    )


def close_group_link(session: Session, link: GroupLink, *, now: datetime) -> None:
    """Let nobody in by ``link`` any more; who came in stays."""
    if link.closed_at is None:
        link.closed_at = now
    session.flush()


def group_places_left(session: Session, link: GroupLink) -> int:
    """Return how many can still come in by ``link``; who waits for a place counts."""
    return max(0, link.max_places - counts_for_group_link(session, link.id))


def join_group(
    session: Session,
    link: GroupLink,
    person: Named,
    *,
    diet: str = "",
    replies: Mapping[str, Reply] | None = None,
    uid_domain: str,
    now: datetime,
    zone: ZoneInfo = HOME_ZONE,
    language: str = "nl",
    guest_until_on: date | None = None,
) -> None:
    """Let ``person`` come by ``link``, or wait if the event is full; who has an answer keeps it.

    Raises:
        Conflict: the link is full or closed; the event is off, has been, or takes no answers.
        HeaderError: the address or the name cannot be used.
    """
    event = lock_event(session, link.event_id)
    session.refresh(link)
    check_still_answerable(event, now=now, leaving=False, by_staff=False, zone=zone)
    if link.closed_at is not None or group_places_left(session, link) == 0:
        raise Conflict(
            "No more people can come by this link",
            where=event.key,
            remedy="Ask who sent it, or the organiser",
        )
    person = checked_named(person)
    contact, is_new = add_contact(
        session,
        person.address,
        person.name,
        source=f"link of {link.organisation.name}",
        legal_basis=CONSENT,
        language=language,
        organisation=link.organisation,
        now=now,
    )
    if is_new:
        contact.guest_until_on = guest_until_on
    invitation = invitation_for(session, event, contact, uid_domain=uid_domain, now=now)
    session.refresh(invitation, ["registrations"])
    rows = [row for row in invitation.registrations if not stands_with_host(row)]
    if any(
        row.function_id is not None or row.state in ANSWERED or is_withdrawn(session, row)
        for row in rows
    ):
        return
    promote_locked(session, event, now=now)
    if rows:
        registration = rows[0]
    else:
        registration = new_registration(
            invitation, person, now=now, organisation_id=link.organisation_id
        )
        session.add(registration)
    if not rows or registration.state is RegistrationState.CANCELLED:
        # Who was invited and did not answer yet may have written there what this form cannot know.
        registration.group_link_id = link.id
        registration.diet = diet
        session.flush()
        keep_replies(registration, replies)
    naming = Naming(registration, event, person.name, FORWARDED, uid_domain, now)
    give_seat(session, naming, registration, called=person.name)
