"""The newsletter: asking for it, confirming that, and leaving it.

*Reads*: subscriptions, forms. *Writes*: subscriptions and proofs of consent, through
``people/subscriptions``. *Next*: the confirmation mail follows by itself.

Asking answers the same, in the same time, whether or not an address is known. Leaving needs no
cookie, no token but the one in the address, and is never a redirect for a mail program
(RFC 8058 3.2).
"""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse

from var_outreach.errors import Conflict, Forbidden, NotFound
from var_outreach.people.model import Subscription, SubscriptionState
from var_outreach.people.subscriptions import ask, confirm, find_subscription, leave
from var_outreach.tokens import is_token
from var_outreach.web.forms import Form, FormDep, SameOrigin, check_origin, form_token, is_our_form
from var_outreach.web.limits import taking
from var_outreach.web.site import Here, HereDep

router = APIRouter()

PURPOSE = "subscribe"
WORDING = "inschrijven-2025-1"
"""The version of the text on the form; a new text gets a new one, for the proof of consent."""
CONFIRM_WORDING = "bevestigen-2025-1"
_FORM = "/inschrijven"


@router.get("/inschrijven")
def show_form(here: HereDep, verstuurd: str = "") -> Response:
    """Show the form, or what happens next once it was sent."""
    if verstuurd == "ja":
        return here.page("subscribe_sent.html", twin=_FORM)
    return _form_page(here, Form.empty())


@router.post("/inschrijven", dependencies=[SameOrigin])
def ask_for_newsletter(here: HereDep, request: Request, form: FormDep) -> Response:
    """Record the wish; a mail with a link to confirm it follows."""
    address = form.address(
        "adres", wrong=here._("Vul een e-mailadres in zoals naam@gemeente.example.")
    )
    name = form.line("naam", too_long=here._("Vul een kortere naam in."))
    if not is_our_form(here.app.signer, form.text("formulier"), _FORM, here.now):
        form.errors["formulier"] = here._("De pagina stond te lang open. Verstuur hem nog eens.")
    if form.errors:
        return _form_page(here, form, status=422)
    client = request.client.host if request.client else ""
    if here.site.limits.too_many(client, address, here.now):
        return here.page("too_many.html", status=429)
    with taking(here.site.equal_seconds):
        if not here.site.limits.spare(address, here.now):
            with here.app.database.writing() as session:
                ask(
                    session,
                    address,
                    name,
                    here.language,
                    source=here.absolute(_FORM),
                    wording=WORDING,
                    now=here.now,
                )
            here.app.wake()
    return here.see(f"{_FORM}?verstuurd=ja")


@router.get("/inschrijven/bevestig/{signed}")
def show_confirmation(here: HereDep, signed: str) -> Response:
    """Show the button that confirms; opening the link alone confirms nothing."""
    _, state = _signed(here, signed)
    if state is SubscriptionState.LEFT:
        raise Conflict("this subscription has ended", remedy="Subscribe again")
    done = state is SubscriptionState.ACTIVE
    return here.page("subscribe_confirm.html", done=done)


@router.post("/inschrijven/bevestig/{signed}", dependencies=[SameOrigin])
def confirm_subscription(here: HereDep, signed: str) -> Response:
    """Confirm the subscription; twice is once."""
    subscription_id, _ = _signed(here, signed)
    with here.app.database.writing() as session:
        confirm(
            session,
            subscription_id,
            source=here.absolute("/inschrijven/bevestig"),
            wording=CONFIRM_WORDING,
            now=here.now,
        )
    here.app.wake()
    return here.see(f"/inschrijven/bevestig/{signed}")


@router.get("/uitschrijven/{token}")
def show_leaving(here: HereDep, token: str) -> Response:
    """Show the button that leaves, or that it was pressed."""
    left = _own_state(here, token) is SubscriptionState.LEFT
    return here.page("left.html" if left else "leave.html", token=token)


@router.post("/uitschrijven/{token}")
def leave_newsletter(here: HereDep, request: Request, form: FormDep, token: str) -> Response:
    """Leave the list: by a mail program's one click, or by the button on our page."""
    one_click = form.text("List-Unsubscribe") == "One-Click"
    if not one_click:
        check_origin(request)
    _own_state(here, token)
    source = "List-Unsubscribe-Post" if one_click else here.absolute("/uitschrijven")
    with here.app.database.writing() as session:
        leave(session, token, source=source, now=here.now)
    here.app.wake()
    if one_click:
        return PlainTextResponse(here._("U bent uitgeschreven.") + "\n")
    # A page at once, without a redirect: whoever posts here in another way is served as well.
    return here.page("left.html", token=token)


def _own_state(here: Here, token: str) -> SubscriptionState:
    if not is_token(token):
        raise NotFound("there is no such subscription", remedy="Use the link in a newer mail")
    with here.app.database.reading() as session:
        return find_subscription(session, token).state


def _signed(here: Here, signed: str) -> tuple[int, SubscriptionState]:
    """Return the subscription that ``signed`` was made for, by id, and how it stands."""
    subject = here.app.signer.verify(PURPOSE, signed, now=here.now)
    with here.app.database.reading() as session:
        found = session.get(Subscription, int(subject))
        if found is None:
            raise Forbidden("this link has expired", remedy="Subscribe again")
        return found.id, found.state


def _form_page(here: Here, form: Form, *, status: int = 200) -> Response:
    token = form_token(here.app.signer, _FORM, here.now)
    return here.page("subscribe.html", status=status, form=form, token=token)
