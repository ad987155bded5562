"""The answer page behind the personal link of an invitation.

*Reads*: the invitation, a form. *Writes*: answers, through ``registrations/answers``. *Next*: the
confirmation mail follows by itself; the page after the button says what happens next.

The secret in the address is the permission, so the form needs no token of its own. Opening the
link, with or without a choice in it, changes nothing: mail scanners open every link.
"""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from var_outreach.composing.ical import entry_file
from var_outreach.errors import Conflict, NotFound, OverMaximum, RefusedPerson
from var_outreach.registrations.answers import Answer, record_answer
from var_outreach.registrations.offices import OfficeAnswer, take_office_answer
from var_outreach.registrations.standing_in import stands_with_host
from var_outreach.web.agenda import calendar_links
from var_outreach.web.answer_view import (
    AnswerView,
    InvitationView,
    Mode,
    find_invitation,
    invitation_view,
)
from var_outreach.web.calendars import calendar_response, own_entry
from var_outreach.web.event_view import topics
from var_outreach.web.forms import Form, FormDep, SameOrigin
from var_outreach.web.forwarded import guest_until_on
from var_outreach.web.named_limits import (
    MOST_NAMED,
    TooManyNamed,
    TooOften,
    before_answering,
    check_named,
    check_not_too_often,
    named_ever,
)
from var_outreach.web.named_view import read_colleagues, read_substitute, rows_of
from var_outreach.web.questions import PREFIX, read_replies
from var_outreach.web.site import Here, HereDep
from var_outreach.web.words import CHOICES

router = APIRouter()


@router.get("/antwoord/{token}")
def show_answer(here: HereDep, token: str, keuze: str = "") -> Response:
    """Show the form, with the choice made in the mail filled in but not yet sent."""
    invitation = _load(here, token)
    return _page(here, invitation, Form.empty(), chosen=keuze if keuze in CHOICES else "")


@router.post("/antwoord/{token}", dependencies=[SameOrigin])
def give_answer(here: HereDep, request: Request, form: FormDep, token: str) -> Response:
    """Record every answer on the form, then lead to the page that says what happens next."""
    invitation = _load(here, token)
    if invitation.mode is Mode.OPEN:
        answers = _read_answers(here, invitation, form)
    elif invitation.mode is Mode.LATE:
        answers = _read_leavers(here, invitation, form)
    else:
        return here.see(f"/antwoord/{token}")
    if form.errors:
        return _page(here, invitation, form, status=422)
    try:
        _record(here, request.client.host if request.client else "", token, form, answers)
    except TooOften:
        return here.page("too_many.html", status=429)
    except Conflict:
        # Closed between the page and the button: the page itself says so, and whom to call.
        return here.see(f"/antwoord/{token}")
    if form.errors:
        return _page(here, invitation, form, status=422)
    here.app.wake()
    return here.see(f"/antwoord/{token}/klaar")


def _record(
    here: Here, client: str, token: str, form: Form, answers: dict[int, OfficeAnswer]
) -> None:
    """Take all answers of the page, or none of them; notes on the form who are too many."""
    zone, domain = here.app.settings.zone, here.app.uid_domain
    office = 0
    try:
        with here.app.database.writing() as session:
            invitation = find_invitation(session, token)
            before, rows = before_answering(session, invitation), invitation.registrations
            # Who has no mailbox of their own goes first: they cannot leave once their host has.
            for row in sorted(rows, key=stands_with_host, reverse=True):
                office, said = row.id, answers.get(row.id)
                if said is None:
                    continue
                if stands_with_host(row):
                    record_answer(session, row, said.answer, via="page", now=here.now, zone=zone)
                else:
                    until, known = guest_until_on(here, row.event), named_ever(session, row)
                    take_office_answer(
                        session, row, said, uid_domain=domain, now=here.now, zone=zone,
                        guest_until_on=until,
                    )  # fmt: skip
                    check_named(session, row, known)
            check_not_too_often(session, here, client, before)
    except TooManyNamed:
        words = here._("U kunt niet meer dan %(most)s mensen noemen. Bel of mail ons.")
        form.errors[_named_field(form, office)] = words % {"most": MOST_NAMED}
    except OverMaximum as error:
        words = here._("Nog vrij voor uw organisatie: %(left)s. Noem minder collega's.")
        form.errors[f"collega-{office}-1-naam"] = words % {"left": error.left}
    except RefusedPerson as error:
        words = here._("Wij kunnen %(name)s niet aanmelden. Bel of mail ons.")
        form.errors[f"keuze-{office}"] = words % {"name": error.name}


def _named_field(form: Form, office: int) -> str:
    """Return the first field that names somebody: the error stands there."""
    instead = form.text(f"keuze-{office}") == "ander" and not form.text(f"collega-{office}-1-naam")
    return f"ander-{office}-naam" if instead else f"collega-{office}-1-naam"


