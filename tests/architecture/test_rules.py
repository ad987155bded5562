"""The rules of the house that no other tool checks, and those that import-linter does."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.clock_calls import clock_calls, random_calls
from tests.architecture.tree import ROOT, SOURCE

MOST_LINES = 500
NAMES_THAT_SAY_NOTHING = {
    "common",
    "helper",
    "helpers",
    "manager",
    "misc",
    "service",
    "util",
    "utils",
}
MODULES = sorted(SOURCE.rglob("*.py"))


def name_of(path: Path) -> str:
    return path.relative_to(SOURCE).as_posix()


def complaints(files: list[Path], allowed: set[str], look: object) -> list[str]:
    assert callable(look)
    return [
        f"{name_of(file)}:{found}"
        for file in files
        if name_of(file) not in allowed
        for found in look(file.read_text("utf-8"))
    ]


def test_there_is_something_to_look_at() -> None:
    assert len(MODULES) > 50


def test_only_the_clock_tells_the_time() -> None:
    assert not complaints(MODULES, {"clock.py"}, clock_calls)


def test_only_tokens_takes_random_numbers() -> None:
    # settings.py makes an installation's signing key, before there is anything to pass it.
    assert not complaints(MODULES, {"tokens.py", "settings.py"}, random_calls)


@pytest.mark.parametrize(
    "source",
    [
        "from datetime import datetime\ndatetime.now(UTC)",
        "import datetime\ndatetime.datetime.utcnow()",
        "import datetime as dt\ndt.date.today()",
        "from datetime import date as Day\nDay.today()",
        "import time\ntime.time()",
        "from time import time as ticks\nticks()",
        "from email.utils import formatdate\nformatdate()",
        "from sqlalchemy import func\nfunc.now()",
    ],
)
def test_a_look_at_the_machines_clock_is_found(source: str) -> None:
    assert [found.split(":")[0] for found in clock_calls(source)] == ["2"]


@pytest.mark.parametrize(
    "source",
    [
        "import time\ntime.monotonic()",
        "self.clock.now()",
        "from var_outreach.clock import today\ntoday()",
        "from email.utils import formatdate\nformatdate(0.0)",
    ],
)
def test_other_uses_of_time_are_let_pass(source: str) -> None:
    assert clock_calls(source) == []


@pytest.mark.parametrize(
    "source",
    [
        "import random\nrandom.choice(a)",
        "from uuid import uuid4\nuuid4()",
        "from secrets import token_hex\ntoken_hex(8)",
        "import os\nos.urandom(8)",
    ],
)
def test_a_random_number_is_found(source: str) -> None:
    assert [found.split(":")[0] for found in random_calls(source)] == ["2"]


def test_a_passed_in_source_of_randomness_is_let_pass() -> None:
    assert random_calls("import random\nmine = random.Random(7)\nmine.choice(a)") == []


def test_files_are_named_for_what_they_do() -> None:
    assert not [name_of(file) for file in MODULES if file.stem in NAMES_THAT_SAY_NOTHING]
    folders = [file.parent.name for file in MODULES]
    assert not NAMES_THAT_SAY_NOTHING.intersection(folders)


def test_no_file_grows_past_what_one_reads_in_a_sitting() -> None:
    lengths = {
        name_of(file): len(file.read_text("utf-8").splitlines())
        for file in MODULES
        if "migrations" not in file.parts  # these are generated, and never read as a story
    }
    assert not {name: lines for name, lines in lengths.items() if lines > MOST_LINES}


def test_every_module_says_what_it_is_for() -> None:
    silent = []
    for file in MODULES:
        tree = ast.parse(file.read_text("utf-8"))
        if tree.body and not (ast.get_docstring(tree) or "").strip():
            silent.append(name_of(file))
    assert not silent


def test_every_step_says_what_it_reads_and_writes() -> None:
    """A package's front page and a migration tell it in their own way."""
    silent = []
    for file in MODULES:
        if file.name == "__init__.py" or "migrations" in file.parts:
            continue
        told = ast.get_docstring(ast.parse(file.read_text("utf-8"))) or ""
        if not all(
            re.search(rf"\*[^*]*{word}[^*]*\*", told) for word in ("Reads", "Writes", "Next")
        ):
            silent.append(name_of(file))
    assert not silent


def test_stages_keep_their_order_and_vendors_their_rooms() -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from importlinter.cli import lint_imports_command; lint_imports_command()",
            "--no-cache",
            "--no-logo",
        ],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(SOURCE.parent)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert " 0 broken" in done.stdout
