"""Checks at the last moment whether a delivery may still go.

*Reads*: suppression, subscriptions, registrations, events, other deliveries. *Writes*: nothing.
*Next*: ``claims.py`` records the reason for what may not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, or_, select
from sqlalchemy.orm import Session

from var_outreach.agenda.model import Event, EventState
from var_outreach.outbox.event_recipients import OPEN_AGAIN
from var_outreach.outbox.list_check_recipients import answered_checks
from var_outreach.outbox.model import Delivery, DeliveryState, Mailing, MailingState
from var_outreach.outbox.speaker_recipients import reasons_of_speakers
from var_outreach.people.model import Subscription, SubscriptionState
from var_outreach.people.suppression import suppressed_addresses
from var_outreach.planning.mail_kinds import ANSWER_KINDS, CALENDAR_KINDS, MailKind
from var_outreach.registrations.model import Invitation, Registration, RegistrationState
from var_outreach.tokens import Signer

OFF = frozenset({EventState.CANCELLED, EventState.POSTPONED})
GOES_THOUGH_OFF = frozenset({MailKind.CANCELLATION, MailKind.WITHDRAWAL, MailKind.LOOK_BACK})
CONFIRMS = ANSWER_KINDS - {MailKind.WITHDRAWAL}
FOR_WHO_COMES = frozenset({MailKind.PARTICIPANT_REMINDER, MailKind.PROGRAMME})
NEVER_GOES = (DeliveryState.SKIPPED, DeliveryState.FAILED)
WAITING = (DeliveryState.QUEUED, DeliveryState.DEFERRED)


@dataclass(frozen=True)
class _Newer:
    """A delivery about the same calendar entry that went, goes, or is about to go."""

    id: int
    recipient_key: str
    kind: MailKind
    has_calendar: bool


@dataclass(frozen=True)
class _Affairs:
    """How things stand with one invitation."""

    event_state: EventState
    begins_at: datetime | None
    moved_at: datetime | None
    """When the event last moved to another moment, in whole seconds; None if it never did."""
    answers: frozenset[RegistrationState]
    deliveries: tuple[_Newer, ...]


def reasons_to_skip(
    session: Session, rows: Sequence[Row[Any]], *, now: datetime, signer: Signer
) -> dict[int, str]:
    """Return, by delivery id, why it must not go: in a fixed number of queries for all rows.

    A row has the columns of a delivery that ``claims.py`` reads, and ``kind``.
    """
    reasons: dict[int, str] = {}
    if not rows:
        return reasons
    suppressed = suppressed_addresses(session, {row.address for row in rows}, signer=signer)
    subscriptions = _subscriptions(session, rows)
    affairs = _affairs(session, rows)
    answered = answered_checks(session, [row.recipient_key for row in rows])
    speakers = reasons_of_speakers(
        session, [(row.id, MailKind(row.kind), row.recipient_key) for row in rows]
    )
    for row in rows:
        kind = MailKind(row.kind)
        reason = None
        if row.address in suppressed:
            reason = "suppressed"
        elif row.id in speakers:
            reason = speakers[row.id]
        elif _has_left(row, kind, subscriptions):
            reason = "unsubscribed"
        elif row.recipient_key in answered:
            reason = "answered"
        elif row.expires_at is not None and now > row.expires_at:
            reason = "expired"
        elif row.invitation_id is not None:
            reason = _event_reason(row, kind, affairs[row.invitation_id], now)
        if reason is not None:
            reasons[row.id] = reason
    return reasons


def _event_reason(row: Row[Any], kind: MailKind, affairs: _Affairs, now: datetime) -> str | None:
    if affairs.event_state in OFF and kind not in GOES_THOUGH_OFF:
        return "cancelled"
    if affairs.event_state not in OFF and kind is MailKind.CANCELLATION:
        return "superseded"
    if kind is not MailKind.LOOK_BACK and _has_begun(affairs, now):
        return "expired"
    if (
        kind not in GOES_THOUGH_OFF
        and affairs.moved_at is not None
        and row.dated_at < affairs.moved_at
    ):
        # It was made for another moment than the event now has.
        return "superseded"
    # One of the offices at this mailbox may still be silent; then the reminder is for that.
    if kind is MailKind.REMINDER and RegistrationState.INVITED not in affairs.answers:
        return "answered"
    if kind in FOR_WHO_COMES and RegistrationState.ACCEPTED not in affairs.answers:
        return "answered"
    asks_anew = row.variant.endswith(f"/{OPEN_AGAIN}")
    if kind in CONFIRMS and affairs.answers == {RegistrationState.INVITED} and not asks_anew:
        # The event moved meanwhile, and everybody is asked anew.
        return "superseded"
    if any(_supersedes(newer, row, kind) for newer in affairs.deliveries if newer.id > row.id):
        return "superseded"
    return None


def _has_begun(affairs: _Affairs, now: datetime) -> bool:
    if affairs.event_state is EventState.HELD:
        return True
    return affairs.begins_at is not None and now >= affairs.begins_at


def _supersedes(newer: _Newer, row: Row[Any], kind: MailKind) -> bool:
    if kind in ANSWER_KINDS and newer.kind in ANSWER_KINDS:
        # Of two offices at one mailbox each is told of its own answer.
        return bool(newer.recipient_key == row.recipient_key)
    return newer.has_calendar and kind in CALENDAR_KINDS


def _subscriptions(session: Session, rows: Sequence[Row[Any]]) -> dict[str, SubscriptionState]:
    """Return the state of each row's subscription, by recipient key."""
    ids = [
        int(row.recipient_key.partition(":")[2])
        for row in rows
        if row.recipient_key.startswith("subscription:")
    ]
    if not ids:
        return {}
    found = session.execute(
        select(Subscription.id, Subscription.state).where(Subscription.id.in_(ids))
    )
    return {f"subscription:{subscription_id}": state for subscription_id, state in found}


