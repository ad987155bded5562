"""Lets the record of what was mailed refer to who is kept of two contacts that are one person.

*Reads / Writes*: deliveries. *Next*: ``staff/joining.py`` commits it with all else.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from var_outreach.errors import Conflict
from var_outreach.outbox.model import Delivery, DeliveryState

_ON_ITS_WAY = (DeliveryState.CLAIMED, DeliveryState.TRANSMITTING)
_WAITING = (DeliveryState.QUEUED, DeliveryState.DEFERRED)
SUPERSEDED = "superseded"


def redirect_deliveries(
    session: Session,
    *,
    contact: tuple[int, int],
    invitations: Mapping[int, int],
    registrations: Mapping[int, int],
    subscriptions: Mapping[int, int],
) -> int:
    """Let deliveries refer to what their recipients became, by id; return how many did not yet.

    What still waited about something that is gone is skipped: the person gets the other's. Where
    one mailing went to both, both lines stay. Raises Conflict while one of them is on its way.
    """
    became = {
        "contact": {contact[0]: contact[1]},
        "invitation": invitations,
        "registration": registrations,
        "subscription": subscriptions,
    }
    keys = {f"{kind}:{gone}" for kind, ids in became.items() for gone in ids}
    compound = {str(gone) for gone in registrations}
    rows = session.scalars(
        select(Delivery).where(
            Delivery.recipient_key.in_(keys)
            | Delivery.invitation_id.in_(invitations)
            | (Delivery.invitation_id.in_(invitations.values()))
        )
    ).all()
    count = 0
    for row in rows:
        kind, _, ids = row.recipient_key.partition(":")
        touched = row.recipient_key in keys or row.invitation_id in invitations
        if not touched and (kind != "registration" or compound.isdisjoint(ids.split("+"))):
            continue
        if row.state in _ON_ITS_WAY:
            raise Conflict("a mail to one of the two is on its way", remedy="Try again in a minute")
        if row.invitation_id is not None:
            row.invitation_id = invitations.get(row.invitation_id, row.invitation_id)
        if row.state in _WAITING and kind != "contact":
            # Under its old name: the kept is still to get what it did not get.
            row.state, row.skipped_because = DeliveryState.SKIPPED, SUPERSEDED
        else:
            _rename(session, row, became.get(kind, {}))
        count += 1
    session.flush()
    return count


def _rename(session: Session, row: Delivery, became: Mapping[int, int]) -> None:
    kind, _, ids = row.recipient_key.partition(":")
    if not all(one.isdecimal() for one in ids.split("+")):
        return
    new = dict.fromkeys(str(became.get(int(one), int(one))) for one in ids.split("+"))
    key = f"{kind}:{'+'.join(new)}"
    taken = session.scalar(
        select(Delivery.id).where(
            Delivery.mailing_id == row.mailing_id,
            Delivery.recipient_key == key,
            Delivery.occurrence == row.occurrence,
        )
    )
    if taken is None:
        row.recipient_key = key
        session.flush()
