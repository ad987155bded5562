"""Checks at the last moment whether a delivery may still go.

*Reads*: suppression, subscriptions, registrations, events. *Writes*: nothing. *Next*:
``claims.py`` records the reason for what may not.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from var_outreach.agenda.model import Event, EventState
from var_outreach.outbox.model import Delivery, DeliveryState
from var_outreach.people.model import Subscription, SubscriptionState
from var_outreach.people.suppression import suppressed_addresses
from var_outreach.planning.mail_kinds import CALENDAR_KINDS, MailKind
from var_outreach.registrations.model import Invitation, Registration, RegistrationState
from var_outreach.tokens import Signer

TELLS_OF_A_CHANGE = frozenset(
    {MailKind.CANCELLATION, MailKind.WITHDRAWAL, MailKind.LOOK_BACK, MailKind.UPDATE}
)
WAITING = (DeliveryState.QUEUED, DeliveryState.DEFERRED)


def reasons_to_skip(
    session: Session, rows: Sequence[Delivery], *, now: datetime, signer: Signer
) -> dict[int, str]:
    """Return, by delivery id, why it must not go: in a fixed number of queries for all rows."""
    reasons: dict[int, str] = {}
    if not rows:
        return reasons
    suppressed = suppressed_addresses(
        session, {row.address for row in rows}, signer=signer
    )
    left = _left_subscriptions(session, rows)
    events, states = _events_and_states(session, rows)
    newest = _newest_waiting(session, rows)
    for row in rows:
        kind = MailKind(row.mailing.kind)
        if row.address in suppressed:
            reasons[row.id] = "suppressed"
        elif row.recipient_key in left and kind is not MailKind.SUBSCRIPTION:
            reasons[row.id] = "unsubscribed"
        elif row.expires_at is not None and now > row.expires_at:
            reasons[row.id] = "expired"
        elif row.invitation_id is not None:
            reason = _event_reason(
                row, kind, events[row.invitation_id], states[row.invitation_id], newest
            )
            if reason is not None:
                reasons[row.id] = reason
    return reasons


def _event_reason(
    row: Delivery,
    kind: MailKind,
    event: Event,
    states: set[RegistrationState],
    newest: dict[int, int],
) -> str | None:
    if event.state in {EventState.CANCELLED, EventState.POSTPONED}:
        return None if kind in TELLS_OF_A_CHANGE else "cancelled"
    if kind is MailKind.CANCELLATION:
        return "superseded"
    if kind is MailKind.REMINDER and states != {RegistrationState.INVITED}:
        # One of the offices at this mailbox may still be silent; then the reminder is for that.
        return None if RegistrationState.INVITED in states else "answered"
    if kind is MailKind.PARTICIPANT_REMINDER and RegistrationState.ACCEPTED not in states:
        return "answered"
    assert row.invitation_id is not None
    if kind in CALENDAR_KINDS and newest.get(row.invitation_id, row.id) > row.id:
        return "superseded"
    return None


def _left_subscriptions(session: Session, rows: Sequence[Delivery]) -> set[str]:
    ids = [
        int(row.recipient_key.partition(":")[2])
        for row in rows
        if row.recipient_key.startswith("subscription:")
    ]
    if not ids:
        return set()
    active = set(
        session.scalars(
            select(Subscription.id).where(
                Subscription.id.in_(ids), Subscription.state == SubscriptionState.ACTIVE
            )
        )
    )
    return {f"subscription:{one}" for one in ids if one not in active}


def _events_and_states(
    session: Session, rows: Sequence[Delivery]
) -> tuple[dict[int, Event], dict[int, set[RegistrationState]]]:
    ids = {row.invitation_id for row in rows if row.invitation_id is not None}
    if not ids:
        return {}, {}
    events = {
        invitation_id: event
        for invitation_id, event in session.execute(
            select(Invitation.id, Event)
            .join(Event, Event.id == Invitation.event_id)
            .where(Invitation.id.in_(ids))
        )
    }
    states: dict[int, set[RegistrationState]] = {one: set() for one in ids}
    for invitation_id, state in session.execute(
        select(Registration.invitation_id, Registration.state).where(
            Registration.invitation_id.in_(ids)
        )
    ):
        states[invitation_id].add(state)
    return events, states


def _newest_waiting(session: Session, rows: Sequence[Delivery]) -> dict[int, int]:
    """Return the newest waiting delivery with a calendar, by invitation."""
    ids = {row.invitation_id for row in rows if row.invitation_id is not None}
    if not ids:
        return {}
    newest: dict[int, int] = {}
    for delivery_id, invitation_id, calendar in session.execute(
        select(Delivery.id, Delivery.invitation_id, Delivery.calendar).where(
            Delivery.invitation_id.in_(ids), Delivery.state.in_(WAITING)
        )
    ):
        if calendar is not None:
            newest[invitation_id] = max(newest.get(invitation_id, 0), delivery_id)
    return newest