def _has_left(row: Row[Any], kind: MailKind, subscriptions: dict[str, SubscriptionState]) -> bool:
    if not row.recipient_key.startswith("subscription:"):
        return False
    asked = kind is MailKind.SUBSCRIPTION
    wanted = SubscriptionState.PENDING if asked else SubscriptionState.ACTIVE
    return subscriptions.get(row.recipient_key) is not wanted


def _affairs(session: Session, rows: Sequence[Row[Any]]) -> dict[int, _Affairs]:
    ids = {row.invitation_id for row in rows if row.invitation_id is not None}
    if not ids:
        return {}
    answers: dict[int, set[RegistrationState]] = {one: set() for one in ids}
    for invitation_id, state in session.execute(
        select(Registration.invitation_id, Registration.state).where(
            Registration.invitation_id.in_(ids)
        )
    ):
        answers[invitation_id].add(state)
    deliveries = _living(session, ids)
    return {
        invitation_id: _Affairs(
            state,
            starts_at,
            moved_at.replace(microsecond=0) if moves else None,
            frozenset(answers[invitation_id]),
            tuple(deliveries[invitation_id]),
        )
        for invitation_id, state, starts_at, moves, moved_at in session.execute(
            select(
                Invitation.id,
                Event.state,
                Event.starts_at,
                Event.date_revision,
                Event.date_known_at,
            )
            .join(Event, Event.id == Invitation.event_id)
            .where(Invitation.id.in_(ids))
        )
    }


def _living(session: Session, ids: set[int]) -> dict[int, list[_Newer]]:
    """Return what went or still goes about each invitation; what is held back is not counted.

    What went counts as much as what waits: an old date must not follow the new one because its
    recipient's server asked us to come back later.
    """
    found: dict[int, list[_Newer]] = {one: [] for one in ids}
    for delivery_id, invitation_id, key, kind, has_calendar in session.execute(
        select(
            Delivery.id,
            Delivery.invitation_id,
            Delivery.recipient_key,
            Mailing.kind,
            Delivery.calendar.is_not(None),
        )
        .join(Mailing, Mailing.id == Delivery.mailing_id)
        .where(
            Delivery.invitation_id.in_(ids),
            Delivery.state.not_in(NEVER_GOES),
            or_(Delivery.state.not_in(WAITING), Mailing.state == MailingState.SENDING),
        )
    ):
        assert invitation_id is not None
        found[invitation_id].append(_Newer(delivery_id, key, MailKind(kind), has_calendar))
    return found
