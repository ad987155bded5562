"""Whom an office names, as the answer page shows and reads them.

*Reads*: registrations, a form. *Writes*: nothing. *Next*: ``answer_view.py`` puts the people on
the page, ``answering.py`` makes an answer of what was filled in.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from var_outreach.registrations.model import Registration, RegistrationState
from var_outreach.registrations.naming import Named
from var_outreach.registrations.offices import colleagues_left, colleagues_of, may_bring
from var_outreach.registrations.standing_in import stands_with_host
from var_outreach.registrations.store import waitlist_number
from var_outreach.web.forms import Form
from var_outreach.web.site import Here
from var_outreach.web.words import ANSWER_WORDS

SPARE_ROWS = 3
"""Empty rows for colleagues that a page offers at once."""
MOST_ROWS = 20


@dataclass(frozen=True)
class NamedView:
    """Somebody who comes instead, or along."""

    id: int
    name: str
    function: str
    address: str
    """Their own mailbox; empty for who has none of their own."""
    word: str
    number: int
    """The place on the waiting list, 0 for who does not wait."""


@dataclass(frozen=True)
class NamingView:
    """Whom an invitee named, and how many more they may name."""

    may_bring: bool = False
    substitute: NamedView | None = None
    colleagues: tuple[NamedView, ...] = ()
    most: int | None = None
    """How many may come of one organisation; None if there is no maximum."""
    left: int | None = None
    """How many of them can still come."""

    @property
    def rows(self) -> int:
        """Return how many rows for colleagues the form has."""
        spare = SPARE_ROWS if self.left is None else min(SPARE_ROWS, self.left)
        return min(len(self.colleagues) + spare, MOST_ROWS)


def naming_view(session: Session, here: Here, row: Registration) -> NamingView:
    """Return whom ``row`` named."""
    if not may_bring(row):
        return NamingView()
    substitute = row.represented_by
    return NamingView(
        may_bring=True,
        substitute=named_view(session, here, substitute) if substitute is not None else None,
        colleagues=tuple(named_view(session, here, one) for one in colleagues_of(session, row)),
        most=row.event.max_per_organisation,
        left=colleagues_left(session, row.event, row),
    )


def named_view(session: Session, here: Here, row: Registration) -> NamedView:
    """Return one person as the page shows them."""
    return NamedView(
        id=row.id,
        name=row.attendee_name,
        function=row.attendee_function or (row.function.role if row.function is not None else ""),
        address="" if stands_with_host(row) else row.contact.address or "",
        word=here.words.gettext(ANSWER_WORDS[row.state]),
        number=waitlist_number(session, row) if row.state is RegistrationState.WAITLISTED else 0,
    )


def rows_of(form: Form, office: int, naming: NamingView) -> int:
    """Return how many rows the form needs: those of the page, or as many as were filled in."""
    filled = [n for n in range(1, MOST_ROWS + 1) if _is_filled(form, f"collega-{office}-{n}")]
    return max(naming.rows, *filled) if filled else naming.rows


def read_substitute(here: Here, form: Form, office: int) -> Named:
    """Return who comes instead; notes errors on the form."""
    return _read_person(here, form, f"ander-{office}", missing=here._("Vul in wie er komt."))


def read_colleagues(
    here: Here, form: Form, office: int
) -> tuple[tuple[Named, ...], frozenset[int]]:
    """Return who comes along, and the registrations that the page had shown; notes errors."""
    people, shown = [], set[int]()
    for number in range(1, MOST_ROWS + 1):
        field = f"collega-{office}-{number}"
        was = form.text(f"{field}-was")
        if was.isascii() and was.isdigit() and len(was) < 19:
            shown.add(int(was))
            if not form.text(f"{field}-naam"):
                continue  # emptied: this colleague comes no more
        if _is_filled(form, field):
            missing = here._("Vul de naam van deze collega in.")
            people.append(_read_person(here, form, field, missing=missing))
    return tuple(people), frozenset(shown)


def _is_filled(form: Form, field: str) -> bool:
    return any(form.text(f"{field}-{part}") for part in ("naam", "functie", "adres"))


def _read_person(here: Here, form: Form, field: str, *, missing: str) -> Named:
    wrong = here._("Vul een e-mailadres in zoals naam@gemeente.example.")
    name = form.line(f"{field}-naam", missing=missing, too_long=here._("Vul een kortere naam in."))
    function = form.line(f"{field}-functie", too_long=here._("Vul een kortere functie in."))
    has_address = bool(form.text(f"{field}-adres"))
    address = form.address(f"{field}-adres", wrong=wrong) if has_address else ""
    return Named(name, function, address)
