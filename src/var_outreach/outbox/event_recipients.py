"""What a mail about one event says to one mailbox: its variant, its links, its calendar entry.

*Reads*: invitations and registrations. *Writes*: what an invitation was last told (SEQUENCE,
revision) and what a registration was last told. *Next*: ``recipients.py`` hands the result on.

The writes stand here, in the transaction that enqueues, because from then on the outbox answers
for it that the mail arrives.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from var_outreach.agenda.facts import event_facts
from var_outreach.agenda.model import Event
from var_outreach.composing.calendar_entry import (
    CANCEL,
    REQUEST,
    freeze_calendar,
    invitee_entry,
)
from var_outreach.outbox.places import invitation_places, listed, office_with_holder, site
from var_outreach.outbox.sender import Recipient, Sender
from var_outreach.people.model import Function
from var_outreach.planning.mail_kinds import CALENDAR_KINDS, MailKind
from var_outreach.registrations.fewer_places import lost_a_place
from var_outreach.registrations.model import Invitation, Registration, RegistrationState
from var_outreach.registrations.office_change import office_ended
from var_outreach.registrations.standing_in import lost_substitute, stands_with_host
from var_outreach.registrations.store import (
    HOST,
    is_withdrawn,
    off_by_host,
    waitlist_number,
    was_refused,
)

PARTSTAT = {
    RegistrationState.ACCEPTED: "ACCEPTED",
    RegistrationState.TENTATIVE: "TENTATIVE",
    RegistrationState.DECLINED: "DECLINED",
    RegistrationState.CANCELLED: "DECLINED",
    RegistrationState.REPRESENTED: "DECLINED",
}
"""What a registration's state is called in a calendar; the others have no answer that counts."""
BY_WEIGHT = ("ACCEPTED", "TENTATIVE", "NEEDS-ACTION", "DECLINED")
"""Of several offices on one entry, the answer that the entry shows."""
WITHDRAWN = "withdrawn"
ENDED = "ended"
"""Variant of a withdrawal: the office is no longer held by whom it was for."""
SHARED = "shared"
"""Variant of a withdrawal: the mailbox keeps its entry, for others who are still invited."""
NAMED = "named"
"""Variant for who was named by somebody else: it says by whom."""
OPEN_AGAIN = "open-again"
"""Variant of a confirmation: who was to come for the office left, so nobody comes for it now."""
OFF_BY_HOST = "host"
"""Variant of a withdrawal: who had named this person took them off."""
REFUSED = "refused"
"""Variant of a withdrawal: staff said no to somebody who had asked to come."""
FEWER = "fewer"
"""Variant of a mail of the waiting list: there are fewer places than there were."""
TELLS_OUTCOME = frozenset({MailKind.CONFIRMATION, MailKind.WITHDRAWAL, MailKind.WAITLIST})
"""The notices that have a variant for what became of an answer."""
TELLS_ALL = frozenset({MailKind.UPDATE, MailKind.CANCELLATION})
"""The kinds after which a mailbox knows how things stand, also without an entry."""
CONFIRMED = {
    RegistrationState.ACCEPTED: "accepted",
    RegistrationState.TENTATIVE: "tentative",
    RegistrationState.DECLINED: "declined",
    RegistrationState.CANCELLED: "cancelled",
    RegistrationState.REPRESENTED: "represented",
}


def registrations_of(
    session: Session, event: Event, invitation_ids: Sequence[int]
) -> Iterator[tuple[Invitation, list[Registration]]]:
    """Yield the invitations of ``invitation_ids`` with all their registrations.

    In one query a batch. An invitation whose mailbox is gone is left out, and as good as told.
    """
    for start in range(0, len(invitation_ids), 500):
        batch = invitation_ids[start : start + 500]
        rows = session.scalars(
            select(Registration)
            .options(
                joinedload(Registration.invitation).joinedload(Invitation.contact),
                joinedload(Registration.contact),
                joinedload(Registration.function).joinedload(Function.organisation),
            )
            .where(Registration.event_id == event.id, Registration.invitation_id.in_(batch))
            .order_by(Registration.invitation_id, Registration.id)
        ).all()
        grouped: dict[int, list[Registration]] = {}
        for row in rows:
            grouped.setdefault(row.invitation_id, []).append(row)
        for registrations in grouped.values():
            # Who was erased has no address any more, and keeps nobody else from theirs.
            invitation = registrations[0].invitation
            if invitation.contact.address is not None:
                yield invitation, registrations
                continue
            invitation.revision_sent = max(invitation.revision_sent, event.revision)
            for row in registrations:
                row.notified_version = row.version


