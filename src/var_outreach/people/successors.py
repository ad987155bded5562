"""Reads who follows whom from a list that somebody sent: CSV or Excel.

*Reads*: a table, functions. *Writes*: nothing. *Next*: ``staff/functions.py`` lets each successor
take office.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

from sqlalchemy.orm import Session

from var_outreach.errors import FileError, InputError, NotFound, RowErrors
from var_outreach.message import checked_address, checked_name
from var_outreach.people.csv_table import plain, undefused
from var_outreach.people.model import Function
from var_outreach.people.offices import SEE, Successor, Which, find_functions
from var_outreach.people.table import Table, file_bytes, read_table

COLUMNS = {
    "id": ("id", "functie-id", "function id"),
    "organisation": ("organisatie", "gemeente", "organisation"),
    "role": ("functie", "rol", "function", "role"),
    "portfolio": ("portefeuille", "portfolio"),
    "name": ("naam", "opvolger", "name", "successor"),
    "address": ("e-mailadres", "adres", "e-mail", "mail", "address"),
    "from": ("vanaf", "van", "from"),
}
"""What each column holds, and the titles that it may have."""
LATELY = timedelta(days=366)
"""An office that ended longer ago is not meant by its name alone."""


def read_successors(session: Session, path: Path, *, today: date) -> tuple[Successor, ...]:
    """Read a file of successors; one wrong row stops all of it.

    A row names its office by id, or by organisation, role and portfolio. Raises FileError or
    RowErrors, with the row.
    """
    keys = {plain(word): key for key, words in COLUMNS.items() for word in words}
    table = read_table(file_bytes(path), name=path.name, words=frozenset(keys))
    columns = _columns(table, keys)
    found: list[Successor] = []
    wrong: list[InputError] = []
    seen: set[int] = set()
    for row in table.rows:
        cells = {key: undefused(row.cells[at]).strip() for key, at in columns.items()}
        try:
            one = _successor(session, cells, today)
            if one.function_id in seen:
                raise InputError("this function stands there twice", remedy="Take one out")
        except (InputError, NotFound) as error:
            where = f"{path}, row {row.number}"
            wrong.append(FileError(error.what, where=where, remedy=error.remedy))
            continue
        seen.add(one.function_id)
        found.append(one)
    if wrong:
        raise RowErrors(
            "1 row cannot be used" if len(wrong) == 1 else f"{len(wrong)} rows cannot be used",
            wrong,
            where=str(path),
            remedy="Mend it and try again; nothing was changed",
        )
    return tuple(found)


def _columns(table: Table, keys: Mapping[str, str]) -> dict[str, int]:
    """Return where each column is; others, which a list may have besides, are left alone."""
    columns: dict[str, int] = {}
    for at, title in enumerate(table.titles):
        key = keys.get(plain(title))
        if key is not None:
            columns.setdefault(key, at)
    for needed in ("name", "address"):
        if needed not in columns:
            raise FileError(
                f"there is no column '{COLUMNS[needed][0]}'",
                where=f"{table.name}, row {table.header_row}",
                remedy=f"Use these columns: {', '.join(words[0] for words in COLUMNS.values())}",
            )
    return columns


def _successor(session: Session, cells: Mapping[str, str], today: date) -> Successor:
    name = checked_name(cells["name"])
    if not name:
        raise InputError("the successor has no name", remedy="Fill in the column 'naam'")
    return Successor(
        function_id=_meant(session, cells, today).id,
        name=name,
        address=checked_address(cells["address"]),
        from_on=_day(cells.get("from", "")),
    )


def _meant(session: Session, cells: Mapping[str, str], today: date) -> Function:
    key = cells.get("id", "")
    if key:
        if not (key.isascii() and key.isdigit() and len(key) < 10):
            raise InputError(f"'{key}' is no id of a function", remedy=SEE)
        return find_functions(session, Which(ids=(int(key),)), on_date=None)[0]
    role, organisation = cells.get("role", ""), cells.get("organisation", "")
    if not (role and organisation):
        raise InputError(
            "this row does not say which function",
            remedy="Fill in 'id', or 'organisatie' and 'functie'",
        )
    found = [
        function
        for function in find_functions(session, Which(roles=(role,)), on_date=None)
        if organisation.casefold()
        in {function.organisation.name.casefold(), function.organisation.key}
        and function.portfolio.casefold() == cells.get("portfolio", "").casefold()
        and (function.until_on is None or function.until_on >= today - LATELY)
        and (function.from_on is None or function.from_on <= today)
    ]
    if len(found) != 1:
        many = "no function is" if not found else f"{len(found)} functions are"
        raise InputError(
            f"{many} called '{role}' at '{organisation}'",
            remedy=f"Put its id in the column 'id'. {SEE}",
        )
    return found[0]


def _day(text: str) -> date | None:
    """Return a date as Dutch lists and spreadsheets write it: 1-6-2026 or 2026-06-01."""
    if not text:
        return None
    parts = text.replace("/", "-").split(" ")[0].split("-")
    try:
        numbers = [int(part) for part in parts]
        if len(parts) == 3 and len(parts[0]) <= 2:
            numbers.reverse()
        return date(*numbers)
    except (ValueError, TypeError) as error:
        raise InputError(f"'{text}' is not a date", remedy="Write it as 2026-06-01") from error
