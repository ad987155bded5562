"""Small plans and short cuts that the tests of the agenda readers share."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

from var_outreach.agenda.entries import AgendaEntry, AgendaFile
from var_outreach.agenda.kinds import KindTable, load_kinds
from var_outreach.agenda.plan_text import read_plan_text

ROOT = Path(__file__).parents[2]
PLANS = Path(__file__).parent / "plans"
ZONE = ZoneInfo("Europe/Amsterdam")
KINDS: KindTable = load_kinds(ROOT / "config" / "kinds.yaml")


def read(text: str, *, with_undated: bool = False) -> AgendaFile:
    """Read ``text`` as a plan called plan.txt."""
    return read_plan_text(text, KINDS, zone=ZONE, name="plan.txt", with_undated=with_undated)


def agenda(*lines: str, head: str = "Agenda", plan: str = "Jaarplan 2026") -> AgendaFile:
    """Read an agenda of ``lines`` in a small plan; the first of them is line 4."""
    return read("\n".join([plan, "", head, *lines]))


def one(line: str) -> AgendaEntry:
    """Read the one entry of an agenda of one line."""
    file = agenda(line)
    assert len(file.entries) == 1, (file.entries, file.unreadable)
    return file.entries[0]


def shown(file: AgendaFile) -> list[tuple[str | None, str, str]]:
    """Return date, kind and title of each entry."""
    return [
        (str(entry.on_date) if entry.on_date else None, entry.kind, entry.title)
        for entry in file.entries
    ]
