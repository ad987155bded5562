"""Pages for who was forwarded something: an invitation, or an organisation's own link.

*Reads*: an invitation or a group link, a form. *Writes*: a registration, through
``registrations/forwarded`` and ``registrations/group_links``. *Next*: who comes or waits is told by
mail; staff decide about who asked.

Whoever fills in an address need not be its owner: so the answer is the same, and takes the same
time, whether or not that address is known, and the personal link stands in the mail alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from var_outreach.agenda.model import Event, Visibility
from var_outreach.errors import Conflict, NotFound
from var_outreach.registrations.forwarded import Joined, join_forwarded, what_becomes
from var_outreach.registrations.group_links import (
    find_group_link,
    group_places_left,
    join_group,
)
from var_outreach.registrations.model import GroupLink
from var_outreach.registrations.naming import Named
from var_outreach.registrations.store import counts_by_state
from var_outreach.tokens import is_token
from var_outreach.web.answer_view import (
    InvitationView,
    Mode,
    find_invitation,
    invitation_view,
    mode_of,
)
from var_outreach.web.event_view import EventView, topics, view
from var_outreach.web.forms import Form, FormDep, SameOrigin, form_token, is_our_form
from var_outreach.web.limits import taking
from var_outreach.web.questions import PREFIX, read_replies
from var_outreach.web.site import Here, HereDep

router = APIRouter()
OUTCOMES = ("plek", "wachtlijst", "vraag", "kantoor")


@dataclass(frozen=True)
class GroupView:
    """An organisation's own link as its page shows it."""

    token: str
    organisation: str
    meant_for: str
    mode: Mode
    event: EventView
    left: int
    is_closed: bool

    @property
    def is_open(self) -> bool:
        """True while somebody can come in by it."""
        return self.mode is Mode.OPEN and not self.is_closed and self.left > 0


@router.get("/antwoord/{token}/ook-komen")
def show_forwarded(here: HereDep, token: str, ontvangen: str = "") -> Response:
    """Show the form for somebody else, or what happens next once it was sent."""
    invitation = _invitation(here, token)
    if ontvangen in OUTCOMES:
        path = f"/antwoord/{token}/ook-komen"
        return here.page(
            "joined.html", invitation=invitation, event=invitation.event, outcome=ontvangen,
            twin=path,
        )  # fmt: skip
    if invitation.mode is not Mode.OPEN:
        return here.see(f"/antwoord/{token}")
    return _forwarded_page(here, invitation, Form.empty())


@router.post("/antwoord/{token}/ook-komen", dependencies=[SameOrigin])
def ask_to_come(here: HereDep, request: Request, form: FormDep, token: str) -> Response:
    """Let a colleague in, or keep that somebody asked."""
    invitation = _invitation(here, token)
    if invitation.mode is not Mode.OPEN:
        return here.see(f"/antwoord/{token}")
    path = f"/antwoord/{token}/ook-komen"
    person, _ = _read(here, form, path)
    if form.errors:
        return _forwarded_page(here, invitation, form, status=422)
    if _too_many(here, request, person):
        return here.page("too_many.html", status=429)
    with here.app.database.reading() as session:
        found = what_becomes(session, find_invitation(session, token), person.address)

    def act(session: Session) -> None:
        row = find_invitation(session, token)
        join_forwarded(
            session, row, person, uid_domain=here.app.uid_domain, now=here.now,
            zone=here.app.settings.zone, language=here.language,
            guest_until_on=guest_until_on(here, row.event),
        )  # fmt: skip

    if not _take(here, person, act):
        return here.see(f"/antwoord/{token}")
    waits = invitation.event.places_left == 0
    outcome = {Joined.ASKED: "vraag", Joined.ANSWERS: "kantoor"}.get(
        found, "wachtlijst" if waits else "plek"
    )
    return here.see(f"{path}?ontvangen={outcome}")


@router.get("/groep/{token}")
def show_group(here: HereDep, token: str, ontvangen: str = "") -> Response:
    """Show the form, what happens next, or that no more people can come by this link."""
    group = _group(here, token)
    if ontvangen in {"plek", "wachtlijst"}:
        return here.page(
            "joined.html", invitation=None, event=group.event, outcome=ontvangen,
            twin=f"/groep/{token}",
        )  # fmt: skip
    return _group_page(here, group, Form.empty())


