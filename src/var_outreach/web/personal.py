"""Somebody's own page: their events and answers, newsletter, themes, language and data.

*Reads*: a contact and all that hangs on it. *Writes*: name, language and themes. *Next*:
``answering.py`` changes an answer, ``subscribing.py`` takes somebody off the newsletter.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from var_outreach.composing.ical import compose_publish
from var_outreach.errors import NotFound
from var_outreach.i18n import LANGUAGES
from var_outreach.people.model import Contact, SubscriptionState
from var_outreach.people.store import contact_by_token, functions_of, set_topics
from var_outreach.people.subscriptions import NEWSLETTER, subscription_of
from var_outreach.registrations.store import invitations_of_contact
from var_outreach.tokens import is_token
from var_outreach.web.agenda import webcal
from var_outreach.web.answer_view import InvitationView, invitation_view, is_hidden, office_name
from var_outreach.web.calendars import calendar_response, own_entry
from var_outreach.web.event_view import TopicView, topics
from var_outreach.web.forms import Form, FormDep, SameOrigin, form_token, is_our_form
from var_outreach.web.series import series_of
from var_outreach.web.site import Here, HereDep

router = APIRouter()


@dataclass(frozen=True)
class PersonView:
    """A contact as the page shows it to that contact."""

    token: str
    name: str
    address: str
    organisation: str
    offices: tuple[str, ...]
    source: str
    language: str
    topic_keys: frozenset[str]
    newsletter: SubscriptionState | None
    leave_token: str
    invitations: tuple[InvitationView, ...]
    topics: tuple[TopicView, ...]


@router.get("/mijn/{token}")
def show_person(here: HereDep, token: str, bewaard: str = "") -> Response:
    """Show the page."""
    return _page(here, _load(here, token), Form.empty(), saved=bewaard == "ja")


@router.post("/mijn/{token}", dependencies=[SameOrigin])
def save_person(here: HereDep, form: FormDep, token: str) -> Response:
    """Keep the name, the language and the themes."""
    person = _load(here, token)
    name = form.line(
        "naam", missing=here._("Vul uw naam in."), too_long=here._("Vul een kortere naam in.")
    )
    language = form.text("taal")
    if language not in LANGUAGES:
        form.errors["taal"] = here._("Kies een taal.")
    known = {topic.key for topic in person.topics}
    wanted = [key for key in form.many("thema") if key in known]
    if not is_our_form(here.app.signer, form.text("formulier"), f"/mijn/{token}", here.now):
        form.errors["formulier"] = here._("De pagina stond te lang open. Verstuur hem nog eens.")
    if form.errors:
        return _page(here, person, form, status=422)
    with here.app.database.writing() as session:
        contact = _contact(session, token)
        contact.name = name
        contact.language = language
        set_topics(session, contact, wanted)
    here.app.wake()
    return here.see(f"/mijn/{token}?bewaard=ja")


@router.get("/mijn/{token}/agenda.ics")
def follow_own_agenda(here: HereDep, request: Request, token: str) -> Response:
    """Send the feed of the events that this person was asked to and did not decline."""
    person = _load(here, token)
    wanted = [one for one in person.invitations if one.is_wanted]
    entries = [
        own_entry(here, one.event.facts, uid=one.uid, sequence=one.sequence, token=one.token)
        for one in wanted
    ]
    body = compose_publish(
        [one for one in entries if one is not None],
        here._("Agenda %(name)s, uw bijeenkomsten", name=here.app.network.short_name),
        url=here.absolute(f"/mijn/{token}"),
        zone=here.app.settings.timezone,
        language=here.language,
    )
    changed = (one.event.facts.changed_at for one in wanted)
    return calendar_response(request, body, changed, name="agenda.ics", public=False)


def _load(here: Here, token: str) -> PersonView:
    with here.app.database.reading() as session:
        contact = _contact(session, token)
        names = topics(session, here)
        subscription = subscription_of(session, contact, NEWSLETTER)
        rows = invitations_of_contact(session, contact.id)
        invitations = [
            invitation_view(session, here, row, names)
            for row in rows
            if not is_hidden(session, row)
        ]
        offices = functions_of(session, contact, here.today)
        return PersonView(
            token=contact.token,
            name=contact.name,
            address=contact.address or "",
            organisation=contact.organisation.name if contact.organisation else "",
            offices=tuple(f"{office_name(one)}, {one.organisation.name}" for one in offices),
            source=contact.source,
            language=contact.language,
            topic_keys=frozenset(link.topic.key for link in contact.topics),
            newsletter=subscription.state if subscription else None,
            leave_token=subscription.token if subscription else "",
            invitations=tuple(sorted(invitations, key=_by_date)),
            topics=tuple(names.values()),
        )


def _contact(session: Session, token: str) -> Contact:
    if not is_token(token):
        raise NotFound("there is no such page", remedy="Use the link in the newest mail")
    return contact_by_token(session, token)


def _by_date(one: InvitationView) -> tuple[bool, str, int]:
    day = one.event.facts.on_date
    return day is None, day.isoformat() if day else "", one.event.facts.id


def _is_over(one: InvitationView, today: date) -> bool:
    """Tell whether the event has been, or was off on a day that has passed."""
    day = one.event.facts.on_date
    return one.event.is_past or (one.event.is_off and day is not None and day < today)


def _page(
    here: Here, person: PersonView, form: Form, *, saved: bool = False, status: int = 200
) -> Response:
    page = f"/mijn/{person.token}"
    return here.page(
        "person.html",
        status=status,
        twin=page,
        person=person,
        coming=[one for one in person.invitations if not _is_over(one, here.today)],
        series=series_of(person.invitations),
        past=[one for one in reversed(person.invitations) if _is_over(one, here.today)],
        form=form,
        saved=saved,
        token=form_token(here.app.signer, page, here.now),
        feed=here.absolute(f"{page}/agenda.ics"),
        webcal=webcal(here.absolute(f"{page}/agenda.ics")),
    )
