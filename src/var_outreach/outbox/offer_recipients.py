"""Finds who is invited first to what is held instead of a postponed event.

*Reads*: answers to the old event, what was sent about the new. *Writes*: invitations to the new.
*Next*: ``recipients.py`` hands the result on.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from var_outreach.agenda.model import Event
from var_outreach.audiences.before import resolve_accepted_before
from var_outreach.errors import NotFound
from var_outreach.outbox.event_recipients import (
    invitation_recipient,
    is_untold,
    registrations_of,
)
from var_outreach.outbox.model import Delivery, DeliveryState, Mailing
from var_outreach.outbox.sender import Recipient, Sender
from var_outreach.planning.due import AudienceSpec
from var_outreach.planning.mail_kinds import MailKind
from var_outreach.registrations.invitees import invite_all
from var_outreach.registrations.model import RegistrationState

FIRST, WAITED = "first", "waited"
"""Variants of an invitation to who had accepted, or waited for, the event that it replaces."""


def offered_recipients(
    session: Session,
    kind: MailKind,
    mailing_key: str,
    event: Event,
    spec: AudienceSpec,
    sender: Sender,
    *,
    now: datetime,
) -> Iterator[Recipient]:
    """Invite who had accepted the event that ``event`` replaces, and yield them.

    Raises NotFound for an event that replaces none, or has no date.
    """
    if event.on_date is None or event.replaces_id is None:
        raise NotFound(f"the event '{event.key}' replaces none, or has no date yet")
    states = {RegistrationState(state) for state in spec.states}
    resolved = resolve_accepted_before(
        session, event.replaces_id, states, on_date=event.on_date, signer=sender.signer
    )
    invitations = invite_all(
        session, event, resolved.recipients, uid_domain=sender.uid_domain, now=now
    )
    told = invited_by_another(session, kind, mailing_key, event)
    ids = list(dict.fromkeys(one.id for one in invitations if one.id not in told))
    variant = WAITED if RegistrationState.WAITLISTED in states else FIRST
    for invitation, registrations in registrations_of(session, event, ids):
        if any(row.state is not RegistrationState.CANCELLED for row in registrations):
            yield invitation_recipient(
                kind, event, invitation, registrations, sender, state=variant
            )
            for row in registrations:
                if is_untold(row):
                    row.notified_version = row.version


def invited_by_another(
    session: Session, kind: MailKind, mailing_key: str, event: Event
) -> set[int | None]:
    """Return the invitations that another mailing tells of: only a replacement has several."""
    if event.replaces_id is None or kind not in {MailKind.INVITATION, MailKind.SAVE_THE_DATE}:
        return set()
    return set(
        session.scalars(
            select(Delivery.invitation_id)
            .join(Mailing, Mailing.id == Delivery.mailing_id)
            .where(
                Mailing.subject_key == event.key,
                Mailing.kind == MailKind.INVITATION,
                Mailing.key != mailing_key,
                Delivery.invitation_id.is_not(None),
                Delivery.state.not_in((DeliveryState.SKIPPED, DeliveryState.FAILED)),
            )
        )
    )