@router.get("/antwoord/{token}/klaar")
def show_answered(here: HereDep, token: str) -> Response:
    """Show how the answer stands now and what happens next; before there is one, the question."""
    invitation = _load(here, token)
    if not invitation.is_answered or invitation.mode in {Mode.OFF, Mode.OVER}:
        return here.see(f"/antwoord/{token}")
    return here.page(
        "answered.html",
        invitation=invitation,
        event=invitation.event,
        links=calendar_links(here, invitation.event.facts),
    )


@router.get("/antwoord/{token}/bijeenkomst.ics")
def save_own_entry(here: HereDep, request: Request, token: str) -> Response:
    """Send the invitee's own entry as a file to put into a calendar."""
    invitation = _load(here, token)
    event = invitation.event.facts
    found = own_entry(
        here, event, uid=invitation.uid, sequence=invitation.sequence, token=invitation.token
    )
    if found is None:
        raise NotFound("the event has no date yet", remedy="Look in the agenda")
    body = entry_file(found)
    return calendar_response(
        request, body, [event.changed_at], name="bijeenkomst.ics", public=False
    )


def _load(here: Here, token: str) -> InvitationView:
    with here.app.database.reading() as session:
        row = find_invitation(session, token)
        return invitation_view(session, here, row, topics(session, here))


def _page(
    here: Here, invitation: InvitationView, form: Form, *, chosen: str = "", status: int = 200
) -> Response:
    return here.page(
        "answer.html",
        status=status,
        invitation=invitation,
        event=invitation.event,
        form=form,
        chosen=chosen,
        rows={one.id: rows_of(form, one.id, one.naming) for one in invitation.answers},
        links=calendar_links(here, invitation.event.facts),
    )


def _read_answers(here: Here, invitation: InvitationView, form: Form) -> dict[int, OfficeAnswer]:
    """Return what was answered, by registration; notes errors on the form."""
    found = {}
    shown = invitation.open_answers
    for one in shown:
        choice = form.text(f"keuze-{one.id}")
        if choice in CHOICES:
            found[one.id] = _read_answer(here, invitation, form, one)
    if not found and shown:
        # One office of several may wait; but a form without any answer says nothing.
        form.errors[f"keuze-{shown[0].id}"] = here._("Kies of u komt.")
    return found


def _read_answer(
    here: Here, invitation: InvitationView, form: Form, one: AnswerView
) -> OfficeAnswer:
    said = form.text(f"keuze-{one.id}")
    names_others = one.naming.may_bring and said != "nee"
    people, shown = read_colleagues(here, form, one.id) if names_others else ((), frozenset())
    instead = names_others and said == "ander"
    answer = _read_own(here, invitation, form, one, comes=said in {"ja", "misschien"})
    substitute = read_substitute(here, form, one.id) if instead else None
    return OfficeAnswer(answer, substitute, people, shown)


def _read_own(
    here: Here, invitation: InvitationView, form: Form, one: AnswerView, *, comes: bool
) -> Answer:
    """Return what is said of the invitee alone."""
    too_long = here._("Maak uw tekst korter, tot 1000 tekens.")
    name_too_long = here._("Vul een kortere naam in.")
    asks_diet = invitation.event.facts.asks_diet
    missing = here._("Vul in wie er komt.") if comes else ""
    asked = invitation.event.facts.questions
    # Who may come need not know yet; who comes is asked all that must be known.
    needed = form.text(f"keuze-{one.id}") == "ja"
    return Answer(
        choice=CHOICES[form.text(f"keuze-{one.id}")],
        attendee_name=form.line(f"naam-{one.id}", missing=missing, too_long=name_too_long),
        note=form.note(f"opmerking-{one.id}", too_long=too_long),
        diet=form.note(f"dieet-{one.id}", too_long=too_long) if asks_diet else None,
        answered_by=form.line("namens", too_long=name_too_long) or invitation.name,
        replies=read_replies(here, form, asked, f"{PREFIX}-{one.id}", needed=needed)
        if form.text(f"keuze-{one.id}") != "nee"
        else None,
    )


def _read_leavers(here: Here, invitation: InvitationView, form: Form) -> dict[int, OfficeAnswer]:
    """Return who is taken off after the deadline, by registration; notes an error if nobody is."""
    found = {
        one.id: OfficeAnswer(Answer(choice=CHOICES["nee"], answered_by=invitation.name))
        for one in invitation.leavers
        if form.text(f"keuze-{one.id}") == "nee"
    }
    if not found and invitation.leavers:
        form.errors[f"keuze-{invitation.leavers[0].id}"] = here._("Kies wie er niet komt.")
    return found
