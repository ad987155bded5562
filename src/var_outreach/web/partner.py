"""The page on which a partner's colleague sees one event, its figures and its guests.

*Reads*: one event with its registrations, the partner's own news. *Writes*: nothing. *Next*:
nothing. The secret in the address is the permission, and it ends; a link that is over, that was
taken back and that never was answer alike.

Of guests stand here name, organisation and function: no address, no diet, no reply.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from fastapi import APIRouter, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from var_outreach.agenda.model import Event
from var_outreach.errors import NotFound
from var_outreach.news.model import NewsItem
from var_outreach.registrations.model import COMING, RegistrationState
from var_outreach.registrations.partner_access import find_access
from var_outreach.registrations.store import counts_by_state
from var_outreach.reporting.guests import Guest, guests_of
from var_outreach.web.event_view import EventView, topics, view, with_talks
from var_outreach.web.site import Here, HereDep

router = APIRouter()
MOST_NEWS = 20
_NOT = frozenset({RegistrationState.DECLINED, RegistrationState.CANCELLED})


@dataclass(frozen=True)
class GuestView:
    """One guest, as much of them as a partner sees."""

    name: str
    function: str
    organisation: str


@dataclass(frozen=True)
class Figures:
    """How many invitees stand where; who was taken off counts nowhere."""

    coming: int
    maybe: int
    waiting: int
    not_coming: int
    represented: int
    silent: int


@dataclass(frozen=True)
class ItemView:
    """One news item of the partner."""

    title: str
    summary: str
    url: str
    on_date: date
    language: str


@dataclass(frozen=True)
class PartnerView:
    """All that is behind one link."""

    name: str
    partner: str
    """The partner's name; empty if the link is for none in particular."""
    until_on: date
    event: EventView
    figures: Figures
    guests: tuple[GuestView, ...]
    news: tuple[ItemView, ...]


@router.get("/partner/{token}")
def show_partner(here: HereDep, token: str) -> Response:
    """Show the event to whoever has the link, for as long as it is good."""
    with here.app.database.reading() as session:
        access = find_access(session, token, today=here.today)
        if access is None:
            raise NotFound("there is no such page", remedy="Ask for a new link")
        known = here.app.partners.get(access.partner_key)
        guests = guests_of(session, access.event)
        shown = PartnerView(
            name=access.name,
            partner=known.name if known is not None else access.partner_key,
            until_on=access.until_on,
            event=_event(session, here, access.event),
            figures=_figures(guests),
            guests=tuple(
                GuestView(one.name, one.function, one.organisation) for one in guests if one.comes
            ),
            news=_news(session, access.partner_key),
        )
    return here.page("partner.html", shown=shown, event=shown.event)


def _event(session: Session, here: Here, row: Event) -> EventView:
    shown = view(here, row, topics(session, here), counts_by_state(session, row.id))
    return with_talks(session, here, row, shown)


def _figures(guests: tuple[Guest, ...]) -> Figures:
    states = [one.state for one in guests if not one.withdrawn]
    return Figures(
        coming=sum(state in COMING for state in states),
        maybe=states.count(RegistrationState.TENTATIVE),
        waiting=states.count(RegistrationState.WAITLISTED),
        not_coming=sum(state in _NOT for state in states),
        represented=states.count(RegistrationState.REPRESENTED),
        silent=states.count(RegistrationState.INVITED),
    )


def _news(session: Session, partner_key: str) -> tuple[ItemView, ...]:
    if not partner_key:
        return ()
    rows = session.scalars(
        select(NewsItem)
        .where(NewsItem.partner == partner_key)
        .order_by(NewsItem.published_on.desc(), NewsItem.id.desc())
        .limit(MOST_NEWS)
    )
    return tuple(
        ItemView(row.title, row.summary, row.url or "", row.published_on, row.language)
        for row in rows
    )
