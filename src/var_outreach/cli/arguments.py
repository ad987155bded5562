"""Arguments that many commands take.

*Reads*: nothing. *Writes*: nothing. *Next*: every group of commands.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated

import typer

from var_outreach.errors import InputError

_DAYS = (
    re.compile(r"(?P<year>[0-9]{4})-(?P<month>[0-9]{1,2})-(?P<day>[0-9]{1,2})"),
    re.compile(r"(?P<day>[0-9]{1,2})-(?P<month>[0-9]{1,2})-(?P<year>[0-9]{4})"),
)
"""How a day can be typed: as our lists print it, or as it is written in Dutch."""

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
By = Annotated[str | None, typer.Option(help="In whose name; default the login.")]


def day_of(text: str) -> date:
    """Return the day that somebody typed, 2027-02-05 or 05-02-2027; raises InputError."""
    for form in _DAYS:
        found = form.fullmatch(text.strip())
        if found is None:
            continue
        try:
            return date(int(found["year"]), int(found["month"]), int(found["day"]))
        except ValueError:
            break
    raise InputError(f"'{text}' is not a day", remedy="Write it as 2027-02-05")
