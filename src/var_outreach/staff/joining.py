"""Join two contacts that are one person, and organisations that merged, with all their history.

*Reads / Writes*: people, registrations, programme, deliveries, in one transaction. *Next*: the
next tick tells whoever got a place by it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from var_outreach.app import App
from var_outreach.clock import local_date
from var_outreach.errors import InputError, NotFound
from var_outreach.outbox.merging import redirect_deliveries
from var_outreach.people.duplicates import Pair, find_duplicates
from var_outreach.people.joining import (
    contact_named,
    drop_functions,
    join_contacts,
    merge_organisations,
)
from var_outreach.people.model import Organisation
from var_outreach.programme.merging import merge_choices, merge_speakers
from var_outreach.registrations.merging import (
    drop_registrations,
    lock_events_of,
    merge_registrations,
)
from var_outreach.staff.person import check_person


@dataclass(frozen=True)
class JoinReport:
    """What a join moved to who is kept."""

    keep: str
    other: str
    functions: int
    registrations: int
    """Invited where the kept was not."""
    registrations_joined: int
    """Both were invited: the better answer counts."""
    topics: int
    deliveries: int
    lists_left: tuple[str, ...]
    """Lists that the person gets no longer, for one of the two had left them."""
    alias: str
    """The address by which the person is found from now on as well."""


@dataclass(frozen=True)
class MergeReport:
    """What a merger of organisations did."""

    old: str
    into: str
    on: date
    functions_ended: int
    contacts: int


def list_duplicates(app: App) -> list[Pair]:
    """Return the pairs of contacts that may be one person."""
    with app.database.reading() as session:
        return find_duplicates(session)


def join_people(app: App, keep: str, other: str, *, by: str, dry_run: bool = False) -> JoinReport:
    """Let the contact ``keep`` be what ``other`` was; each is an address or a number.

    With ``dry_run`` nothing is kept. Raises NotFound for somebody unknown and Conflict for two
    that cannot be joined, or while a mail to one of them is on its way.
    """
    check_person(by)
    now = app.clock.now()
    with app.database.trying() if dry_run else app.database.writing() as session:
        kept, gone = contact_named(session, keep), contact_named(session, other)
        names = (kept.address or kept.name, gone.address or gone.name)
        lock_events_of(session, kept, gone)
        people = join_contacts(session, kept, gone, by=by, now=now, signer=app.signer)
        merged = merge_registrations(session, kept, gone, people.functions, by=by, now=now)
        merge_choices(session, merged.gone, now=now)
        merge_speakers(session, kept, gone)
        deliveries = redirect_deliveries(
            session,
            contact=(gone.id, kept.id),
            invitations=merged.invitations,
            registrations=merged.gone,
            subscriptions=people.subscriptions,
        )
        drop_registrations(session, merged)
        drop_functions(session, people.functions)
        report = JoinReport(
            *names,
            functions=people.functions_moved,
            registrations=merged.moved,
            registrations_joined=len(merged.gone),
            topics=people.topics_moved,
            deliveries=deliveries,
            lists_left=tuple(people.left),
            alias=people.alias,
        )
    if not dry_run:
        app.wake()
    return report


def merge_organisation(
    app: App, old: str, *, into: str, on: date, by: str, dry_run: bool = False
) -> MergeReport:
    """Let organisation ``into`` take the place of ``old`` from ``on``; both are keys.

    What was answered in the name of ``old`` stays, for the figures of the past. Raises NotFound
    for an unknown organisation, InputError for a day that has not come, Conflict for one that
    merged before.
    """
    check_person(by)
    if on > local_date(app.clock.now(), app.settings.zone):
        raise InputError(
            f"{on.isoformat()} has not come yet, and whose people these are changes at once",
            where="--on",
            remedy="Do it on the day. To end the offices before: var-outreach functions end",
        )
    with app.database.trying() if dry_run else app.database.writing() as session:
        found = {
            key: session.scalar(select(Organisation).where(Organisation.key == key))
            for key in (old, into)
        }
        for key, organisation in found.items():
            if organisation is None:
                raise NotFound(
                    f"there is no organisation '{key}'",
                    remedy="Use its key, for example gemeente-dordrecht",
                )
        gone, present = found[old], found[into]
        assert gone is not None
        assert present is not None
        ended, contacts = merge_organisations(session, gone, present, on=on)
        return MergeReport(gone.key, present.key, on, ended, contacts)
