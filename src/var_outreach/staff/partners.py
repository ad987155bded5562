"""Let a partner's colleague see one event, and take that back.

*Reads / Writes*: links of partners. *Next*: the page behind the link, until its last day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from difflib import get_close_matches

from var_outreach.agenda.store import find_event
from var_outreach.app import App
from var_outreach.clock import local_date
from var_outreach.errors import InputError, NotFound
from var_outreach.registrations.model import PartnerAccess
from var_outreach.registrations.partner_access import all_access, grant_access, revoke_access
from var_outreach.staff.person import check_person


@dataclass(frozen=True)
class Access:
    """One link as staff see it."""

    id: int
    event: str
    name: str
    partner: str
    until_on: date
    state: str
    """open, expired or revoked."""
    made_by: str
    made_at: datetime
    url: str


def grant(
    app: App, event_key: str, *, name: str, partner: str = "", until_on: date, by: str
) -> Access:
    """Make a link to an event for a partner's colleague; return it with its address."""
    check_person(by)
    if partner and partner not in app.partners:
        near = get_close_matches(partner, app.partners, n=1)
        hint = f"Did you mean '{near[0]}'?" if near else f"Use one of: {', '.join(app.partners)}"
        raise InputError(f"there is no partner '{partner}'", where="--partner", remedy=hint)
    now = app.clock.now()
    with app.database.writing() as session:
        access = grant_access(
            session,
            find_event(session, event_key),
            name=name,
            partner_key=partner,
            until_on=until_on,
            by=by,
            now=now,
            today=local_date(now, app.settings.zone),
        )
        return _as_staff_see_it(app, access)


def list_access(app: App, event_key: str | None = None) -> list[Access]:
    """Return every link, or those to one event, oldest first."""
    with app.database.reading() as session:
        event = None if event_key is None else find_event(session, event_key)
        return [_as_staff_see_it(app, one) for one in all_access(session, event)]


def revoke(app: App, number: int) -> Access:
    """Let link ``number`` open nothing any more; one that was revoked stays so."""
    with app.database.writing() as session:
        access = session.get(PartnerAccess, number)
        if access is None:
            raise NotFound(
                f"there is no link {number}", remedy="See them with: var-outreach partners list"
            )
        revoke_access(session, access, now=app.clock.now())
        return _as_staff_see_it(app, access)


def _as_staff_see_it(app: App, access: PartnerAccess) -> Access:
    today = local_date(app.clock.now(), app.settings.zone)
    state = "expired" if access.until_on < today else "open"
    return Access(
        id=access.id,
        event=access.event.key,
        name=access.name,
        partner=access.partner_key,
        until_on=access.until_on,
        state="revoked" if access.closed_at is not None else state,
        made_by=access.made_by,
        made_at=access.made_at,
        url=f"{app.settings.base_url}/partner/{access.token}",
    )