def invitation_recipient(
    kind: MailKind,
    event: Event,
    invitation: Invitation,
    registrations: Sequence[Registration],
    sender: Sender,
    *,
    state: str = "",
) -> Recipient:
    """Return what one mailbox is told of ``event`` by a mail of ``kind``.

    ``state`` names the variant of it, where the mailing and not the answer decides that.
    """
    variant = _variant(kind, event, invitation, registrations)
    if state:
        variant = f"{variant}/{state}"
    occurrence = event.revision if kind in {MailKind.UPDATE, MailKind.CANCELLATION} else 0
    return _recipient(
        f"invitation:{invitation.id}",
        occurrence,
        variant,
        kind,
        event,
        invitation,
        registrations,
        registrations,
        sender,
    )


def added_recipient(
    event: Event,
    invitation: Invitation,
    added: Sequence[Registration],
    everyone: Sequence[Registration],
    sender: Sender,
) -> Recipient:
    """Return the invitation of offices that came to a mailbox which had its invitation before."""
    return _recipient(
        f"invitation:{invitation.id}",
        max(row.id for row in added),
        invitation.contact.language,
        MailKind.INVITATION,
        event,
        invitation,
        added,
        everyone,
        sender,
    )


def is_untold(registration: Registration) -> bool:
    """Tell whether it was added to a mailbox that was not told of it yet."""
    return (
        registration.state is RegistrationState.INVITED
        and registration.answered_via is None
        and registration.version > registration.notified_version
    )


def notice_recipients(
    session: Session, kind: MailKind, event: Event, sender: Sender
) -> Iterator[Recipient]:
    """Yield who must be told what became of an answer, and take it that they now are.

    Offices at one mailbox whose answers came out the same are told in one mail.
    """
    ids = session.scalars(
        select(Registration.invitation_id)
        .where(
            Registration.event_id == event.id,
            Registration.version > Registration.notified_version,
        )
        .distinct()
    ).all()
    for invitation, registrations in registrations_of(session, event, sorted(ids)):
        changed = [row for row in registrations if row.version > row.notified_version]
        groups: dict[str, list[Registration]] = {}
        for row in changed:
            if is_untold(row):
                continue  # its invitation tells of it
            told_by = notice_kind(session, row)
            if told_by is None:
                row.notified_version = row.version
            elif told_by is kind:
                groups.setdefault(_outcome(session, kind, row, registrations), []).append(row)
        for state, rows in sorted(groups.items()):
            language = invitation.contact.language
            variant = f"{language}/{state}" if kind in TELLS_OUTCOME and state else language
            recipient = _recipient(
                # Named by all of them: a newer mail to one of them must not replace one to several.
                f"registration:{'+'.join(str(row.id) for row in rows)}",
                rows[0].version,
                variant,
                kind,
                event,
                invitation,
                rows,
                registrations,
                sender,
            )
            if kind is MailKind.WAITLIST:
                numbers = [str(waitlist_number(session, row)) for row in rows]
                recipient.places["waitlist_number"] = ", ".join(numbers)
            if state == SHARED:
                off = RegistrationState.CANCELLED
                left = [row for row in registrations if row.state is not off]
                _name_holders(recipient, rows, left, language)
            for row in rows:
                row.notified_version = row.version
            yield recipient


def _outcome(
    session: Session, kind: MailKind, row: Registration, everyone: Sequence[Registration]
) -> str:
    """Return what became of ``row``, as the variants of ``kind`` are called."""
    named = row.answered_via == HOST and not stands_with_host(row)
    if kind is MailKind.WAITLIST:
        return FEWER if lost_a_place(session, row) else NAMED if named else ""
    if kind is not MailKind.WITHDRAWAL:
        if row.state is RegistrationState.INVITED:
            return OPEN_AGAIN
        is_named = named and row.state is RegistrationState.ACCEPTED
        return NAMED if is_named else CONFIRMED.get(row.state, "")
    if off_by_host(row):
        return OFF_BY_HOST
    if was_refused(session, row):
        return REFUSED
    if not all(one.state is RegistrationState.CANCELLED for one in everyone):
        return SHARED
    return ENDED if office_ended(session, row) else ""


def _name_holders(
    recipient: Recipient, rows: Sequence[Registration], left: Sequence[Registration], language: str
) -> None:
    """Name who held an office beside it: the last and the next holder share its name."""
    for place, named in (("offices", rows), ("remaining_offices", left)):
        recipient.places[place] = listed([office_with_holder(row) for row in named], language)


