"""Finds who a mailing goes to, and what is filled in for each of them.

*Reads*: people, registrations, audiences. *Writes*: invitations, where somebody is invited now;
what an invitation was last told (SEQUENCE, revision). *Next*: ``enqueue.py`` makes a delivery of
each recipient, in the same transaction.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Select, and_, case, func, or_, select
from sqlalchemy.orm import Session, joinedload

from var_outreach.agenda.model import Event
from var_outreach.audiences.definition import AudienceDefinition
from var_outreach.audiences.resolve import Invitee, Reader, iterate_readers, resolve_invitees
from var_outreach.clock import local_date
from var_outreach.errors import NotFound
from var_outreach.outbox.event_recipients import (
    added_recipient,
    invitation_recipient,
    is_untold,
    notice_recipients,
    registrations_of,
)
from var_outreach.outbox.list_check_recipients import list_check_recipients
from var_outreach.outbox.model import Delivery, DeliveryState
from var_outreach.outbox.offer_recipients import invited_by_another, offered_recipients
from var_outreach.outbox.places import (
    confirm_url,
    contact_places,
    person_places,
    unsubscribe_url,
)
from var_outreach.outbox.programme_recipients import programme_recipients, with_workshops
from var_outreach.outbox.sender import Recipient, Sender
from var_outreach.outbox.speaker_recipients import speaker_recipients
from var_outreach.people.model import Contact, Subscription, SubscriptionState
from var_outreach.people.suppression import suppressed_addresses
from var_outreach.planning.due import AudienceKind, AudienceSpec
from var_outreach.planning.mail_kinds import MailKind
from var_outreach.registrations.invitees import invite_all
from var_outreach.registrations.model import Invitation, Registration, RegistrationState
from var_outreach.registrations.store import is_withdrawn

BATCH = 500
T = TypeVar("T")


@dataclass(frozen=True)
class Wanted:
    """What a mailing asks for."""

    kind: MailKind
    spec: AudienceSpec
    event: Event | None
    definition: AudienceDefinition | None
    """The saved audience as it was approved."""
    served: frozenset[str] = frozenset()
    """Recipient keys that this mailing has a delivery for already."""
    key: str = ""
    """The mailing's own: who is told by another invitation is not told by this one too."""


def collect_recipients(
    session: Session, wanted: Wanted, sender: Sender, excluded: Counter[str], *, now: datetime
) -> Iterator[Recipient]:
    """Yield who the mailing goes to now; count in ``excluded`` who is left out, by reason.

    Needs a writing session: whoever a standing invitation reaches is invited. Raises NotFound
    where the mailing names an event or audience that is not there.
    """
    for batch in _batches(_found(session, wanted, sender, excluded, now)):
        addresses = {recipient.address for recipient in batch}
        suppressed = suppressed_addresses(session, addresses, signer=sender.signer)
        for recipient in batch:
            if recipient.address in suppressed:
                excluded["suppressed"] += 1
            else:
                yield recipient


def count_wanted(
    session: Session, wanted: Wanted, sender: Sender, excluded: Counter[str], *, now: datetime
) -> int:
    """Return how many ``collect_recipients`` would yield; nobody is invited by this."""
    if wanted.spec.kind is not AudienceKind.INVITEES or wanted.event is None:
        return sum(1 for _ in collect_recipients(session, wanted, sender, excluded, now=now))
    event = wanted.event
    resolved = resolve_invitees(
        session,
        _definition(wanted),
        on_date=event.on_date or local_date(now, sender.network.zone),
        signer=sender.signer,
    )
    excluded.update(resolved.excluded)
    excluded["no mailbox"] += len(resolved.unreachable)
    offices, people = _already_invited(session, event)
    is_off = case((Registration.state == RegistrationState.CANCELLED, 1), else_=0)
    off = (
        select(Registration.invitation_id)
        .where(Registration.event_id == event.id)
        .group_by(Registration.invitation_id)
        .having(func.min(is_off) == 1)
    )
    addresses = [
        address
        for address in session.scalars(
            select(Contact.address)
            .join(Invitation, Invitation.contact_id == Contact.id)
            .where(
                Invitation.event_id == event.id,
                Invitation.id.not_in(off),
                Invitation.id.not_in(invited_by_another(session, wanted.kind, wanted.key, event)),
                Invitation.id.not_in(_came_by_others(event)),
            )
        )
        if address is not None
    ]
    suppressed = suppressed_addresses(session, addresses, signer=sender.signer)
    excluded["suppressed"] += len(suppressed)
    fresh = sum(_is_new(one, offices, people) for one in resolved.recipients)
    return len(addresses) - len(suppressed) + fresh


