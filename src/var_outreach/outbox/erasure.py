"""What was mailed to a person who is erased: that it went stays, to whom does not.

*Reads / Writes*: deliveries, audiences frozen with mailings. *Next*: ``staff/privacy.py`` does
this with all else that is kept of the person.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from var_outreach.errors import Conflict
from var_outreach.outbox.model import OPEN, Delivery, DeliveryState
from var_outreach.people.model import Contact, ListCheck, Subscription
from var_outreach.registrations.model import Invitation
from var_outreach.storage.redaction import redact

ON_ITS_WAY = (DeliveryState.CLAIMED, DeliveryState.TRANSMITTING)


def deliveries_to(
    session: Session, contact: Contact, addresses: Sequence[str]
) -> Sequence[Delivery]:
    """Return every delivery to a person, also at an address they had before, oldest first."""
    return session.scalars(
        select(Delivery).where(_theirs(session, contact, addresses)).order_by(Delivery.id)
    ).all()


def stop_mail(session: Session, contact: Contact, addresses: Sequence[str]) -> int:
    """Skip what still waits for a person; return how many.

    Raises Conflict while something is on its way: it could not be called back.
    """
    stopped = 0
    for row in deliveries_to(session, contact, addresses):
        if row.state in ON_ITS_WAY:
            raise Conflict("a mail to this person is on its way", remedy="Try again in a minute")
        if row.state in OPEN:
            row.state, row.skipped_because = DeliveryState.SKIPPED, "cancelled"
            stopped += 1
    session.flush()
    return stopped


def forget_deliveries(
    session: Session,
    contact: Contact,
    addresses: Sequence[str],
    names: Sequence[str],
    near: Iterable[int],
) -> None:
    """Empty what deliveries say of a person; ``near`` are invitations of others that name them."""
    for row in deliveries_to(session, contact, addresses):
        row.address = row.name = ""
        row.places = {}
        row.calendar = None
        row.reply_text = None
    session.flush()
    table = Delivery.__table__
    columns = [table.c.name, table.c.places, table.c.calendar]
    ids = list(near)
    for start in range(0, len(ids), 500):
        batch = ids[start : start + 500]
        redact(session, names, columns, where=table.c.invitation_id.in_(batch))
    session.expire_all()


def _theirs(session: Session, contact: Contact, addresses: Sequence[str]) -> ColumnElement[bool]:
    invitations = select(Invitation.id).where(Invitation.contact_id == contact.id)
    keys = [f"contact:{contact.id}"]
    for prefix, model in (("subscription", Subscription), ("list-check", ListCheck)):
        ids = session.scalars(select(model.id).where(model.contact_id == contact.id))
        keys += [f"{prefix}:{one}" for one in ids]
    return or_(
        Delivery.invitation_id.in_(invitations),
        Delivery.recipient_key.in_(keys),
        func.lower(Delivery.address).in_([address.lower() for address in addresses]),
    )
