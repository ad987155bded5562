"""What was mailed, without to whom: for whoever is forgotten.

*Reads / Writes*: deliveries. *Next*: ``pipeline.py`` commits it. That a mail went, when, and what
the server said stays, for the totals.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from var_outreach.outbox.model import Delivery, DeliveryState
from var_outreach.people.model import Contact
from var_outreach.registrations.model import Invitation

_ON_ITS_WAY = (DeliveryState.CLAIMED, DeliveryState.TRANSMITTING)
_WAITING = (DeliveryState.QUEUED, DeliveryState.DEFERRED)


def is_being_mailed(session: Session, contact: Contact) -> bool:
    """Tell whether a mail to a contact is on its way at this moment."""
    return any(row.state in _ON_ITS_WAY for row in _deliveries(session, contact))


def forget_mail(session: Session, contact: Contact) -> None:
    """Empty what deliveries to a contact say of the person; before the contact itself is erased.

    What still waits does not go.
    """
    for row in _deliveries(session, contact):
        if row.state in _WAITING:
            row.state, row.skipped_because = DeliveryState.SKIPPED, "expired"
        row.address = row.name = ""
        row.places = {}
        row.calendar = None
        row.reply_text = None
    session.flush()


def _deliveries(session: Session, contact: Contact) -> Iterable[Delivery]:
    invitations = select(Invitation.id).where(Invitation.contact_id == contact.id)
    mine = Delivery.invitation_id.in_(invitations) | (
        Delivery.recipient_key == f"contact:{contact.id}"
    )
    if contact.address is not None:
        mine = or_(mine, func.lower(Delivery.address) == contact.address.lower())
    return session.scalars(select(Delivery).where(mine).order_by(Delivery.id)).all()
