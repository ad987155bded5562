"""A shell in an empty folder, and one with agenda, people and news brought in."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import sys
from pathlib import Path

import pytest

from tests.cli.running import CALENDAR, NEWS, PEOPLE, Shell
from var_outreach.cli.context import Context
from var_outreach.cli.main import main


@pytest.fixture
def shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Shell:
    """The program in an empty folder, with the shipped settings."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    for name in list(os.environ):
        if name.startswith("VAR_OUTREACH_"):
            monkeypatch.delenv(name)
    monkeypatch.setattr(Context, "config", None)
    return Shell(folder, monkeypatch, capsys)


@pytest.fixture(scope="session")
def _brought_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the samples were brought in, to be copied."""
    folder = tmp_path_factory.mktemp("filled")
    before, argv = Path.cwd(), sys.argv
    os.chdir(folder)
    try:
        for words in (
            ("people", "import", str(PEOPLE), "--source", "voorbeeld"),
            ("agenda", "import", str(CALENDAR)),
            ("news", "import", str(NEWS)),
        ):
            sys.argv = ["var-outreach", *words]
            with contextlib.redirect_stdout(io.StringIO()), pytest.raises(SystemExit) as ending:
                main()
            assert not ending.value.code
    finally:
        os.chdir(before)
        sys.argv = argv
    return folder


@pytest.fixture
def filled(shell: Shell, _brought_in: Path) -> Shell:
    """The program in a folder with the sample agenda, people and news."""
    shutil.copytree(_brought_in / "var", shell.folder / "var")
    return shell
