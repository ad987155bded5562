"""What may be in the repository: nothing that ties it to one machine, one mirror, one moment."""

from __future__ import annotations

import re
import tomllib
from importlib import import_module

import pytest

from tests.architecture.tree import ROOT, tree_texts

# Put together here, so that this file does not hold what it looks for.
MIRRORS = [
    "pypi" + ".org",
    "python" + "hosted.org",
    "registry." + "npmjs",
    "registry." + "yarnpkg",
    "npm" + "mirror",
    "index" + "-url",
    "PIP_INDEX" + "_URL",
    "find" + "-links ",
]
HOMES = re.compile(r"(?<![\w.*~$})\]<-])/" + r"(?:root|work|Users|home/\w+|opt/\w+)(?=/|\b)")
SCRATCH = re.compile(r"(?<![\w.*~$})\]<-])/" + r"(?:var/)?tmp/")


def hits(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{name}:{number}: {line.strip()[:100]}"
        for name, text in tree_texts().items()
        for number, line in enumerate(text.splitlines(), start=1)
        if pattern.search(line)
    ]


def test_there_is_something_to_look_at() -> None:
    assert {"pyproject.toml", "requirements/runtime.txt", "tests/architecture/test_tree.py"} <= set(
        tree_texts()
    )


def test_packages_carry_no_address() -> None:
    found = hits(re.compile("|".join(re.escape(mirror) for mirror in MIRRORS)))
    # The option by which the compiled requirements are kept free of addresses.
    assert not [hit for hit in found if "--no-emit-" not in hit]


@pytest.mark.parametrize("name", ["build", "dev", "runtime"])
def test_requirements_are_pinned_and_hashed(name: str) -> None:
    text = tree_texts()[f"requirements/{name}.txt"]
    assert "://" not in text
    entries = re.split(r"\n(?=\S)", re.sub(r"^\s*#.*\n?", "", text, flags=re.MULTILINE).strip())
    assert entries
    loose = [
        entry.splitlines()[0]
        for entry in entries
        if not re.match(r"[\w.-]+(\[[\w,-]+\])?==\S+", entry) or "--hash=sha256:" not in entry
    ]
    assert not loose


def test_requirements_know_every_dependency() -> None:
    project = tomllib.loads(tree_texts()["pyproject.toml"])
    groups = project["dependency-groups"]
    asked = {
        "runtime": project["project"]["dependencies"],
        "build": groups["build"],
        "dev": [entry for entry in groups["dev"] if isinstance(entry, str)] + groups["build"],
    }
    for name, dependencies in asked.items():
        pinned = set(
            re.findall(r"^([\w.-]+)", tree_texts()[f"requirements/{name}.txt"], re.MULTILINE)
        )
        wanted = {re.split(r"[\s\[<>=!~;]", line)[0].lower() for line in dependencies}
        missing = {wish for wish in wanted if re.sub(r"[_.]", "-", wish) not in pinned}
        assert not missing, "run: make requirements"


def test_npm_packages_carry_no_address() -> None:
    lock = tree_texts()["tests/node/package-lock.json"]
    assert '"integrity"' in lock
    assert '"resolved"' not in lock


def test_no_path_of_one_machine() -> None:
    assert not hits(HOMES)


def test_no_path_of_a_scratch_folder() -> None:
    assert not hits(SCRATCH)


@pytest.mark.parametrize(
    "line",
    ["cd /" + "root/x", 'open("/' + 'work/main/y")', "see /" + "home/anna/z", "/" + "Users/b"],
)
def test_a_path_of_one_machine_is_found(line: str) -> None:
    assert HOMES.search(line)


@pytest.mark.parametrize(
    "line", ["src/root/x", "https://a.example/work/", "the /worker page", "~/work/"]
)
def test_other_paths_are_let_pass(line: str) -> None:
    assert not HOMES.search(line)


def test_text_files_are_unix_text() -> None:
    crooked = [
        name
        for name, text in tree_texts().items()
        if not name.startswith("tests/") and ("\r" in text or (text and not text.endswith("\n")))
    ]
    assert not crooked


def test_the_licence_is_the_whole_eupl() -> None:
    licence = tree_texts()["LICENSE"]
    assert licence.lstrip().startswith("EUROPEAN UNION PUBLIC LICENCE v. 1.2")
    assert all(f"    {number}. " in licence for number in range(1, 16))
    assert "LiLiQ-R+" in licence


def test_the_version_is_one_and_the_changelog_knows_it() -> None:
    version = tomllib.loads(tree_texts()["pyproject.toml"])["project"]["version"]
    assert import_module("var_outreach").__version__ == version
    assert re.search(rf"^## \[{re.escape(version)}\]", tree_texts()["CHANGELOG.md"], re.MULTILINE)


def test_programs_are_executable() -> None:
    for name in (".ci/run", "tools/apt.sh", "tools/venv.sh"):
        assert (ROOT / name).stat().st_mode & 0o111, name
