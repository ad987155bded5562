"""Offices end and pass to the next holder; finds which are meant.

*Reads*: functions, contacts. *Writes*: functions and their holders.
*Next*: ``staff/functions.py`` lets follow what follows for the events after the change.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload

from var_outreach.errors import Conflict, NotFound
from var_outreach.people.model import Contact, Function, Organisation
from var_outreach.people.store import find_contact

SEE = "See them with: var-outreach functions list"


@dataclass(frozen=True)
class Which:
    """Which offices are meant: of each condition one of its values, all conditions together."""

    organisations: tuple[str, ...] = ()
    """Keys."""
    roles: tuple[str, ...] = ()
    holders: tuple[str, ...] = ()
    """Mail addresses."""
    ids: tuple[int, ...] = ()


@dataclass(frozen=True)
class Successor:
    """Who holds an office next, and from when; without ``from_on`` from the day it ends."""

    function_id: int
    name: str
    address: str
    from_on: date | None = None


def find_functions(session: Session, which: Which, *, on_date: date | None) -> list[Function]:
    """Return the offices that are meant, those of ``on_date`` unless it is None, by organisation.

    Raises NotFound for an organisation, holder or id that is not there.
    """
    query = (
        select(Function)
        .join(Function.organisation)
        .options(
            joinedload(Function.organisation),
            joinedload(Function.holder),
            joinedload(Function.secretariat),
        )
        .order_by(Organisation.name, Function.role, Function.portfolio, Function.id)
    )
    if on_date is not None:
        query = query.where(
            or_(Function.from_on.is_(None), Function.from_on <= on_date),
            or_(Function.until_on.is_(None), Function.until_on >= on_date),
        )
    if which.organisations:
        query = query.where(Function.organisation_id.in_(_organisations(session, which)))
    if which.roles:
        query = query.where(Function.role.in_([role.lower() for role in which.roles]))
    if which.holders:
        query = query.where(Function.holder_id.in_(_holders(session, which)))
    if which.ids:
        query = query.where(Function.id.in_(which.ids))
    found = list(session.scalars(query))
    missing = set(which.ids) - {function.id for function in found}
    for key in sorted(missing):
        when = "" if session.get(Function, key) is None else f" on {on_date}, or it is another's"
        raise NotFound(f"there is no function {key}{when}", remedy=SEE)
    return found


def end_function(function: Function, last_on: date) -> bool:
    """Let ``last_on`` be the last day of an office; return whether that is earlier than it was.

    Raises Conflict if the office begins later.
    """
    if function.from_on is not None and function.from_on > last_on:
        raise Conflict(
            f"this function begins on {function.from_on}, so it cannot end on {last_on}",
            where=f"function {function.id}",
            remedy="Choose a later date",
        )
    if function.until_on is not None and function.until_on <= last_on:
        return False
    function.until_on = last_on
    return True


def following_function(
    session: Session, function: Function, holder: Contact, *, from_on: date
) -> Function:
    """Return the office of the next holder, with the secretariat of the last; made if it is new.

    Raises Conflict if somebody else follows already, or if ``holder`` holds it now.
    """
    if function.holder_id == holder.id:
        raise Conflict(
            "this person holds the function already",
            where=f"function {function.id}",
            remedy="Name somebody else",
        )
    alike = session.scalars(
        select(Function)
        .where(
            Function.organisation_id == function.organisation_id,
            Function.role == function.role,
            Function.portfolio == function.portfolio,
        )
        .order_by(Function.id)
    ).all()
    later = [one for one in alike if one.from_on == from_on and one.id != function.id]
    for one in later:
        if one.holder_id == holder.id:
            return one
    # There may be two advisers of one name, and a successor for each.
    since = function.until_on or from_on - timedelta(days=1)
    ended = [one for one in alike if one.until_on and since <= one.until_on < from_on]
    if len(later) >= len(ended):
        raise Conflict(
            f"somebody follows already on {from_on}: function {later[0].id}",
            where=f"function {function.id}",
            remedy=f"End that first: var-outreach functions end --id {later[0].id} --on DATE",
        )
    following = Function(
        organisation=function.organisation,
        role=function.role,
        portfolio=function.portfolio,
        holder=holder,
        secretariat=function.secretariat,
        from_on=from_on,
        until_on=None,
    )
    session.add(following)
    session.flush()
    return following


def begins_on(function: Function, from_on: date | None, *, today: date) -> date:
    """Return the first day of the next holder: ``from_on``, the day after the end, or today."""
    if from_on is not None:
        return from_on
    if function.until_on is not None:
        return function.until_on + timedelta(days=1)
    return today


def office_words(function: Function) -> str:
    """Return an office in words: "wethouder zorg, Gemeente Dordrecht"."""
    portfolio = f" {function.portfolio}" if function.portfolio else ""
    return f"{function.role}{portfolio}, {function.organisation.name}"


def _organisations(session: Session, which: Which) -> list[int]:
    return [_organisation(session, key).id for key in which.organisations]


def _organisation(session: Session, key: str) -> Organisation:
    found = session.scalar(select(Organisation).where(Organisation.key == key))
    if found is None:
        raise NotFound(f"there is no organisation '{key}'", remedy=SEE)
    return found


def _holders(session: Session, which: Which) -> Sequence[int]:
    ids = []
    for address in which.holders:
        found = find_contact(session, address)
        if found is None:
            raise NotFound(f"there is nobody at '{address}'", remedy=SEE)
        ids.append(found.id)
    return ids