def notice_kind(session: Session, registration: Registration) -> MailKind | None:
    """Return the kind of mail that tells of a registration's newest version; None if none does."""
    state = registration.state
    if state is RegistrationState.WAITLISTED:
        return MailKind.WAITLIST
    if state is RegistrationState.ACCEPTED:
        promoted, answered = registration.promoted_at, registration.answered_at
        after_answer = promoted is not None and (answered is None or promoted >= answered)
        return MailKind.PROMOTION if after_answer else MailKind.CONFIRMATION
    if state is RegistrationState.CANCELLED and is_withdrawn(session, registration):
        return MailKind.WITHDRAWAL
    if lost_substitute(registration):
        return MailKind.CONFIRMATION
    return MailKind.CONFIRMATION if state in CONFIRMED else None


def _recipient(
    key: str,
    occurrence: int,
    variant: str,
    kind: MailKind,
    event: Event,
    invitation: Invitation,
    registrations: Sequence[Registration],
    everyone: Sequence[Registration],
    sender: Sender,
) -> Recipient:
    """Return the mail about ``registrations``; ``everyone`` shares the mailbox and its entry."""
    contact = invitation.contact
    assert contact.address is not None
    calendar = None
    if (
        kind in CALENDAR_KINDS
        and event.on_date is not None
        and _has_entry(kind, registrations, everyone)
    ):
        calendar = _calendar(kind, event, invitation, everyone, sender)
    if calendar is not None or kind in TELLS_ALL or invitation.revision_sent < 0:
        # A reminder names the new date, but the entry in the calendar still has the old one.
        invitation.revision_sent = max(invitation.revision_sent, event.revision)
    return Recipient(
        key=key,
        occurrence=occurrence,
        variant=variant,
        address=contact.address,
        name=contact.name,
        places=invitation_places(sender.network, invitation, registrations),
        calendar=calendar,
        invitation_id=invitation.id,
    )


def _has_entry(
    kind: MailKind, registrations: Sequence[Registration], everyone: Sequence[Registration]
) -> bool:
    if kind is MailKind.WITHDRAWAL:
        # The entry is shared: a CANCEL for one office would take it from the others. And who
        # never had one has nothing to cancel.
        all_off = all(row.state is RegistrationState.CANCELLED for row in everyone)
        return all_off and registrations[0].invitation.sequence >= 0
    # Who declines keeps the client's own entry: a CANCEL would read as if it were all off.
    if kind is not MailKind.CONFIRMATION:
        return True
    coming = {RegistrationState.ACCEPTED, RegistrationState.TENTATIVE}
    return any(row.state in coming for row in registrations)


def _calendar(
    kind: MailKind,
    event: Event,
    invitation: Invitation,
    registrations: Sequence[Registration],
    sender: Sender,
) -> dict[str, Any]:
    facts = event_facts(event)
    cancels = kind in {MailKind.CANCELLATION, MailKind.WITHDRAWAL}
    fingerprint = WITHDRAWN if kind is MailKind.WITHDRAWAL else facts.calendar_fingerprint()
    # SEQUENCE rises with date, time, place, form, status and a CANCEL; never on a re-send. After a
    # move and back again too, for replies to what was sent before are stale from there on.
    if fingerprint != invitation.calendar_facts or invitation.sequence < invitation.date_sequence:
        invitation.sequence = max(invitation.sequence + 1, invitation.date_sequence)
        invitation.calendar_facts = fingerprint
    contact = invitation.contact
    assert contact.address is not None
    entry = invitee_entry(
        facts,
        sender.network,
        uid=invitation.uid,
        sequence=invitation.sequence,
        organizer_name=sender.organiser_name,
        organizer_address=sender.organiser_pattern.replace("{token}", invitation.token),
        attendee_name=contact.name,
        attendee_address=contact.address,
        answer_url=site(sender.network, f"/antwoord/{invitation.token}", contact.language),
        partstat=_partstat(registrations),
        rsvp=not facts.date_only or sender.takes_early_answers(facts.kind),
        language=contact.language,
    )
    return freeze_calendar(entry, CANCEL if cancels else REQUEST)


def _partstat(registrations: Sequence[Registration]) -> str:
    answers = {PARTSTAT.get(row.state, "NEEDS-ACTION") for row in registrations}
    return next(answer for answer in BY_WEIGHT if answer in answers)


def _variant(
    kind: MailKind, event: Event, invitation: Invitation, registrations: Sequence[Registration]
) -> str:
    language = invitation.contact.language
    if kind is MailKind.UPDATE and invitation.revision_sent < event.date_revision:
        return f"{language}/asked"
    was_there = {RegistrationState.ACCEPTED, RegistrationState.ATTENDED}
    if kind is MailKind.LOOK_BACK and any(row.state in was_there for row in registrations):
        return f"{language}/attended"
    return language