@router.post("/groep/{token}", dependencies=[SameOrigin])
def come_by_group(here: HereDep, request: Request, form: FormDep, token: str) -> Response:
    """Let somebody of the organisation in, within its own maximum."""
    group, path = _group(here, token), f"/groep/{token}"
    if not group.is_open:
        return _group_page(here, group, Form.empty(), status=409)
    person, diet = _read(here, form, path, asks_diet=group.event.facts.asks_diet)
    replies = read_replies(here, form, group.event.facts.questions, PREFIX)
    if form.errors:
        return _group_page(here, group, form, status=422)
    if _too_many(here, request, person):
        return here.page("too_many.html", status=429)

    def act(session: Session) -> None:
        link = _link(session, token)
        join_group(
            session, link, person, diet=diet, replies=replies, uid_domain=here.app.uid_domain,
            now=here.now, zone=here.app.settings.zone, language=here.language,
            guest_until_on=guest_until_on(here, link.event),
        )  # fmt: skip

    if not _take(here, person, act):
        return here.see(path)
    return here.see(f"{path}?ontvangen={'wachtlijst' if group.event.places_left == 0 else 'plek'}")


def guest_until_on(here: Here, event: Event) -> date | None:
    """Return until when a mailbox is kept that we know by ``event`` alone."""
    last = event.until_date or event.on_date
    days = timedelta(days=here.app.settings.guest_retention_days)
    return None if last is None else last + days


def _too_many(here: Here, request: Request, person: Named) -> bool:
    client = request.client.host if request.client else ""
    return here.site.limits.too_many(client, person.address, here.now)


def _take(here: Here, person: Named, act: Callable[[Session], None]) -> bool:
    """Carry out ``act`` in equal time; False if it came too late."""
    with taking(here.site.equal_seconds):
        if here.site.limits.spare(person.address, here.now):
            return True
        try:
            with here.app.database.writing() as session:
                act(session)
        except Conflict:
            return False
        here.app.wake()
    return True


def _read(here: Here, form: Form, path: str, *, asks_diet: bool = False) -> tuple[Named, str]:
    """Return who wants to come and what they eat; notes errors on the form."""
    name = form.line(
        "naam", missing=here._("Vul uw naam in."), too_long=here._("Vul een kortere naam in.")
    )
    function = form.line("functie", too_long=here._("Vul een kortere functie in."))
    wrong = here._("Vul een e-mailadres in zoals naam@gemeente.example.")
    address = form.address("adres", wrong=wrong)
    too_long = here._("Maak uw tekst korter, tot 1000 tekens.")
    diet = form.note("dieet", too_long=too_long) if asks_diet else ""
    if not is_our_form(here.app.signer, form.text("formulier"), path, here.now):
        form.errors["formulier"] = here._("De pagina stond te lang open. Verstuur hem nog eens.")
    return Named(name, function, address), diet


def _invitation(here: Here, token: str) -> InvitationView:
    with here.app.database.reading() as session:
        row = find_invitation(session, token)
        return invitation_view(session, here, row, topics(session, here))


def _link(session: Session, token: str) -> GroupLink:
    link = find_group_link(session, token) if is_token(token) else None
    over = link is not None and link.closed_at is not None
    if link is None or (over and link.event.visibility is Visibility.CLOSED):
        # A link that was closed says nothing any more of an event that only invitees may know of.
        raise NotFound("there is no such link", remedy="Ask who sent it for the right one")
    return link


def _group(here: Here, token: str) -> GroupView:
    with here.app.database.reading() as session:
        link = _link(session, token)
        counts = counts_by_state(session, link.event_id)
        event = view(here, link.event, topics(session, here), counts)
        return GroupView(
            token=token,
            organisation=link.organisation.name,
            meant_for=link.meant_for,
            mode=mode_of(here, link.event, event),
            event=event,
            left=group_places_left(session, link),
            is_closed=link.closed_at is not None,
        )


def _forwarded_page(
    here: Here, invitation: InvitationView, form: Form, *, status: int = 200
) -> Response:
    path = f"/antwoord/{invitation.token}/ook-komen"
    token = form_token(here.app.signer, path, here.now)
    return here.page(
        "join.html", status=status, invitation=invitation, event=invitation.event, form=form,
        token=token,
    )  # fmt: skip


def _group_page(here: Here, group: GroupView, form: Form, *, status: int = 200) -> Response:
    token = form_token(here.app.signer, f"/groep/{group.token}", here.now)
    return here.page(
        "group.html", status=status, group=group, event=group.event, form=form, token=token
    )