def _found(
    session: Session, wanted: Wanted, sender: Sender, excluded: Counter[str], now: datetime
) -> Iterator[Recipient]:
    match wanted.spec.kind:
        case AudienceKind.READERS:
            yield from _readers(session, wanted, sender, excluded, now)
        case AudienceKind.PENDING:
            yield from _pending(session, wanted, sender)
        case AudienceKind.LIST_CHECKS:
            yield from list_check_recipients(session, wanted.spec, sender, wanted.served, now=now)
        case AudienceKind.SPEAKERS if wanted.event is not None:
            yield from speaker_recipients(
                session, wanted.kind, wanted.event, wanted.spec, sender, wanted.served
            )
        case AudienceKind.INVITEES if wanted.event is not None:
            yield from _invitees(session, wanted, wanted.event, sender, excluded, now)
        case AudienceKind.ACCEPTED_BEFORE if wanted.event is not None:
            yield from offered_recipients(
                session, wanted.kind, wanted.key, wanted.event, wanted.spec, sender, now=now
            )
        case AudienceKind.NOTICES if wanted.event and wanted.kind is MailKind.PROGRAMME:
            yield from programme_recipients(session, wanted.event, sender)
        case AudienceKind.NOTICES if wanted.event is not None:
            yield from notice_recipients(session, wanted.kind, wanted.event, sender)
        case AudienceKind.OUTDATED if wanted.event is not None:
            yield from _outdated(session, wanted, wanted.event, sender)
        case AudienceKind.REGISTRATIONS if wanted.event is not None:
            yield from _registered(session, wanted, wanted.event, sender)
        case _:
            raise NotFound("this mailing names an event that is not in the agenda")


def _readers(
    session: Session, wanted: Wanted, sender: Sender, excluded: Counter[str], now: datetime
) -> Iterator[Recipient]:
    readers = iterate_readers(
        session,
        _definition(wanted),
        on_date=local_date(now, sender.network.zone),
        signer=sender.signer,
        excluded=excluded,
    )
    for batch in _batches(readers):
        people = {
            contact_id: (token, source)
            for contact_id, token, source in session.execute(
                select(Contact.id, Contact.token, Contact.source).where(
                    Contact.id.in_([reader.contact_id for reader in batch])
                )
            )
        }
        for reader in batch:
            token, source = people[reader.contact_id]
            yield _reader(reader, token, source, sender)


def _reader(reader: Reader, token: str, source: str, sender: Sender) -> Recipient:
    places = person_places(sender.network, reader.name, token, source, reader.language)
    if reader.subscription_id is None:
        key = f"contact:{reader.contact_id}"
    else:
        key = f"subscription:{reader.subscription_id}"
        places["unsubscribe_url"] = unsubscribe_url(sender.network, reader.token, reader.language)
    return Recipient(key, 0, reader.language, reader.address, reader.name, places)


def _pending(session: Session, wanted: Wanted, sender: Sender) -> Iterator[Recipient]:
    rows = session.scalars(
        select(Subscription)
        .options(joinedload(Subscription.contact))
        .where(
            Subscription.list_key == wanted.spec.key,
            Subscription.state == SubscriptionState.PENDING,
            Subscription.version > Subscription.notified_version,
        )
        .order_by(Subscription.id)
    )
    for row in rows.all():
        contact = row.contact
        row.notified_version = row.version
        if contact.address is None:
            continue
        places = contact_places(sender.network, contact)
        places["confirm_url"] = confirm_url(sender.network, row, sender.signer, contact.language)
        yield Recipient(
            f"subscription:{row.id}",
            row.version,
            contact.language,
            contact.address,
            contact.name,
            places,
        )


def _invitees(
    session: Session,
    wanted: Wanted,
    event: Event,
    sender: Sender,
    excluded: Counter[str],
    now: datetime,
) -> Iterator[Recipient]:
    if event.on_date is None:
        raise NotFound(f"the event '{event.key}' has no date yet, so nobody can be invited")
    resolved = resolve_invitees(
        session, _definition(wanted), on_date=event.on_date, signer=sender.signer
    )
    excluded.update(resolved.excluded)
    excluded["no mailbox"] += len(resolved.unreachable)
    offices, people = _already_invited(session, event)
    uninvited = set(session.scalars(_came_by_others(event)))
    known = dict.fromkeys([*offices.values(), *people.values()])
    ids = dict.fromkeys(one for one in known if one not in uninvited)
    fresh = [one for one in resolved.recipients if _is_new(one, offices, people)]
    for invitation in invite_all(session, event, fresh, uid_domain=sender.uid_domain, now=now):
        ids[invitation.id] = None
    told = invited_by_another(session, wanted.kind, wanted.key, event)
    unserved = {one for one in ids if f"invitation:{one}" not in wanted.served and one not in told}
    added = _added_to(session, event) if wanted.kind is MailKind.INVITATION else set()
    asked = [one for one in ids if one in unserved or one in added]
    for invitation, registrations in registrations_of(session, event, asked):
        untold = [row for row in registrations if is_untold(row)]
        if invitation.id not in unserved:
            if untold:
                yield added_recipient(event, invitation, untold, registrations, sender)
        elif any(row.state is not RegistrationState.CANCELLED for row in registrations):
            yield invitation_recipient(wanted.kind, event, invitation, registrations, sender)
        if wanted.kind is MailKind.INVITATION:
            for row in untold:
                row.notified_version = row.version


