"""How a command prints: a table for people, JSON for programs, errors on the other channel.

*Reads*: nothing. *Writes*: standard output and error. *Next*: every command prints through this.
What is printed comes from files and mail: none of it may colour, move or clear a terminal.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, is_dataclass
from datetime import date, datetime
from enum import Enum
from pathlib import Path
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table
from rich.text import Text

from var_outreach.message import without_controls

console = Console(highlight=False, emoji=False, markup=False)
errors = Console(stderr=True, highlight=False, emoji=False, markup=False)

WHOLE = frozenset({"key", "address", "file"})
"""Columns that are copied into the next command: never cut off, never broken over two lines."""
NARROW = 8
"""Characters that every other column gets at least."""


def print_json(value: object) -> None:
    """Print ``value`` as JSON, dates in ISO 8601, and nothing else."""
    # A terminal of another encoding gets \\u escapes instead of an error.
    ascii_only = "utf" not in (sys.stdout.encoding or "").lower()
    # Piece by piece: who reads it may have seen enough, and one great write would not notice.
    json.dump(value, sys.stdout, default=_plain, ensure_ascii=ascii_only, indent=2)
    sys.stdout.write("\n")


def json_text(value: object) -> str:
    """Return ``value`` as JSON, dates in ISO 8601, with a line end behind it."""
    return json.dumps(value, default=_plain, ensure_ascii=False, indent=2) + "\n"


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table; one line that says so where there are no rows.

    On a terminal long cells fold; a file or another program gets one whole line a row.
    """
    if not rows:
        say(f"{title}: none")
        return
    cells = [["" if cell is None else _one_line(str(cell)) for cell in row] for row in rows]
    table = Table(
        title=Text(_one_line(title)),
        title_justify="left",
        box=None,
        pad_edge=False,
        padding=(0, 2, 0, 0),
    )
    least = 0
    for number, column in enumerate(columns):
        longest = max(len(row[number]) for row in cells)
        whole = column in WHOLE or not console.is_terminal
        table.add_column(
            Text(column),
            justify="right" if column.startswith("#") else "left",
            overflow="fold",
            no_wrap=whole,
            min_width=longest if whole else None,
        )
        least += (longest if whole else min(longest, NARROW)) + len(column) + 2
    for row in cells:
        table.add_row(*(Text(cell) for cell in row))
    width = max(console.width, least)
    Console(highlight=False, width=width, color_system=None).print(table)


def say(text: str) -> None:
    """Print one line for people."""
    console.print(Text(without_controls(text)), soft_wrap=True)


def say_outcome(*, dry_run: bool, changes: bool) -> None:
    """Print the line above what an import did or would do; the whole of it if that is nothing."""
    if dry_run:
        say("This is what an import would do:" if changes else "An import would change nothing.")
    else:
        say("Done:" if changes else "Nothing changed.")


def warn(text: str) -> None:
    """Print one line on standard error."""
    errors.print(Text(without_controls(text)), soft_wrap=True)


def local(instant: datetime | None, zone: ZoneInfo) -> str:
    """Return an instant as the clock on the wall shows it: "2025-03-04 09:00"."""
    return "" if instant is None else instant.astimezone(zone).strftime("%Y-%m-%d %H:%M")


def _one_line(text: str) -> str:
    return " ".join(without_controls(text).split())


def _plain(value: object) -> object:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Path):
        return str(value)
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, set | frozenset | tuple):
        return list(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
