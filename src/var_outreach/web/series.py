"""One page on which somebody answers all dates of one kind at once: a year's leerhuizen.

*Reads*: the open invitations of a contact, a form. *Writes*: answers, in the same way as the answer
page of each. *Next*: every answer is confirmed by itself; whom somebody sends or brings along, and
an event's own questions, stand on the page of that date.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from var_outreach.errors import Conflict, NotFound
from var_outreach.people.model import Contact
from var_outreach.people.store import contact_by_token
from var_outreach.registrations.answers import Answer
from var_outreach.registrations.model import Registration
from var_outreach.registrations.offices import OfficeAnswer, take_office_answer
from var_outreach.registrations.store import invitations_of_contact
from var_outreach.tokens import is_token
from var_outreach.web.answer_view import (
    AnswerView,
    InvitationView,
    Mode,
    invitation_view,
    is_hidden,
)
from var_outreach.web.event_view import topics
from var_outreach.web.forms import Form, FormDep, SameOrigin, form_token, is_our_form
from var_outreach.web.site import Here, HereDep
from var_outreach.web.words import CHOICES

router = APIRouter()
FEWEST = 2
"""From how many open dates on there is something to answer at once."""
OFFERED = ("ja", "misschien", "nee")


@dataclass(frozen=True)
class Series:
    """The dates of one kind for which somebody can still answer."""

    kind: str
    """The key of the kind, which stands in the address."""
    name: str
    invitations: tuple[InvitationView, ...]


def series_of(invitations: Iterable[InvitationView]) -> list[Series]:
    """Return the open ones of ``invitations`` by kind, in their order; only kinds with several."""
    kinds: dict[str, list[InvitationView]] = {}
    for one in invitations:
        if one.mode is Mode.OPEN and one.open_answers:
            kinds.setdefault(one.event.facts.kind, []).append(one)
    return [
        Series(kind, found[0].event.kind, tuple(found))
        for kind, found in kinds.items()
        if len(found) >= FEWEST
    ]


@router.get("/mijn/{token}/reeks/{kind}")
def show_series(here: HereDep, token: str, kind: str, bewaard: str = "") -> Response:
    """Show every date with the answer as it stands; leads to the personal page if it is one."""
    name, invitations = _load(here, token, kind)
    return _page(here, token, kind, name, invitations, Form.empty(), saved=bewaard == "ja")


@router.post("/mijn/{token}/reeks/{kind}", dependencies=[SameOrigin])
def answer_series(here: HereDep, form: FormDep, token: str, kind: str) -> Response:
    """Take every answer that is new; a date that takes none any more keeps none of the others."""
    name, invitations = _load(here, token, kind)
    chosen = list(_chosen(form, invitations))
    by = form.line("namens", too_long=here._("Vul een kortere naam in.")) or name
    if not chosen and not _says_something(form, invitations):
        for shown in _open(invitations)[:1]:
            first = shown.open_answers[0]
            form.errors[f"keuze-{first.id}"] = here._("Kies bij minstens een datum.")
    if not is_our_form(here.app.signer, form.text("formulier"), _path(token, kind), here.now):
        form.errors["formulier"] = here._("De pagina stond te lang open. Verstuur hem nog eens.")
    if form.errors:
        return _page(here, token, kind, name, invitations, form, status=422)
    taken = 0
    for shown, one in chosen:
        try:
            _take(here, one, form.text(f"keuze-{one.id}"), by)
            taken += 1
        except Conflict:
            form.errors[f"keuze-{one.id}"] = here._(
                "%(day)s: antwoorden kan niet meer. Bel of mail ons.", day=_day(shown)
            )
    if taken:
        here.app.wake()
    if form.errors:
        # What could be taken is taken; the page says which could not.
        _, invitations = _load(here, token, kind)
        return _page(here, token, kind, name, invitations, form, status=422, saved=taken > 0)
    return here.see(f"{_path(token, kind)}?bewaard=ja")


def _take(here: Here, one: AnswerView, said: str, by: str) -> None:
    with here.app.database.writing() as session:
        row = session.get_one(Registration, one.id)
        take_office_answer(
            session,
            row,
            OfficeAnswer(Answer(CHOICES[said], answered_by=by)),
            uid_domain=here.app.uid_domain,
            now=here.now,
            zone=here.app.settings.zone,
        )


def _chosen(
    form: Form, invitations: Iterable[InvitationView]
) -> Iterable[tuple[InvitationView, AnswerView]]:
    """Yield the answers that are another than the one that stands; the others stay as they are."""
    for shown in invitations:
        for one in shown.open_answers:
            said = form.text(f"keuze-{one.id}")
            if said in OFFERED and said != one.choice:
                yield shown, one


def _says_something(form: Form, invitations: Iterable[InvitationView]) -> bool:
    ids = [one.id for shown in invitations for one in shown.open_answers]
    return any(form.text(f"keuze-{number}") in OFFERED for number in ids)


def _open(invitations: Iterable[InvitationView]) -> list[InvitationView]:
    return [one for one in invitations if one.mode is Mode.OPEN and one.open_answers]


def _load(here: Here, token: str, kind: str) -> tuple[str, tuple[InvitationView, ...]]:
    """Return whose page it is, and all that came of this kind by date, whatever can be done yet."""
    with here.app.database.reading() as session:
        contact = _contact(session, token)
        names = topics(session, here)
        rows = [
            row
            for row in invitations_of_contact(session, contact.id)
            if row.event.kind == kind and not is_hidden(session, row)
        ]
        rows.sort(key=lambda row: (str(row.event.on_date or "9999"), row.event_id))
        return contact.name, tuple(invitation_view(session, here, row, names) for row in rows)


def _contact(session: Session, token: str) -> Contact:
    if not is_token(token):
        raise NotFound("there is no such page", remedy="Use the link in the newest mail")
    return contact_by_token(session, token)


def _page(
    here: Here,
    token: str,
    kind: str,
    name: str,
    invitations: tuple[InvitationView, ...],
    form: Form,
    *,
    status: int = 200,
    saved: bool = False,
) -> Response:
    shown = _open(invitations)
    if not shown and not form.errors:
        return here.see(f"/mijn/{token}")
    # A date that closed while the page stood open is named above the others, with its error.
    closed = [
        (f"keuze-{answer.id}", one)
        for one in invitations
        if one not in shown
        for answer in one.answers
        if f"keuze-{answer.id}" in form.errors
    ]
    said = [one.answered_by for one in shown if one.answered_by]
    return here.page(
        "series.html",
        status=status,
        twin=_path(token, kind),
        back=f"/mijn/{token}",
        name=name,
        kind=(shown or [one for _, one in closed] or list(invitations))[0].event.kind,
        invitations=shown,
        closed=closed,
        answered_by=said[-1] if said else "",
        form=form,
        saved=saved,
        token=form_token(here.app.signer, _path(token, kind), here.now),
    )


def _day(shown: InvitationView) -> str:
    return shown.event.when or shown.event.facts.title


def _path(token: str, kind: str) -> str:
    return f"/mijn/{token}/reeks/{kind}"
