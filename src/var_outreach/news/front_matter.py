"""The head of a news file: a ``---`` block of YAML, each field with the line that it stands on.

*Reads*: text. *Writes*: nothing. *Next*: ``files`` makes an item of it. The YAML is only composed
into nodes, never constructed: every value stays the text that was typed, so that a date such as
2025-02-30 is an error with a line number and not a bare ValueError, and no tag runs anything.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode

from var_outreach.errors import FileError

# Dutch and English names of one field; the first of each is the one used in messages.
FIELDS: Mapping[str, str] = {
    "title": "title", "titel": "title",
    "date": "date", "datum": "date",
    "topic": "topic", "thema": "topic",
    "link": "link",
    "image": "image", "afbeelding": "image",
    "alt": "alt",
    "summary": "summary", "samenvatting": "summary",
    "language": "language", "taal": "language",
    "partner": "partner",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Value:
    """What was typed behind a field's name; ``text`` is None when nothing was."""

    text: str | None
    line: int


@dataclass(frozen=True, slots=True)
class Head:
    """The fields of a front matter by their English name, and the line where the body starts."""

    fields: Mapping[str, Value]
    body: str
    body_line: int


def read_head(text: str, *, where: str) -> Head:
    """Split ``text`` into front matter and body. Raises: FileError with the line."""
    lines = text.split("\n")
    if lines[0].rstrip() != "---":
        raise FileError(
            "the file does not start with its fields",
            where=f"{where}:1",
            remedy="Start with a line ---, then title: and the rest, then a line ---",
        )
    end = next((n for n, line in enumerate(lines[1:], 1) if line.rstrip() in ("---", "...")), None)
    if end is None:
        raise FileError(
            "the block of fields that starts here is never closed",
            where=f"{where}:1",
            remedy="Put a line --- after the last field",
        )
    # The blank line stands for the opening ---, so that YAML counts lines as the file does.
    fields = _fields("\n" + "\n".join(lines[1:end]), where)
    return Head(fields=fields, body="\n".join(lines[end + 1 :]), body_line=end + 2)


def _fields(text: str, where: str) -> dict[str, Value]:
    """Return the fields of the YAML mapping in ``text``. Raises: FileError."""
    try:
        node = YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise FileError(
            f"the fields are not readable ({error.problem or 'no YAML'})",
            where=f"{where}:{mark.line + 1 if mark else 2}",
            remedy='Write name: value on each line; put "quotes" around text with a colon',
        ) from error
    except (YAMLError, ValueError, RecursionError) as error:
        raise FileError(
            "the fields are not readable",
            where=f"{where}:2",
            remedy="Remove control characters; write name: value on each line",
        ) from error
    if node is None:
        return {}
    if not isinstance(node, MappingNode):
        raise FileError(
            "these are no fields", where=f"{where}:2", remedy="Write name: value on each line"
        )
    found: dict[str, Value] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        name = _field_name(key, f"{where}:{line}")
        if name in found:
            raise FileError(
                f"{key.value} is given a second time (first on line {found[name].line})",
                where=f"{where}:{line}",
                remedy="Remove one of the two",
            )
        if not isinstance(value, ScalarNode):
            raise FileError(
                f"{key.value} holds a list or a block",
                where=f"{where}:{line}",
                remedy="Write one value behind the colon",
            )
        is_empty = not value.style and value.value in ("", "~", "null")
        found[name] = Value(None if is_empty else value.value, line)
    return found


def _field_name(key: object, where: str) -> str:
    """Return the English name of a field. Raises: FileError naming the one that was meant."""
    typed = str(key.value) if isinstance(key, ScalarNode) else "this"
    name = FIELDS.get(typed.casefold())
    if name is None:
        near = difflib.get_close_matches(typed.casefold(), FIELDS, n=1)
        known = ", ".join(dict.fromkeys(FIELDS.values()))
        raise FileError(
            f"{typed[:60]!r} is not a field of a news item",
            where=where,
            remedy=f"Did you mean {near[0]}?" if near else f"The fields are {known}",
        )
    return name
