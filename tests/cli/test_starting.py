"""How the program starts and stops: quickly, and without a traceback."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from tests.cli.running import CALENDAR, Shell
from var_outreach import __version__
from var_outreach.cli import main as cli
from var_outreach.cli.deferred import Deferred

HEAVY = ("sqlalchemy", "fastapi", "uvicorn", "mjml", "alembic", "httpx", "PIL", "feedparser")
BUFFERED = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
PROGRAM = [sys.executable, "-m", "var_outreach.cli.main"]


def modules_after(*words: str, cwd: Path) -> set[str]:
    """Return which modules are loaded when the command ends."""
    code = (
        "import sys, json\n"
        f"sys.argv = {['var-outreach', *words]!r}\n"
        "from var_outreach.cli.main import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "sys.stderr.write(json.dumps(sorted({name.split('.')[0] for name in sys.modules})))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=cwd, capture_output=True, text=True, check=True
    )
    return set(json.loads(done.stderr.splitlines()[-1]))


@pytest.mark.parametrize(
    "words",
    [("--version",), ("--help",), ("agenda", "import", str(CALENDAR), "--dry-run", "--json")],
)
def test_what_is_not_needed_is_not_loaded(tmp_path: Path, words: tuple[str, ...]) -> None:
    loaded = modules_after(*words, cwd=tmp_path)
    assert "typer" in loaded
    assert not loaded & set(HEAVY)


@pytest.mark.parametrize("name", sorted(cli.COMMANDS))
def test_every_command_is_there_and_helps(shell: Shell, name: str) -> None:
    module, attribute, words = cli.COMMANDS[name]
    real = Deferred(name, module, attribute, words).real()
    assert real.name == name
    done = shell(name, "--help").good()
    assert f"var-outreach {name}" in done.out
    assert done.out.count("Usage:") == 1


def test_help_lists_every_command(shell: Shell) -> None:
    shown = shell("--help").good().out
    assert all(name in shown for name in cli.COMMANDS)
    assert shell("--version").good().out == f"var-outreach {__version__}\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("agend",), "No such command 'agend'"),
        (("agenda", "lst"), "No such command 'lst'"),
        (("agenda", "show"), "Missing argument"),
        (("agenda", "list", "--jsn"), "No such option"),
        (("plan", "show", "--from", "morgen"), "morgen"),
        (("rehearse", "3000"), "2100"),
    ],
)
def test_a_wrong_command_is_exit_code_2_and_a_hint(
    shell: Shell, words: tuple[str, ...], said: str
) -> None:
    done = shell(*words)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert "Traceback" not in done.err


def test_ctrl_c_ends_with_130(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("var_outreach.cli.database.upgrade_schema", interrupted)
    done = shell("database", "upgrade")
    assert done.code == 130
    assert "Traceback" not in done.err


def test_a_real_ctrl_c_ends_the_service_quietly(tmp_path: Path) -> None:
    running = subprocess.Popen(
        [*PROGRAM, "serve", "--port", "0"],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert running.stderr is not None
        for line in running.stderr:
            if "running on" in line.lower() or "startup complete" in line.lower():
                break
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=60)
    finally:
        running.kill()
    assert "Traceback" not in said
    assert running.returncode in {0, 130}


def test_the_log_of_the_service_holds_no_personal_link(tmp_path: Path) -> None:
    token = "geheim" * 5
    running = subprocess.Popen(
        [*PROGRAM, "serve", "--port", "0"],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    said = ""
    try:
        assert running.stdout is not None
        for line in running.stdout:
            said += line
            if address := re.search(r"running on (http://[\d.:]+)", line):
                break
        assert address is not None, said
        for path in ("antwoord", "mijn", "uitschrijven", "inschrijven/bevestig"):
            with pytest.raises(HTTPError, match=r"40[0-9]"):
                urlopen(f"{address[1]}/{path}/{token}?keuze={token}", timeout=60)
        running.send_signal(signal.SIGINT)
        said += running.communicate(timeout=60)[0]
    finally:
        running.kill()
    assert token not in said
    assert "antwoord" not in said


def test_a_reader_who_has_seen_enough_is_no_error(tmp_path: Path) -> None:
    rows = "\n".join(
        f"  - {{id: e{n}, kind: leerhuis, title: {'x' * 200}, date: 2025-04-07}}"
        for n in range(2000)
    )
    (tmp_path / "p.yaml").write_text(f"year: 2025\nevents:\n{rows}\n")
    ours, theirs = os.pipe()
    running = subprocess.Popen(
        [*PROGRAM, "agenda", "import", "p.yaml", "--dry-run", "--json"],
        cwd=tmp_path, stdout=theirs, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    os.close(theirs)
    os.read(ours, 10)
    os.close(ours)
    _, said = running.communicate(timeout=60)
    assert said == ""
    assert running.returncode == 1


@pytest.mark.parametrize(
    "words", [("--version",), ("agenda", "import", "p.yaml", "--dry-run", "--json")]
)
def test_a_short_answer_to_a_closed_pipe_is_no_error(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    (tmp_path / "p.yaml").write_text(
        "year: 2025\nevents:\n  - {id: a, kind: leerhuis, title: L, date: 2025-04-07}\n"
    )
    # What fits into the buffer goes out as the program ends, where nothing catches an error.
    ours, theirs = os.pipe()
    os.close(ours)
    done = subprocess.run(
        [*PROGRAM, *words],
        cwd=tmp_path,
        env=BUFFERED,
        stdout=theirs,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(theirs)
    assert done.stderr == ""
    assert done.returncode == 1


def test_a_terminal_of_another_alphabet_still_gets_its_answer(tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text(
        "year: 2025\nevents:\n  - {id: a, kind: leerhuis, title: Café, date: 2025-04-07}\n", "utf-8"
    )
    latin = {**os.environ, "PYTHONIOENCODING": "ascii"}
    words = [*PROGRAM, "agenda", "import", "p.yaml"]
    done = subprocess.run(
        [*words, "--dry-run", "--json"], cwd=tmp_path, capture_output=True, check=True, env=latin
    )
    assert json.loads(done.stdout)[0]["title"] == "Café"
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, check=False, env=latin)
    assert done.returncode == 0, done.stderr
    assert rb"Caf\xe9" in done.stdout


def test_a_name_that_is_no_text_is_shown_in_escapes(tmp_path: Path) -> None:
    name = os.fsencode(tmp_path) + b"/\xff\xfe.txt"
    done = subprocess.run(
        [*(os.fsencode(word) for word in PROGRAM), b"agenda", b"import", name, b"--dry-run"],
        cwd=tmp_path, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert b"there is no such file" in done.stderr
    assert b"Traceback" not in done.stderr
