"""How many people an answer page names or drops, so that it is no way to mail strangers.

*Reads*: the registrations of one event, before and after an answer that is not kept yet. *Writes*:
counters in memory. *Next*: ``answering.py`` keeps the answer, or says why not.

It counts what the answer did to others, whatever was filled in: only who is mailed of it counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from var_outreach.registrations.model import Invitation, Registration
from var_outreach.registrations.standing_in import brought_by
from var_outreach.registrations.store import FORWARDED, HOST, history
from var_outreach.web.site import Here

MOST_NAMED = 20
"""People that one invitee names for one event, also who was dropped again."""


class TooOften(Exception):
    """The sender must wait; nothing of the answer is kept."""


class TooManyNamed(Exception):
    """An invitee named more than ``MOST_NAMED`` people; nothing of the answer is kept."""


@dataclass(frozen=True)
class Before:
    """How an event's registrations stood."""

    invitation: Invitation
    versions: dict[int, int]


def before_answering(session: Session, invitation: Invitation) -> Before:
    """Return how the event of ``invitation`` stands."""
    rows = session.execute(
        select(Registration.id, Registration.version).where(
            Registration.event_id == invitation.event_id
        )
    )
    return Before(invitation, {row.id: row.version for row in rows})


def named_ever(session: Session, host: Registration) -> set[int]:
    """Return the ids of whom ``host`` named; who came by a forwarded link came by themselves."""
    return {
        row.id
        for row in brought_by(session, host)
        if not any(change.via == FORWARDED for change in history(session, row.id)[:1])
    }


def check_named(session: Session, host: Registration, known: set[int]) -> None:
    """Raise TooManyNamed if ``host`` named somebody not in ``known`` beyond the most there are."""
    session.flush()
    now_named = named_ever(session, host)
    if len(now_named) > MOST_NAMED and now_named - known:
        raise TooManyNamed


def check_not_too_often(session: Session, here: Here, client: str, before: Before) -> None:
    """Count everybody else who is mailed of this answer; raise TooOften if that is too often."""
    session.flush()
    if here.site.limits.refuses_named(client, _mailed(session, here, before), here.now):
        raise TooOften


def _mailed(session: Session, here: Here, before: Before) -> Iterable[str]:
    """Return the addresses of who was newly named or dropped, at a mailbox of their own."""
    own = {row.id for row in before.invitation.registrations}
    rows = session.scalars(
        select(Registration)
        .options(joinedload(Registration.contact))
        .where(
            Registration.event_id == before.invitation.event_id,
            Registration.invitation_id != before.invitation.id,
        )
        .order_by(Registration.id)
        .execution_options(populate_existing=True)
    )
    return [
        row.contact.address
        for row in rows
        if row.version > before.versions.get(row.id, 0)
        # Whoever moves up from the waiting list by this was not named here.
        and (row.brought_by_id in own or (row.answered_via, row.answered_at) == (HOST, here.now))
        and row.contact.address
    ]
