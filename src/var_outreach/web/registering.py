"""Public registration: anybody may come to an event that is open.

*Reads*: a public event, a form. *Writes*: a registration, through ``registrations/answers``.
*Next*: the confirmation or waiting-list mail follows by itself; the personal link stands in it
and nowhere else, for whoever fills in an address need not be its owner.
"""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from var_outreach.errors import Conflict
from var_outreach.registrations.answers import Answer, register_openly
from var_outreach.registrations.model import RegistrationState
from var_outreach.web.event_view import EventView, public_event, public_row
from var_outreach.web.forms import Form, FormDep, SameOrigin, form_token, is_our_form
from var_outreach.web.limits import taking
from var_outreach.web.questions import PREFIX, read_replies
from var_outreach.web.site import Here, HereDep
from var_outreach.web.words import Status

router = APIRouter()


@router.get("/agenda/{key}/aanmelden")
def show_registration(here: HereDep, key: str, ontvangen: str = "") -> Response:
    """Show the form, or what happens next once it was sent."""
    event = _event(here, key)
    if ontvangen in {"plek", "wachtlijst"}:
        waiting = ontvangen == "wachtlijst"
        return here.page("registered.html", event=event, waiting=waiting, twin=_path(key))
    if not event.can_register:
        return here.page("registration_closed.html", event=event)
    return _form_page(here, event, Form.empty())


@router.post("/agenda/{key}/aanmelden", dependencies=[SameOrigin])
def register(here: HereDep, request: Request, form: FormDep, key: str) -> Response:
    """Take the registration; the answer is the same whether or not the address is known."""
    event = _event(here, key)
    if not event.can_register:
        return here.page("registration_closed.html", event=event, status=409)
    name = form.line(
        "naam", missing=here._("Vul uw naam in."), too_long=here._("Vul een kortere naam in.")
    )
    address = form.address(
        "adres", wrong=here._("Vul een e-mailadres in zoals naam@gemeente.example.")
    )
    too_long = here._("Maak uw tekst korter, tot 1000 tekens.")
    answer = Answer(
        RegistrationState.ACCEPTED,
        name,
        note=form.note("opmerking", too_long=too_long),
        diet=form.note("dieet", too_long=too_long) if event.facts.asks_diet else "",
        replies=read_replies(here, form, event.facts.questions, PREFIX),
    )
    if not is_our_form(here.app.signer, form.text("formulier"), _path(key), here.now):
        form.errors["formulier"] = here._("De pagina stond te lang open. Verstuur hem nog eens.")
    if form.errors:
        return _form_page(here, event, form, status=422)
    client = request.client.host if request.client else ""
    if here.site.limits.too_many(client, address, here.now):
        return here.page("too_many.html", status=429)
    waiting = event.status is Status.FULL
    with taking(here.site.equal_seconds):
        if not here.site.limits.spare(address, here.now):
            with here.app.database.writing() as session:
                _register(session, here, key, address, answer)
            here.app.wake()
    return here.see(f"{_path(key)}?ontvangen={'wachtlijst' if waiting else 'plek'}")


def _register(session: Session, here: Here, key: str, address: str, answer: Answer) -> None:
    try:
        register_openly(
            session,
            public_row(session, key),
            name=answer.attendee_name,
            address=address,
            note=answer.note or "",
            diet=answer.diet or "",
            replies=answer.replies,
            language=here.language,
            uid_domain=here.app.uid_domain,
            now=here.now,
            zone=here.app.settings.zone,
        )
    except Conflict:
        # Closed a moment ago, or this address already has an answer: the page may not tell which.
        # Whoever has an answer has the link to change it.
        return


def _event(here: Here, key: str) -> EventView:
    with here.app.database.reading() as session:
        return public_event(session, here, key)


def _form_page(here: Here, event: EventView, form: Form, *, status: int = 200) -> Response:
    token = form_token(here.app.signer, _path(event.key), here.now)
    return here.page("register.html", status=status, event=event, form=form, token=token)


def _path(key: str) -> str:
    return f"/agenda/{key}/aanmelden"
