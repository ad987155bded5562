"""End offices and let successors take them; what follows for the events ahead follows at once.

*Reads / Writes*: functions, contacts, registrations, under the lock of each event. *Next*: the
next tick mails the old holders and, by the standing invitation, the new ones.

A try-out does the very same in a transaction of which nothing is kept, so it shows exactly what
would happen.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

from sqlalchemy.orm import Session

from var_outreach.app import App
from var_outreach.clock import local_date
from var_outreach.errors import Conflict, InputError
from var_outreach.message import checked_address, checked_name
from var_outreach.people.model import Contact, Function, Organisation, SuppressionReason
from var_outreach.people.offices import (
    Successor,
    Which,
    begins_on,
    end_function,
    find_functions,
    following_function,
    office_words,
)
from var_outreach.people.store import PUBLIC_TASK, add_contact, mailbox_of
from var_outreach.people.successors import read_successors
from var_outreach.people.suppression import suppressed_addresses
from var_outreach.registrations.office_change import events_after, invite_next, take_off
from var_outreach.staff.office_mails import MailLine, mails_of
from var_outreach.staff.person import check_person

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class OfficeLine:
    """One office, as a report names it."""

    id: int
    office: str
    holder: str
    from_on: date | None
    until_on: date | None


@dataclass
class EventLine:
    """What changes for one event."""

    event: str
    title: str
    on_date: date | None
    taken_off: list[str] = field(default_factory=list)
    """Office and holder, and what the answer was."""
    goes_along: list[str] = field(default_factory=list)
    """Who came instead of somebody taken off, and does not come any more."""
    stays: list[str] = field(default_factory=list)
    """Who was to come along with somebody taken off, and still does."""
    invited: list[str] = field(default_factory=list)
    unreachable: list[str] = field(default_factory=list)
    """Successors without a mailbox."""
    mails: list[MailLine] = field(default_factory=list)


@dataclass
class OfficeReport:
    """What a change of offices did, or would do."""

    ended: list[OfficeLine] = field(default_factory=list)
    ended_before: list[OfficeLine] = field(default_factory=list)
    begun: list[OfficeLine] = field(default_factory=list)
    events: list[EventLine] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class OfficeChange:
    """An office that ends, and the one that follows if there is one."""

    function: Function
    following: Function | None = None


def end_functions(
    app: App, which: Which, *, on: date, by: str, dry_run: bool = False
) -> OfficeReport:
    """End offices as of ``on``: the day before is their last; return what that did.

    Those that ended before stay as they are, but what should have followed still follows. Raises
    InputError if nothing says which are meant, NotFound if there are none.
    """
    check_person(by)
    if which == Which():
        raise InputError(
            "this would end every function there is",
            remedy="Give --organisation, --role, --holder or --id",
        )
    last_on = on - ONE_DAY
    report = OfficeReport()
    opened = app.database.trying() if dry_run else app.database.writing()
    with opened as session:
        meant = find_functions(session, which, on_date=None if which.ids else last_on)
        if not meant:
            raise InputError(
                f"nobody holds such a function on {last_on}",
                remedy="See them with: var-outreach functions list",
            )
        for function in meant:
            was_earlier = function.until_on is not None and function.until_on < last_on
            changed = not was_earlier and end_function(function, last_on)
            (report.ended if changed else report.ended_before).append(_line(function))
        session.flush()
        apply_changes(app, session, [OfficeChange(one) for one in meant], report, by=by)
    if not dry_run:
        app.wake()
    return report


def succeed_functions(
    app: App,
    successors: Sequence[Successor],
    *,
    by: str,
    source: str = "",
    dry_run: bool = False,
) -> OfficeReport:
    """Let each of ``successors`` take office; return what that did.

    ``source`` says where we have a new address from (AVG art. 14). Raises NotFound for an office
    that is not there, Conflict where the dates do not fit.
    """
    check_person(by)
    report = OfficeReport()
    opened = app.database.trying() if dry_run else app.database.writing()
    with opened as session:
        changes = [
            take_office(app, session, one, source or f"opgave van {by}", report)
            for one in successors
        ]
        apply_changes(app, session, changes, report, by=by)
    if not dry_run:
        app.wake()
    return report


def succeed_from_file(app: App, path: Path, *, by: str, dry_run: bool = False) -> OfficeReport:
    """Do what ``succeed_functions`` does for every row of a file."""
    with app.database.reading() as session:
        rows = read_successors(session, path, today=_today(app))
    return succeed_functions(app, rows, by=by, source=f"lijst {path.name}", dry_run=dry_run)


def take_office(
    app: App, session: Session, one: Successor, source: str, report: OfficeReport
) -> OfficeChange:
    """Make the office of one successor, and end that of the last holder the day before."""
    function = find_functions(session, Which(ids=(one.function_id,)), on_date=None)[0]
    from_on = begins_on(function, one.from_on, today=_today(app))
    holder = office_holder(
        app,
        session,
        function.organisation,
        name=one.name,
        address=one.address,
        source=source,
        report=report,
    )
    if end_function(function, from_on - ONE_DAY):
        report.ended.append(_line(function))
    session.flush()
    following = following_function(session, function, holder, from_on=from_on)
    report.begun.append(_line(following))
    return OfficeChange(function, following)


def apply_changes(
    app: App, session: Session, changes: Iterable[OfficeChange], report: OfficeReport, *, by: str
) -> None:
    """Let follow what follows for each event ahead: the last holders off, the next invited."""
    now = app.clock.now()
    changes = [change for change in changes if change.function.until_on is not None]
    if not changes:
        return
    last_days = [change.function.until_on for change in changes if change.function.until_on]
    ids = [change.function.id for change in changes]
    for event in events_after(session, ids, min(last_days), now=now):
        line = EventLine(event.key, event.title, event.on_date)
        touched = []
        for change in changes:
            last_on = change.function.until_on
            if last_on is None or event.on_date is None or event.on_date <= last_on:
                continue
            taken = take_off(session, event, change.function, by=by, now=now)
            if taken is not None:
                touched.append(taken.registration)
                line.taken_off.append(f"{_held(change.function)}: {taken.was.value}")
                if taken.substitute is not None:
                    line.goes_along.append(taken.substitute.attendee_name)
                    touched.append(taken.substitute)
                line.stays += [one.attendee_name for one in taken.colleagues]
        for change in changes:
            following = change.following
            if following is None or event.on_date is None:
                continue
            if following.from_on is not None and event.on_date < following.from_on:
                continue
            if mailbox_of(following) is None:
                line.unreachable.append(_held(following))
                continue
            made = invite_next(
                session, event, change.function, following, uid_domain=app.uid_domain, now=now
            )
            if made is not None:
                touched.append(made)
                line.invited.append(_held(following))
        session.flush()
        line.mails = mails_of(session, event, touched, signer=app.signer, now=now)
        if line.taken_off or line.invited or line.unreachable:
            report.events.append(line)
    report.events.sort(key=lambda line: (line.on_date or date.max, line.event))


def office_holder(
    app: App,
    session: Session,
    organisation: Organisation,
    *,
    name: str,
    address: str,
    source: str,
    report: OfficeReport,
) -> Contact:
    """Return whoever has ``address``, made if new, as somebody who may hold an office.

    Raises Conflict for whoever asked to be erased.
    """
    address, name = checked_address(address), checked_name(name)
    where = address
    if not name:
        raise InputError("the successor has no name", where=where, remedy="Give --name")
    erased = suppressed_addresses(
        session, [address], signer=app.signer, reason=SuppressionReason.ERASURE
    )
    if erased:
        raise Conflict(
            f"whoever has '{address}' asked to be erased",
            where=where,
            remedy="Ask for another address, for example the secretariat's",
        )
    contact, is_new = add_contact(
        session,
        address,
        name,
        source=source,
        legal_basis=PUBLIC_TASK,
        now=app.clock.now(),
        organisation=organisation,
    )
    if is_new:
        return contact
    if contact.name and contact.name.casefold() != name.casefold():
        report.notes.append(f"{address} is known as {contact.name}; that name stays")
    # Whoever was a guest of one event only belongs to the network now.
    contact.guest_until_on = None
    contact.name = contact.name or name
    contact.organisation = contact.organisation or organisation
    return contact


def _today(app: App) -> date:
    now: datetime = app.clock.now()
    return local_date(now, app.settings.zone)


def _line(function: Function) -> OfficeLine:
    return OfficeLine(
        function.id,
        office_words(function),
        function.holder.name if function.holder is not None else "",
        function.from_on,
        function.until_on,
    )


def _held(function: Function) -> str:
    holder = function.holder.name if function.holder is not None else "-"
    return f"{office_words(function)} ({holder})"
