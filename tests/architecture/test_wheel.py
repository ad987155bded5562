"""The built wheel works on its own: in a fresh environment, far from the checkout, from an empty
folder. Templates, year plan, samples, configuration and translations travel inside it.

No network is used: the wheel is built by the hatchling that is here, and the fresh environment
reads the libraries of the running one, but not the project.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from tests.architecture.tree import ROOT, SOURCE

pytestmark = pytest.mark.xdist_group("wheel")  # one worker builds it, once

CARRIED = ("templates", "calendars", "config", "samples")
DATA = "var_outreach/data"


@dataclass(frozen=True)
class Installed:
    """The wheel in an environment of its own."""

    programs: Path
    empty: Path

    def run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a program of the environment in the empty folder and return what it said."""
        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PYTHON", "VAR_OUTREACH_", "PYTEST_"))
        }
        return subprocess.run(
            [str(self.programs / program), *arguments],
            cwd=self.empty,
            env=environment | {"PYTHONDONTWRITEBYTECODE": "1", "NO_COLOR": "1"},
            capture_output=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )

    def says(self, program: str, *arguments: str) -> str:
        """Return what a program printed; it must have ended well."""
        done = self.run(program, *arguments)
        assert done.returncode == 0, f"{arguments}: {done.stdout}\n{done.stderr}"
        return done.stdout


def build(kind: str, folder: Path) -> Path:
    """Build a "wheel" or "sdist" of the checkout into ``folder`` and return its file."""
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = folder.iterdir()
    return built


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of the checkout as it stands."""
    return build("wheel", tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel, installed by pip into an environment that does not know the checkout."""
    folder = tmp_path_factory.mktemp("elsewhere")
    home = folder / "env"
    venv.create(home, symlinks=True, with_pip=False)
    programs = home / "bin"
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pip", "--python", str(programs / "python"), "install"),
            *("--quiet", "--no-deps", "--no-index", "--disable-pip-version-check", str(wheel)),
        ],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    # After pip, which would otherwise find the project's own editable install over there. A .pth
    # in a folder that a .pth names is not read, so the editable install stays unknown.
    (site,) = home.glob("lib/python*/site-packages")
    (site / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n")
    empty = folder / "empty"
    empty.mkdir()
    return Installed(programs, empty)


def test_the_wheel_holds_what_the_checkout_holds(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for folder in CARRIED:
        files = [path for path in (ROOT / folder).rglob("*") if path.is_file()]
        assert files
        assert {f"{DATA}/{path.relative_to(ROOT).as_posix()}" for path in files} <= names
    package = [path for path in SOURCE.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    assert {path.relative_to(SOURCE.parent).as_posix() for path in package} <= names
    assert any(name.endswith("/licenses/LICENSE") for name in names)


def test_the_wheel_holds_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert len(names) == len(set(names))
    tops = {name.split("/")[0] for name in names}
    assert {top.split("-")[0] for top in tops} == {"var_outreach"}
    assert not [name for name in names if "__pycache__" in name or name.endswith((".db", ".key"))]


def test_the_source_archive_builds_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    archive = build("sdist", tmp_path / "sdist")
    with tarfile.open(archive) as packed:
        packed.extractall(tmp_path / "unpacked", filter="data")
    (folder,) = (tmp_path / "unpacked").iterdir()
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path / "again")],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (again,) = (tmp_path / "again").iterdir()
    assert set(zipfile.ZipFile(again).namelist()) == set(zipfile.ZipFile(wheel).namelist())
    assert {"Makefile", "LICENSE", "tests", "tools", "requirements"} <= {
        path.name for path in folder.iterdir()
    }


def test_the_package_that_runs_is_the_installed_one(installed: Installed) -> None:
    where = installed.says(
        "python", "-c", "import var_outreach.settings as s; print(s.__file__); print(s.data_root())"
    )
    module, data = where.splitlines()
    assert Path(module).is_relative_to(installed.programs.parent)
    assert Path(data) == Path(module).parent / "data"


def test_the_translations_came_along(installed: Installed) -> None:
    catalogues = sorted((SOURCE / "locale" / "en").glob("*.po"))
    assert catalogues
    for catalogue in catalogues:
        with catalogue.open("rb") as handle:
            known = next(
                (entry.id, entry.string)
                for entry in read_po(handle)
                if isinstance(entry.id, str) and entry.id and entry.string not in ("", entry.id)
            )
        asked = "import sys; from var_outreach.i18n import phrases; "
        asked += "sys.stdout.buffer.write(phrases('en').gettext(sys.argv[1]).encode())"
        assert installed.says("python", "-c", asked, known[0]) == known[1]


def test_it_says_its_version(installed: Installed) -> None:
    said = installed.says("var-outreach", "--version")
    assert wheel_version() in said


def test_it_reads_its_own_year_plan(installed: Installed) -> None:
    plan = data_root(installed) / "calendars" / "2025.yaml"
    said = installed.says("var-outreach", "agenda", "import", str(plan), "--dry-run", "--json")
    entries = json.loads(said)
    assert len(entries) >= 6
    dated = [entry for entry in entries if entry["date"]]
    assert all(date.fromisoformat(entry["date"]).year == 2025 for entry in dated)
    assert {"conferentie", "leerhuis", "carrousel"} <= {entry["kind"] for entry in entries}
    assert all({"title", "line", "notes"} <= set(entry) for entry in entries)


def test_it_composes_a_newsletter(installed: Installed) -> None:
    out = installed.empty / "preview"
    try:
        installed.says("var-outreach", "compose", "preview", "newsletter", "--to", str(out))
        written = {path.suffix: path for path in out.rglob("*") if path.is_file()}
        assert {".eml", ".html", ".txt"} <= set(written)
        html = written[".html"].read_text("utf-8")
        assert "<mj" not in html
        assert "{{" not in html
        assert len(html) > 5_000
    finally:
        shutil.rmtree(out, ignore_errors=True)


def test_a_stranger_gets_help_and_no_traceback(installed: Installed) -> None:
    assert "agenda" in installed.says("var-outreach", "--help")
    done = installed.run("var-outreach", "agenda", "import", "no-such-file.yaml", "--dry-run")
    assert done.returncode == 2
    assert "no-such-file.yaml" in done.stderr
    assert "Traceback" not in done.stderr


def data_root(installed: Installed) -> Path:
    """Return where the installed package keeps its data."""
    asked = "from var_outreach.settings import data_root; print(data_root())"
    return Path(installed.says("python", "-c", asked).strip())


def wheel_version() -> str:
    """Return the version of the checkout."""
    line = next(
        line
        for line in (ROOT / "pyproject.toml").read_text("utf-8").splitlines()
        if line.startswith("version = ")
    )
    return line.split('"')[1]
