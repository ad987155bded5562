"""`Klopt deze lijst?`: an organisation is asked to look through its own offices.

*Reads*: functions, list checks. *Writes*: list checks. *Next*: planning makes the mail due;
``staff/list_checks.py`` applies what the page sends.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import Session, joinedload

from var_outreach.errors import NotFound
from var_outreach.people.model import Contact, Function, ListCheck, Organisation
from var_outreach.tokens import random_token

_CLOSED = "There is no such page"


def ask_list(
    session: Session, organisation: Organisation, contact: Contact, *, until_on: date, now: datetime
) -> tuple[ListCheck, bool]:
    """Ask ``contact`` to look through the list until ``until_on``; return it and whether it is new.

    Asking the same again changes nothing.
    """
    known = session.scalar(
        select(ListCheck).where(
            ListCheck.organisation_id == organisation.id,
            ListCheck.contact_id == contact.id,
            ListCheck.until_on == until_on,
        )
    )
    if known is not None:
        return known, False
    check = ListCheck(
        organisation=organisation,
        contact=contact,
        token=random_token(),
        asked_at=now,
        until_on=until_on,
        answered_at=None,
        corrections=[],
        notified_at=None,
    )
    session.add(check)
    session.flush()
    return check, True


def list_check_by_token(
    session: Session, token: str, *, today: date, lock: bool = False
) -> ListCheck:
    """Return the list check behind a link; raises NotFound, after its last day as well."""
    query = (
        select(ListCheck)
        .join(ListCheck.contact)
        .where(ListCheck.token == token, ListCheck.until_on >= today, Contact.erased_at.is_(None))
    )
    if lock:
        # The contact is joined too, and needs no lock.
        query = query.with_for_update(of=ListCheck)
    found = session.scalar(query)
    if found is None:
        raise NotFound(_CLOSED, remedy="Ask for a new link")
    return found


def offices_of(session: Session, organisation_id: int, on_date: date) -> Sequence[Function]:
    """Return the offices of one organisation as of ``on_date``, also those that begin later."""
    return session.scalars(
        select(Function)
        .where(
            Function.organisation_id == organisation_id,
            or_(Function.until_on.is_(None), Function.until_on >= on_date),
        )
        .options(
            joinedload(Function.organisation),
            joinedload(Function.holder),
            joinedload(Function.secretariat),
        )
        .order_by(Function.role, Function.portfolio, Function.id)
    ).all()


def all_list_checks(session: Session) -> Sequence[ListCheck]:
    """Return every list check, the newest first."""
    return session.scalars(
        select(ListCheck)
        .options(joinedload(ListCheck.organisation), joinedload(ListCheck.contact))
        .order_by(ListCheck.id.desc())
    ).all()


def list_check_counts(session: Session) -> list[tuple[date, datetime, int, int]]:
    """Return, by last day: that day, when it was first asked, how many not mailed, how many silent."""
    is_open = ListCheck.answered_at.is_(None)
    rows = session.execute(
        select(
            ListCheck.until_on,
            func.min(ListCheck.asked_at),
            func.sum(case((is_open & ListCheck.notified_at.is_(None), 1), else_=0)),
            func.sum(case((is_open & ListCheck.notified_at.is_not(None), 1), else_=0)),
        )
        .group_by(ListCheck.until_on)
        .order_by(ListCheck.until_on)
    )
    return [
        (until_on, asked_at, int(unsent), int(silent))
        for until_on, asked_at, unsent, silent in rows
    ]
