"""Who does something: a person with a name, never the rules.

*Reads / Writes*: nothing. *Next*: nothing.
"""

from __future__ import annotations

from var_outreach.errors import InputError
from var_outreach.pipeline import BY_RULE


def check_person(by: str) -> None:
    """Refuse a name that stands for the rules: what they release needs no second look."""
    if not by.strip() or by.strip().casefold() == BY_RULE:
        raise InputError(f"'{by}' is not the name of a person", remedy="Give your own with --by")