def _added_to(session: Session, event: Event) -> set[int]:
    """Return the invitations to which an office came of which their mailbox was not told."""
    return set(
        session.scalars(
            select(Registration.invitation_id).where(
                Registration.event_id == event.id,
                Registration.state == RegistrationState.INVITED,
                Registration.answered_via.is_(None),
                Registration.version > Registration.notified_version,
            )
        )
    )


def _is_new(invitee: Invitee, offices: dict[int, int], people: dict[int, int]) -> bool:
    if invitee.function_ids:
        return not set(invitee.function_ids) <= offices.keys()
    return invitee.contact_id not in people


def _already_invited(session: Session, event: Event) -> tuple[dict[int, int], dict[int, int]]:
    """Return the invitation of every office and of every person invited so far."""
    offices: dict[int, int] = {}
    people: dict[int, int] = {}
    for function_id, contact_id, invitation_id in session.execute(
        select(Registration.function_id, Registration.contact_id, Registration.invitation_id).where(
            Registration.event_id == event.id
        )
    ):
        if function_id is None:
            people[contact_id] = invitation_id
        else:
            offices[function_id] = invitation_id
    return offices, people


def _came_by_others(event: Event) -> Select[int]:
    """Return the query for invitations of who was named, let in by a link, or asked to come.

    They hear what became of that, and are not invited on top of it.
    """
    invited = or_(
        Registration.function_id.is_not(None),
        and_(
            Registration.brought_by_id.is_(None),
            Registration.group_link_id.is_(None),
            Registration.state != RegistrationState.REQUESTED,
        ),
    )
    return (
        select(Registration.invitation_id)
        .where(Registration.event_id == event.id)
        .group_by(Registration.invitation_id)
        .having(func.max(case((invited, 1), else_=0)) == 0)
    )


def _outdated(
    session: Session, wanted: Wanted, event: Event, sender: Sender
) -> Iterator[Recipient]:
    ids = session.scalars(
        select(Invitation.id).where(
            Invitation.event_id == event.id,
            Invitation.revision_sent >= 0,
            Invitation.revision_sent < event.revision,
        )
    ).all()
    gone = {
        RegistrationState.DECLINED,
        RegistrationState.CANCELLED,
        RegistrationState.REPRESENTED,
    }
    unreached = _unreached(session, event) if wanted.kind is MailKind.CANCELLATION else set()
    for invitation, registrations in registrations_of(session, event, ids):
        if invitation.id in unreached:
            # Their invitation had not left yet, and leaves no more: they know of nothing.
            invitation.revision_sent = event.revision
            continue
        moved = invitation.revision_sent < event.date_revision
        off = [row for row in registrations if row.state is RegistrationState.CANCELLED]
        if len(off) == len(registrations) and all(is_withdrawn(session, row) for row in off):
            # Staff took them off, and told them so.
            invitation.revision_sent = event.revision
            continue
        # Who is not coming hears of a new date, for it may suit, but not of a new room. That it is
        # off everybody hears who was told of it: the entry stands in their calendar all the same.
        is_off = wanted.kind is MailKind.CANCELLATION
        if all(row.state in gone for row in registrations) and not moved and not is_off:
            invitation.revision_sent = event.revision
            continue
        yield invitation_recipient(wanted.kind, event, invitation, registrations, sender)


def _unreached(session: Session, event: Event) -> set[int | None]:
    """Return the invitations of which every mail still waits, or was never let go."""
    never_left = (
        DeliveryState.QUEUED,
        DeliveryState.DEFERRED,
        DeliveryState.SKIPPED,
        DeliveryState.FAILED,
    )
    # An attempt without an answer may have arrived, though it is to be made again.
    answered = or_(Delivery.attempts == 0, Delivery.reply_code >= 400)
    left = case((and_(Delivery.state.in_(never_left), answered), 0), else_=1)
    return set(
        session.scalars(
            select(Delivery.invitation_id)
            .join(Invitation, Invitation.id == Delivery.invitation_id)
            .where(Invitation.event_id == event.id)
            .group_by(Delivery.invitation_id)
            .having(func.max(left) == 0)
        )
    )


def _registered(
    session: Session, wanted: Wanted, event: Event, sender: Sender
) -> Iterator[Recipient]:
    states = {RegistrationState(state) for state in wanted.spec.states}
    told = session.scalars(
        select(Invitation.id).where(Invitation.event_id == event.id, Invitation.revision_sent >= 0)
    ).all()
    for invitation, registrations in registrations_of(session, event, told):
        chosen = [row for row in registrations if row.state in states]
        if chosen:
            found = invitation_recipient(wanted.kind, event, invitation, chosen, sender)
            if wanted.kind is MailKind.PARTICIPANT_REMINDER:
                with_workshops(session, event, found, invitation, chosen)
            yield found


def _definition(wanted: Wanted) -> AudienceDefinition:
    if wanted.definition is None:
        raise NotFound(f"there is no audience '{wanted.spec.key}'")
    return wanted.definition


def _batches(items: Iterable[T]) -> Iterator[list[T]]:
    batch: list[T] = []
    for item in items:
        batch.append(item)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
