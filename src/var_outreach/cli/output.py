"""How a command prints: a table for people, JSON for programs, errors on the other channel.

*Reads*: nothing. *Writes*: standard output and error. *Next*: every command prints through this.
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

# A file or another program gets whole lines; a key that is cut off cannot be copied.
console = Console(highlight=False, width=None if sys.stdout.isatty() else 200)
errors = Console(stderr=True, highlight=False)


def print_json(value: object) -> None:
    """Print ``value`` as JSON, dates in ISO 8601, and nothing else."""
    json.dump(value, sys.stdout, default=_plain, ensure_ascii=False, indent=2)
    sys.stdout.write("\n")


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table; one line that says so where there are no rows."""
    if not rows:
        console.print(f"{title}: none", markup=False)
        return
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(
            column, justify="right" if column.startswith("#") else "left", overflow="fold"
        )
    for row in rows:
        # Cells come from files and people: nothing in them may be taken as markup.
        table.add_row(*(_escape("" if cell is None else str(cell)) for cell in row))
    console.print(table)


def say(text: str) -> None:
    """Print one line for people."""
    console.print(text, markup=False, soft_wrap=True)


def warn(text: str) -> None:
    """Print one line on standard error."""
    errors.print(text, markup=False, soft_wrap=True)


def local(instant: datetime | None, zone: ZoneInfo) -> str:
    """Return an instant as the clock on the wall shows it: "2025-03-04 09:00"."""
    return "" if instant is None else instant.astimezone(zone).strftime("%Y-%m-%d %H:%M")


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


def _escape(text: str) -> str:
    return text.replace("[", "\\[")
