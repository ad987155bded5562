"""The text part of a mail, laid out for reading: 72 columns, links on a line of their own.

*Reads*: nothing. *Writes*: nothing. *Next*: ``render.py`` lays out every text part,
``markdown.py`` the text of staff.
"""

from __future__ import annotations

import re
import textwrap

COLUMNS = 72

_LABEL = re.compile(r"(?:[^\s:][^:]{0,22}:|\d\d[.:]\d\d\S{0,6}) {2,}(?=\S)")
"""What a line may start with for the rest to hang beside it: a label, or a time."""
_BULLET = re.compile(r"(?:- |\d{1,2}\. )(?=\S)")
_BLANKS = re.compile(r"\n{3,}")


def lay_out(text: str) -> str:
    """Return ``text`` with each line wrapped at 72 columns and at most one blank line in a row.

    A line of the source is a paragraph. A list item and a line "Label:   value" hang under their
    first word. A link is never cut: longer than the line, it stands alone.
    """
    lines = (_wrap(line.rstrip()) for line in text.split("\n"))
    return _BLANKS.sub("\n\n", "\n".join(lines)).strip("\n") + "\n"


def underlined(text: str, mark: str = "-") -> str:
    """Return ``text`` as a heading: wrapped, with a line of ``mark`` under it."""
    lines = textwrap.wrap(text, COLUMNS, break_long_words=False) or [""]
    return "\n".join([*lines, mark * min(COLUMNS, max(len(line) for line in lines))])


def fact_line(label: str, value: str, width: int = 17) -> str:
    """Return "Label:     value" with the value at column ``width``, further lines under it."""
    first, *more = value.split("\n")
    hang = " " * width
    return "\n".join([f"{label + ':':<{width - 2}}  {first}", *(hang + line for line in more)])


def unbroken(text: str) -> str:
    """Return ``text`` with spaces at which no line breaks, for a phone number in HTML."""
    return text.replace(" ", "\u00a0")


def hours_kept(text: str) -> str:
    """Return ``text`` with "12 uur" kept together, for a moment in HTML."""
    return text.replace(" uur", "\u00a0uur")


def _wrap(line: str) -> str:
    if len(line) <= COLUMNS:
        return line
    indent = line[: len(line) - len(line.lstrip())]
    rest = line.lstrip()
    hanging = _LABEL.match(rest) or _BULLET.match(rest)
    return "\n".join(
        textwrap.wrap(
            rest,
            COLUMNS,
            initial_indent=indent,
            subsequent_indent=indent + " " * (hanging.end() if hanging else 0),
            break_long_words=False,
            break_on_hyphens=False,
        )
    )
