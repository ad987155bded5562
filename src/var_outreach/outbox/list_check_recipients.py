"""Who is asked whether a list of offices is right, and what is filled in for them.

*Reads*: list checks. *Writes*: when their mail was enqueued. *Next*: ``recipients.py`` hands them
on; ``recheck.py`` leaves out who answered meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from var_outreach.composing.list_check import REMINDER
from var_outreach.outbox.places import contact_places, site
from var_outreach.outbox.sender import Recipient, Sender
from var_outreach.people.model import ListCheck
from var_outreach.planning.due import AudienceSpec

PREFIX = "list-check:"
NOT_TWICE_WITHIN = timedelta(days=3)
"""Whoever was mailed the request so lately is not reminded of it."""


def list_check_recipients(
    session: Session,
    spec: AudienceSpec,
    sender: Sender,
    served: frozenset[str],
    *,
    now: datetime,
) -> Iterator[Recipient]:
    """Yield who is asked, or reminded, about a list until the day that ``spec`` names."""
    reminds = REMINDER in spec.states
    query = (
        select(ListCheck)
        .options(joinedload(ListCheck.contact), joinedload(ListCheck.organisation))
        .where(ListCheck.until_on == date.fromisoformat(spec.key), ListCheck.answered_at.is_(None))
        .order_by(ListCheck.id)
    )
    if reminds:
        query = query.where(ListCheck.notified_at <= now - NOT_TWICE_WITHIN)
    else:
        query = query.where(ListCheck.notified_at.is_(None))
    for check in session.scalars(query).all():
        key, contact = f"{PREFIX}{check.id}", check.contact
        if contact.address is None or key in served:
            continue
        if not reminds:
            check.notified_at = now
        language = contact.language
        places = {
            **contact_places(sender.network, contact),
            "organisation": check.organisation.name,
            "list_url": site(sender.network, f"/lijst/{check.token}", language),
        }
        variant = f"{language}/{REMINDER}" if reminds else language
        yield Recipient(key, 0, variant, contact.address, contact.name, places)


def answered_checks(session: Session, keys: Iterable[str]) -> set[str]:
    """Return which of the recipients ``keys`` have answered about their list."""
    ids = [int(key.removeprefix(PREFIX)) for key in keys if key.startswith(PREFIX)]
    if not ids:
        return set()
    answered = session.scalars(
        select(ListCheck.id).where(ListCheck.id.in_(ids), ListCheck.answered_at.is_not(None))
    )
    return {f"{PREFIX}{check_id}" for check_id in answered}
