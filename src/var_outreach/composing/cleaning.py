"""Takes out of outside text what may not be in a mail: control characters and place marks.

*Reads*: facts. *Writes*: nothing. *Next*: the composers work on the cleaned facts only.

One walk over the whole of the facts, so that no field is ever forgotten.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import TypeVar, cast
from urllib.parse import urlsplit

from var_outreach.composing.content import without_places
from var_outreach.errors import InputError
from var_outreach.message import without_controls

T = TypeVar("T")

_SEVERAL_LINES = frozenset(
    {"own_word", "description", "summary", "recap_markdown", "reason", "markdown"}
)
"""The fields in which a line break means something."""


def cleaned(facts: T) -> T:
    """Return ``facts`` (a frozen dataclass of plain data) with every text in it cleaned.

    Control characters and place marks go everywhere; line breaks become spaces but in the fields
    that are written in several lines.
    """
    return cast(T, _cleaned(facts, several_lines=False))


def clean_text(text: str, *, several_lines: bool = False) -> str:
    """Return ``text`` without control characters and place marks, in one line unless asked."""
    clean = without_places(without_controls(text))
    return clean.strip() if several_lines else " ".join(clean.split())


def web_link(url: str, *, what: str) -> str:
    """Return ``url`` if it is a link to a page; raises InputError for any other scheme."""
    try:
        parts = urlsplit(url)
        sound = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        sound = False
    if not sound or any(character.isspace() for character in url):
        raise InputError(
            f"'{url}' is not a link to a page", where=what, remedy="Use a link like https://..."
        )
    return url


def _cleaned(value: object, *, several_lines: bool) -> object:
    # An enum's member is a str too, and has no controls.
    if type(value) is str:
        return clean_text(value, several_lines=several_lines)
    if isinstance(value, tuple):
        return tuple(_cleaned(one, several_lines=several_lines) for one in value)
    if isinstance(value, dict):
        return {key: _cleaned(one, several_lines=several_lines) for key, one in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return replace(
            value,
            **{
                field.name: _cleaned(
                    getattr(value, field.name), several_lines=field.name in _SEVERAL_LINES
                )
                for field in fields(value)
            },
        )
    return value
