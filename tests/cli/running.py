"""Runs the command line as a person does, and looks at the database behind it."""

from __future__ import annotations

import json
import sqlite3
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from var_outreach.cli.main import main

ROOT = Path(__file__).parents[2]
CALENDAR = ROOT / "calendars" / "2025.yaml"
PEOPLE = ROOT / "samples" / "people.csv"
NEWS = ROOT / "samples" / "news"
EVENT = "2025-04-07-leerhuis"


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What was printed, as JSON and nothing else."""
        return json.loads(self.out)

    def good(self) -> Ended:
        assert self.code == 0, self.err or self.out
        return self


@dataclass
class Shell:
    """A folder to work in, and the program."""

    folder: Path
    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]

    def __call__(self, *arguments: object) -> Ended:
        """Run ``var-outreach`` with ``arguments``."""
        words = ["var-outreach", *(str(argument) for argument in arguments)]
        self.monkeypatch.setattr(sys, "argv", words)
        self.capsys.readouterr()
        code: object = 0
        try:
            main()
        except SystemExit as ending:
            code = ending.code
        said = self.capsys.readouterr()
        assert isinstance(code, int | None)
        return Ended(code or 0, said.out, said.err)

    def write(self, name: str, text: str | bytes) -> Path:
        """Write a file into the folder."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def dump(self) -> list[str]:
        """Return all that the database holds, as SQL."""
        file = self.folder / "var" / "outreach.db"
        if not file.exists():
            return []
        connection = sqlite3.connect(file)
        try:
            return list(connection.iterdump())
        finally:
            connection.close()
