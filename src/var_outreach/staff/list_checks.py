"""Ask organisations whether their list of offices is right, and apply what they correct.

*Reads / Writes*: list checks, functions of that one organisation, what follows for its events.
*Next*: the tick drafts the mail that asks; staff undo a correction with ``functions``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from var_outreach.app import App
from var_outreach.clock import local_date
from var_outreach.errors import Conflict, InputError, NotFound
from var_outreach.people.list_checks import ask_list, list_check_by_token, offices_of
from var_outreach.people.model import Contact, Function, ListCheck, Organisation
from var_outreach.people.offices import (
    Successor,
    Which,
    end_function,
    find_functions,
    office_words,
)
from var_outreach.people.store import find_contact
from var_outreach.planning.mail_kinds import MailKind
from var_outreach.staff.functions import (
    ONE_DAY,
    OfficeChange,
    OfficeReport,
    apply_changes,
    office_holder,
    take_office,
)

ENDED, SUCCEEDED, ADDED = "ended", "succeeded", "added"


@dataclass(frozen=True)
class AskedLine:
    """Who is asked about which list."""

    organisation: str
    name: str
    address: str
    is_new: bool


@dataclass
class Asked:
    """What asking did."""

    mailing: str
    """Key of the mailing that asks, as soon as it is drafted."""
    asked: list[AskedLine] = field(default_factory=list)
    nobody: list[str] = field(default_factory=list)
    """Organisations in which nobody can be asked."""


@dataclass(frozen=True)
class Correction:
    """What is not right about one office: it ended, or ``name`` holds it as of ``on``."""

    function_id: int
    on: date
    name: str = ""
    address: str = ""


@dataclass(frozen=True)
class Addition:
    """Somebody who is missing on the list."""

    role: str
    portfolio: str
    name: str
    address: str


def ask_lists(
    app: App,
    organisation_keys: Sequence[str],
    *,
    until_on: date,
    to_role: str | None = None,
    to_address: str | None = None,
) -> Asked:
    """Ask about the lists of these organisations, or of all that have ``to_role``.

    Who is asked holds ``to_role`` there, or has ``to_address``. Raises InputError where that does
    not say whom, NotFound for an organisation or a person who is not there.
    """
    now = app.clock.now()
    today = local_date(now, app.settings.zone)
    if until_on <= today:
        raise InputError(f"{until_on} is not ahead", where="--until", remedy="Give them some days")
    if (to_role is None) == (to_address is None):
        raise InputError("this does not say who is asked", remedy="Give --to-role or --to")
    if to_address is not None and len(organisation_keys) != 1:
        raise InputError(
            "one address is asked about one organisation",
            where="--to",
            remedy="Give one --organisation, or use --to-role",
        )
    done = Asked(f"{MailKind.LIST_CHECK}:{until_on.isoformat()}")
    with app.database.writing() as session:
        for organisation in _organisations(session, organisation_keys, to_role, today):
            contact = _whom(session, organisation, to_role, to_address, today)
            if contact is None or contact.address is None:
                done.nobody.append(organisation.name)
                continue
            _, is_new = ask_list(session, organisation, contact, until_on=until_on, now=now)
            done.asked.append(AskedLine(organisation.name, contact.name, contact.address, is_new))
    app.wake()
    return done


def answer_list(
    app: App, token: str, corrections: Sequence[Correction], additions: Sequence[Addition]
) -> OfficeReport:
    """Apply what was said of the list behind ``token``, all of it or nothing.

    Raises NotFound for a link that is none or is over, Conflict where an office is not (or no
    longer) on that organisation's list or an address may not be used.
    """
    now = app.clock.now()
    today = local_date(now, app.settings.zone)
    report = OfficeReport()
    with app.database.writing() as session:
        check = list_check_by_token(session, token, today=today, lock=True)
        own = {one.id for one in offices_of(session, check.organisation_id, today)}
        said: list[dict[str, Any]] = []
        changes = []
        by = f"list check {check.id}"
        source = f"opgave van de contactpersoon van {check.organisation.name}"
        for correction in corrections:
            if correction.function_id not in own:
                raise Conflict("this list has changed", remedy="Open the page again")
            changes.append(_corrected(app, session, correction, source, report, said))
        for addition in additions:
            added = _added(app, session, check, addition, source, report, today)
            if added is not None:
                said.append({"what": ADDED, "function_id": added.id})
        session.flush()
        apply_changes(app, session, changes, report, by=by)
        check.answered_at = now
        check.corrections = [
            *check.corrections,
            *({"at": now.isoformat(), **one} for one in said),
        ]
    app.wake()
    return report


def correction_words(session: Session, corrections: Iterable[Any]) -> list[dict[str, str]]:
    """Return the corrections of a list check in words, each with the moment it was given."""
    return [
        {"at": str(one.get("at", "")), "words": _in_words(session, one)}
        for one in corrections
        if isinstance(one, dict)
    ]


def _in_words(session: Session, correction: dict[str, Any]) -> str:
    function = session.get(Function, int(correction["function_id"]))
    if function is None:
        return str(correction["what"])
    holder = function.holder.name if function.holder is not None else "vacant"
    words = f"{office_words(function)} ({holder})"
    if correction["what"] == ENDED:
        return f"{words} ends as of {correction['on']}"
    if correction["what"] == SUCCEEDED:
        return f"{words} begins on {correction['on']}"
    return f"{words} was missing"


def _corrected(
    app: App,
    session: Session,
    correction: Correction,
    source: str,
    report: OfficeReport,
    said: list[dict[str, Any]],
) -> OfficeChange:
    on = correction.on
    if correction.name:
        one = Successor(correction.function_id, correction.name, correction.address, on)
        change = take_office(app, session, one, source, report)
        assert change.following is not None
        said.append({"what": SUCCEEDED, "function_id": change.following.id, "on": on.isoformat()})
        return change
    function = find_functions(session, Which(ids=(correction.function_id,)), on_date=None)[0]
    end_function(function, on - ONE_DAY)
    said.append({"what": ENDED, "function_id": function.id, "on": on.isoformat()})
    return OfficeChange(function)


def _added(
    app: App,
    session: Session,
    check: ListCheck,
    addition: Addition,
    source: str,
    report: OfficeReport,
    today: date,
) -> Function | None:
    role, portfolio = addition.role.strip().lower(), addition.portfolio.strip()
    contact = office_holder(
        app,
        session,
        check.organisation,
        name=addition.name,
        address=addition.address,
        source=source,
        report=report,
    )
    for known in offices_of(session, check.organisation_id, today):
        if (known.role, known.portfolio, known.holder_id) == (role, portfolio, contact.id):
            return None
    function = Function(
        organisation=check.organisation,
        role=role,
        portfolio=portfolio,
        holder=contact,
        secretariat=None,
        from_on=None,
        until_on=None,
    )
    session.add(function)
    session.flush()
    return function


def _organisations(
    session: Session, keys: Sequence[str], to_role: str | None, today: date
) -> list[Organisation]:
    if keys:
        found = []
        for key in dict.fromkeys(keys):
            one = session.scalar(select(Organisation).where(Organisation.key == key))
            if one is None:
                raise NotFound(
                    f"there is no organisation '{key}'",
                    remedy="See them with: var-outreach functions list",
                )
            found.append(one)
        return found
    holding = find_functions(session, Which(roles=(to_role or "",)), on_date=today)
    if not holding:
        raise NotFound(
            f"nobody holds the function '{to_role}'",
            remedy="See them with: var-outreach functions list",
        )
    return list({one.organisation_id: one.organisation for one in holding}.values())


def _whom(
    session: Session,
    organisation: Organisation,
    to_role: str | None,
    to_address: str | None,
    today: date,
) -> Contact | None:
    if to_address is not None:
        contact = find_contact(session, to_address)
        if contact is None:
            raise NotFound(
                f"there is nobody at '{to_address}'",
                where="--to",
                remedy="Bring them in first: var-outreach people import",
            )
        return contact
    for function in offices_of(session, organisation.id, today):
        is_later = function.from_on is not None and function.from_on > today
        if is_later or function.role != (to_role or "").lower():
            continue
        for contact in (function.holder, function.secretariat):
            if contact is not None and contact.address is not None:
                return contact
    return None
