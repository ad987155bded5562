"""The page on which a guest chooses workshops, behind the personal link of an invitation.

*Reads*: the invitation, a form. *Writes*: choices, through ``programme/choosing``. *Next*: the same
page shows what became of them; who moves up later is told by mail.

As with the answer, the secret in the address is the permission and a GET changes nothing.
"""

from __future__ import annotations

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from var_outreach.errors import Conflict
from var_outreach.programme.choosing import choose, give_up
from var_outreach.programme.model import Round, Workshop
from var_outreach.registrations.model import Registration
from var_outreach.web.answer_view import Mode, find_invitation, invitation_view
from var_outreach.web.event_view import topics
from var_outreach.web.forms import Form, FormDep, SameOrigin
from var_outreach.web.site import Here, HereDep
from var_outreach.web.workshop_view import NONE, guest_views, wishes

router = APIRouter()
SAVED = "klaar"


@router.get("/antwoord/{token}/workshops")
def show_workshops(here: HereDep, token: str, bewaard: str = "") -> Response:
    """Show what can be chosen and what was; who does not come is led to the answer page."""
    return _page(here, token, Form.empty(), saved=bewaard == SAVED)


@router.post("/antwoord/{token}/workshops", dependencies=[SameOrigin])
def choose_workshops(here: HereDep, form: FormDep, token: str) -> Response:
    """Take every choice on the form, then show what became of them."""
    with here.app.database.reading() as session:
        guests = guest_views(session, here, find_invitation(session, token))
    found, wrong = wishes(guests, {name: form.text(name) for name in form.data})
    for name in wrong:
        form.errors[name] = here._("Deze workshop is er niet meer. Kies een andere.")
    if not wrong and not any(form.text(one.field(part)) for one in guests for part in one.rounds):
        for one in guests[:1]:
            form.errors[one.field(one.rounds[0])] = here._("Kies een workshop.")
    if form.errors:
        return _page(here, token, form, status=422)
    try:
        with here.app.database.writing() as session:
            for (registration_id, round_id), workshop_id in found.items():
                _take(session, registration_id, round_id, workshop_id, here)
    except Conflict:
        # Begun, off or no longer coming since the page was opened: the page itself says so.
        return here.see(f"/antwoord/{token}/workshops")
    if found:
        here.app.wake()
    return here.see(f"/antwoord/{token}/workshops?bewaard={SAVED}")


def _take(
    session: Session, registration_id: int, round_id: int, workshop_id: int | None, here: Here
) -> None:
    registration = session.get_one(Registration, registration_id)
    part = session.get(Round, round_id)
    if part is None:
        raise Conflict("This round was taken out of the programme")
    if workshop_id is None:
        give_up(session, registration, part, now=here.now)
        return
    workshop = session.get(Workshop, workshop_id)
    if workshop is None or workshop.round_id != part.id:
        raise Conflict("This workshop was taken out of the programme")
    choose(session, registration, workshop, now=here.now)


def _page(
    here: Here, token: str, form: Form, *, saved: bool = False, status: int = 200
) -> Response:
    with here.app.database.reading() as session:
        row = find_invitation(session, token)
        invitation = invitation_view(session, here, row, topics(session, here))
        guests = guest_views(session, here, row)
    if not guests or invitation.mode in {Mode.OFF, Mode.OVER}:
        return here.see(f"/antwoord/{token}")
    return here.page(
        "workshops.html",
        status=status,
        invitation=invitation,
        event=invitation.event,
        guests=guests,
        form=form,
        saved=saved,
        none=NONE,
    )
