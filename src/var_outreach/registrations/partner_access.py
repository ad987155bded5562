"""A link by which a colleague of a partner sees one event: made, found, listed, taken back.

*Reads / Writes*: the links. *Next*: the page behind one shows that event, its guests and its
figures, and nothing of any other.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from var_outreach.agenda.model import Event
from var_outreach.errors import InputError
from var_outreach.message import checked_name
from var_outreach.registrations.model import PartnerAccess
from var_outreach.tokens import is_token, random_token


def grant_access(
    session: Session,
    event: Event,
    *,
    name: str,
    partner_key: str = "",
    until_on: date,
    by: str,
    now: datetime,
    today: date,
) -> PartnerAccess:
    """Return a new link to ``event`` for ``name``, good up to and including ``until_on``.

    Raises InputError for no name, or a last day that is over.
    """
    name = checked_name(name)
    if not name:
        raise InputError("for whom is it?", where="--name", remedy="Give the colleague's name")
    if until_on < today:
        raise InputError(
            f"{until_on} is over", where="--until", remedy="Give the last day on which it works"
        )
    access = PartnerAccess(
        event=event,
        name=name,
        partner_key=partner_key,
        token=random_token(),
        made_by=by,
        made_at=now,
        until_on=until_on,
        closed_at=None,
    )
    session.add(access)
    session.flush()
    return access


def find_access(session: Session, token: str, *, today: date) -> PartnerAccess | None:
    """Return the link ``token`` with its event; None alike for none, a revoked, an expired one."""
    if not is_token(token):
        return None
    return session.scalars(
        select(PartnerAccess)
        .options(joinedload(PartnerAccess.event))
        .where(
            PartnerAccess.token == token,
            PartnerAccess.closed_at.is_(None),
            PartnerAccess.until_on >= today,
        )
    ).one_or_none()


def all_access(session: Session, event: Event | None = None) -> list[PartnerAccess]:
    """Return every link there was, or those to ``event``, oldest first."""
    query = (
        select(PartnerAccess).options(joinedload(PartnerAccess.event)).order_by(PartnerAccess.id)
    )
    if event is not None:
        query = query.where(PartnerAccess.event_id == event.id)
    return list(session.scalars(query))


def revoke_access(session: Session, access: PartnerAccess, *, now: datetime) -> None:
    """Let ``access`` open nothing any more."""
    if access.closed_at is None:
        access.closed_at = now
    session.flush()
