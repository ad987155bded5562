"""`Klopt deze lijst?`: an organisation looks through its own offices and corrects them.

*Reads*: the offices of the one organisation that the link belongs to. *Writes*: what is corrected,
through ``staff/list_checks``. *Next*: the tick tells who must know.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from var_outreach.errors import Conflict, HeaderError, NotFound
from var_outreach.message import checked_address
from var_outreach.people.list_checks import list_check_by_token, offices_of
from var_outreach.people.model import Function
from var_outreach.staff.list_checks import ADDED, Addition, Correction, answer_list
from var_outreach.tokens import is_token
from var_outreach.web.forms import Form, FormDep, SameOrigin, form_token, is_our_form
from var_outreach.web.site import Here, HereDep

router = APIRouter()

RIGHT, GONE, NEXT = "klopt", "weg", "opvolger"
PART = 40
"""Offices on one page: a form has room for so many fields."""
BLANKS = range(1, 4)
"""Rows for who is missing."""
MOST_ADDED = 50
"""Additions that one list check takes in all; more come from an import."""
AROUND = timedelta(days=366)
"""A change of office lies so near to today."""


@dataclass(frozen=True)
class OfficeView:
    """One office as the page shows it; nothing else of the person."""

    id: int
    role: str
    portfolio: str
    holder: str
    address: str
    secretariat: str
    until_on: date | None
    from_on: date | None
    is_later: bool
    """It begins after today."""


@dataclass(frozen=True)
class ListView:
    """What one link opens."""

    token: str
    organisation: str
    until_on: date
    answered_at: datetime | None
    offices: tuple[OfficeView, ...]
    part: int
    parts: int
    added: int
    """Who were added through this link before."""


@router.get("/lijst/{token}")
def show_list(here: HereDep, token: str, bewaard: str = "", deel: str = "1") -> Response:
    """Show the list."""
    return _page(here, _load(here, token, deel), Form.empty(), saved=bewaard == "ja")


@router.post("/lijst/{token}", dependencies=[SameOrigin])
def correct_list(
    here: HereDep, request: Request, form: FormDep, token: str, deel: str = "1"
) -> Response:
    """Take the corrections over, or that there are none."""
    shown = _load(here, token, deel)
    corrections = _corrections(here, form, shown)
    additions = _additions(here, form, shown)
    if not is_our_form(here.app.signer, form.text("formulier"), f"/lijst/{token}", here.now):
        form.errors["formulier"] = here._("De pagina stond te lang open. Verstuur hem nog eens.")
    if not form.errors:
        client = request.client.host if request.client else ""
        named = _mailed(shown, corrections, additions)
        if here.site.limits.refuses_named(client, named, here.now):
            return here.page("too_many.html", status=429)
        try:
            answer_list(here.app, token, corrections, additions)
        except Conflict:
            # Somebody else changed it meanwhile, or an address that may not be used.
            form.errors["formulier"] = here._(
                "Dit kunnen wij niet zo opslaan. Kijk de lijst nog eens na, of bel ons."
            )
    if form.errors:
        return _page(here, _load(here, token, deel), form, status=422)
    more = f"&deel={shown.part}" if shown.parts > 1 else ""
    return here.see(f"/lijst/{token}?bewaard=ja{more}")


def _mailed(shown: ListView, corrections: list[Correction], additions: list[Addition]) -> list[str]:
    """Return the addresses of who is told: who goes, who follows and who was missing."""
    gone = {one.function_id for one in corrections}
    holders = [one.address for one in shown.offices if one.id in gone]
    new = [one.address for one in corrections] + [one.address for one in additions]
    return [address for address in (*holders, *new) if address]


def _corrections(here: Here, form: Form, shown: ListView) -> list[Correction]:
    found = []
    for office in shown.offices:
        choice = form.text(f"rij-{office.id}") or RIGHT
        if choice not in {RIGHT, GONE, NEXT}:
            form.errors[f"rij-{office.id}"] = here._("Kies of deze regel klopt.")
        if choice not in {GONE, NEXT}:
            continue
        on = _day(here, form, f"per-{office.id}", office)
        name = address = ""
        if choice == NEXT:
            name = form.line(
                f"naam-{office.id}",
                missing=here._("Vul de naam van de opvolger in."),
                too_long=here._("Vul een kortere naam in."),
            )
            address = _address(here, form, f"adres-{office.id}")
            if address and address.lower() == office.address.lower():
                form.errors[f"adres-{office.id}"] = here._("Dit is het adres van wie er nu staat.")
        if on is not None:
            found.append(Correction(office.id, on, name, address))
    return found


def _additions(here: Here, form: Form, shown: ListView) -> list[Addition]:
    found = []
    for number in BLANKS:
        names = [f"{field}-nieuw-{number}" for field in ("functie", "deel", "naam", "adres")]
        if not any(form.text(name) for name in names):
            continue
        role, portfolio, name = (
            form.line(key, missing=missing, too_long=here._("Vul een kortere naam in."))
            for key, missing in zip(
                names,
                (here._("Vul de functie in."), "", here._("Vul de naam in.")),
                strict=False,
            )
        )
        address = _address(here, form, names[3])
        found.append(Addition(role, portfolio, name, address))
        if shown.added + len(found) > MOST_ADDED:
            form.errors[names[0]] = here._(
                "U kunt hier niet meer dan %(most)s mensen toevoegen. Bel of mail ons.",
                most=MOST_ADDED,
            )
    return found


def _address(here: Here, form: Form, key: str) -> str:
    try:
        return checked_address(form.text(key))
    except HeaderError:
        form.errors[key] = here._("Vul een e-mailadres in zoals naam@gemeente.example.")
        return form.text(key)


def _day(here: Here, form: Form, key: str, office: OfficeView) -> date | None:
    """Return the first day on which it is no longer so; today where nothing was filled in."""
    text = form.text(key)
    try:
        day = _read_day(text) if text else here.today
    except (ValueError, TypeError, OverflowError):
        form.errors[key] = here._("Vul een datum in zoals 1-6-2026.")
        return None
    begun = office.from_on is None or office.from_on < day
    if abs(day - here.today) > AROUND or not begun:
        form.errors[key] = here._("Vul een datum in die kan kloppen.")
        return None
    return day


def _read_day(text: str) -> date:
    """Return a date as a browser sends it, or as people write it: 2026-06-01 or 1-6-2026."""
    numbers = [int(part) for part in text.replace("/", "-").split("-")]
    if len(numbers) == 3 and numbers[0] <= 31:
        numbers.reverse()
    return date(*numbers)


def _load(here: Here, token: str, part: str) -> ListView:
    if not is_token(token):
        raise NotFound("there is no such page", remedy="Use the link in the newest mail")
    with here.app.database.reading() as session:
        check = list_check_by_token(session, token, today=here.today)
        offices = _offices(session, check.organisation_id, here.today)
        parts = max(1, -(-len(offices) // PART))
        number = int(part) if part in {str(one) for one in range(1, parts + 1)} else 1
        return ListView(
            token=token,
            organisation=check.organisation.name,
            until_on=check.until_on,
            answered_at=check.answered_at,
            offices=tuple(offices[(number - 1) * PART : number * PART]),
            part=number,
            parts=parts,
            added=sum(one.get("what") == ADDED for one in check.corrections),
        )


def _offices(session: Session, organisation_id: int, today: date) -> list[OfficeView]:
    return [_office(one, today) for one in offices_of(session, organisation_id, today)]


def _office(function: Function, today: date) -> OfficeView:
    holder, desk = function.holder, function.secretariat
    return OfficeView(
        id=function.id,
        role=function.role,
        portfolio=function.portfolio,
        holder=holder.name if holder is not None else "",
        address=(holder.address or "") if holder is not None else "",
        secretariat=(desk.address or "") if desk is not None else "",
        until_on=function.until_on,
        from_on=function.from_on,
        is_later=function.from_on is not None and function.from_on > today,
    )


def _page(
    here: Here, shown: ListView, form: Form, *, saved: bool = False, status: int = 200
) -> Response:
    page = f"/lijst/{shown.token}"
    query = f"?deel={shown.part}" if shown.parts > 1 else ""
    return here.page(
        "list_check.html",
        status=status,
        twin=f"{page}{query}",
        shown=shown,
        blanks=BLANKS,
        form=form,
        saved=saved,
        action=f"{page}{query}",
        token=form_token(here.app.signer, page, here.now),
    )
