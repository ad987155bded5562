"""The documents say what is there: folders, commands and their options, links, settings, columns.

*Reads*: the Markdown files of the repository and the code they speak of. *Writes*: nothing. *Next*:
whoever changes a command, a folder or a setting is told here which page to change with it.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Protocol, cast

import pytest
import typer.main
from pydantic import BaseModel

from tests.architecture.tree import ROOT, SOURCE, tree_texts
from var_outreach.cli.deferred import Deferred
from var_outreach.cli.main import app
from var_outreach.composing.markdown import FIELDS
from var_outreach.people.csv_rows import HEADERS
from var_outreach.people.store import ORGANISATION_KINDS
from var_outreach.planning.mail_kinds import MailKind
from var_outreach.settings import Settings

PROGRAM = "var-outreach"
# Papers without commands of today: what once was is history.
PAGES = sorted(
    {"README.md", "CONTRIBUTING.md", *(path for path in tree_texts() if path.startswith("docs/"))}
)
_INLINE = re.compile(r"`([^`\n]+)`")
_FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_WORD = re.compile(r"[a-z][a-z-]*\Z")


class Parameter(Protocol):
    """What of click's parameters is used here; typer carries a click of its own."""

    opts: list[str]
    secondary_opts: list[str]


class Command(Protocol):
    """What of a command or group is used here."""

    params: list[Parameter]

    def __hash__(self) -> int: ...


@dataclass(frozen=True)
class Quoted:
    """A command as a page quotes it."""

    page: str
    words: tuple[str, ...]
    """What follows the program's name."""

    def __str__(self) -> str:
        return f"{self.page}: {PROGRAM} {' '.join(self.words)}"


def code_of(text: str) -> Iterator[str]:
    """Yield the pieces of code in a page: lines of indented and fenced blocks, and inline ones."""
    for block in _FENCED.findall(text):
        yield from block.splitlines()[1:-1]
    rest = _FENCED.sub("", text)
    for line in rest.splitlines():
        if line.startswith("    "):
            yield line.strip()
        else:
            yield from _INLINE.findall(line)


def commands_in(page: str, text: str) -> list[Quoted]:
    """Return every call of the program in ``text``."""
    found = []
    for code in code_of(text):
        for call in re.finditer(rf"(?:^|[\s/]){PROGRAM}((?: [^|;&\n]+)?)", code):
            words = tuple(shlex.split(call[1], comments=True))
            if words:
                found.append(Quoted(page, words))
    return found


@cache
def command_line() -> Command:
    """Return the root of the command line."""
    return cast(Command, typer.main.get_command(app))


@cache
def below(command: Command) -> Mapping[str, Command]:
    """Return the subcommands of a group, loaded; nothing for a command."""
    commands = getattr(command, "commands", {})
    return {
        name: cast(Command, one.real() if isinstance(one, Deferred) else one)
        for name, one in commands.items()
    }


def wrong_with(words: Sequence[str]) -> str | None:
    """Return what of a call does not exist in the command line, or None."""
    at = command_line()
    parameters = list(at.params)
    path: list[str] = []
    for word in words:
        if word.startswith("--"):
            known = {name for one in parameters for name in (*one.opts, *one.secondary_opts)}
            if word.partition("=")[0] not in known | {"--help"}:
                return f"'{' '.join(path)}' has no {word}"
        elif below(at) and _WORD.match(word):
            if word not in below(at):
                return f"there is no '{' '.join((*path, word))}'"
            at = below(at)[word]
            parameters += at.params
            path.append(word)
    return None


def headings_of(text: str) -> set[str]:
    """Return the anchors of a page's headings, as forges make them."""
    return {
        re.sub(r"[^\w -]", "", heading.lower()).strip().replace(" ", "-")
        for heading in _HEADING.findall(text)
    }


def settings_in(model: type[BaseModel]) -> Iterator[str]:
    """Yield the names of all settings; a section gives ``[section]`` and the names in it."""
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield f"[{name}]"
            yield from settings_in(kind)
        else:
            yield name


ALL_COMMANDS = [quoted for page in PAGES for quoted in commands_in(page, tree_texts()[page])]


def test_the_pages_are_there() -> None:
    named = ("architecture", "configuration", "decisions", "handleiding", "people")
    assert {f"docs/{name}.md" for name in named} <= set(PAGES)
    assert len(ALL_COMMANDS) > 40


@pytest.mark.parametrize("quoted", ALL_COMMANDS, ids=str)
def test_a_quoted_command_exists(quoted: Quoted) -> None:
    assert wrong_with(quoted.words) is None


def test_every_command_is_told_of() -> None:
    def leaves(at: Command, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
        if not below(at):
            yield path
        for name, command in below(at).items():
            yield from leaves(command, (*path, name))

    known = list(leaves(command_line()))
    told = {quoted.words[:depth] for quoted in ALL_COMMANDS for depth in (1, 2)}
    assert len(known) > 20
    assert not [path for path in known if path not in told]


@pytest.mark.parametrize(
    ("code", "complaint"),
    [
        ("`var-outreach agenda improt x.yaml`", "there is no 'agenda improt'"),
        ("`var-outreach plan show --form 2025-01-01`", "'plan show' has no --form"),
        ("    var-outreach mailing relaese KEY  # lets it go", "there is no 'mailing relaese'"),
        ("```\n.venv/bin/var-outreach serv\n```", "there is no 'serv'"),
        ("`var-outreach --confg F serve`", "'' has no --confg"),
    ],
)
def test_a_command_that_does_not_exist_is_found(code: str, complaint: str) -> None:
    (quoted,) = commands_in("page", code)
    assert wrong_with(quoted.words) == complaint


def test_every_make_target_that_is_named_exists() -> None:
    makefile = tree_texts()["Makefile"]
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    named = {
        (page, target)
        for page in PAGES
        for code in code_of(tree_texts()[page])
        for target in re.findall(r"^make ([a-z-]+)", code)
    }
    assert named
    assert not [(page, target) for page, target in named if target not in targets]


@pytest.mark.parametrize("page", PAGES)
def test_every_relative_link_leads_somewhere(page: str) -> None:
    text = tree_texts()[page]
    lost = []
    for target in _LINK.findall(_FENCED.sub("", text)):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (ROOT / page).parent / path if path else ROOT / page
        if not file.exists() or (anchor and anchor not in headings_of(file.read_text("utf-8"))):
            lost.append(target)
    assert not lost


def test_every_folder_of_the_package_has_its_line() -> None:
    text = tree_texts()["docs/architecture.md"]
    folders = {
        path.parent.relative_to(SOURCE).as_posix()
        for path in SOURCE.rglob("*.py")
        if path.parent != SOURCE and "__pycache__" not in path.parts
    }
    assert len(folders) > 15
    assert not {folder for folder in folders if f"`{folder}/`" not in text}


def test_every_module_at_the_top_of_the_package_has_its_line() -> None:
    text = tree_texts()["docs/architecture.md"]
    modules = {path.name for path in SOURCE.glob("*.py")} - {"__init__.py"}
    assert not {module for module in modules if f"`{module}`" not in text}


def test_no_file_is_named_that_is_not_there() -> None:
    text = tree_texts()["docs/architecture.md"]
    named = set(re.findall(r"`([a-z_/]+\.py)`", text))
    everything = {path.relative_to(SOURCE).as_posix() for path in SOURCE.rglob("*.py")}
    known = everything | {path.rpartition("/")[2] for path in everything} | set(tree_texts())
    assert named
    assert not named - known


def test_every_setting_is_explained() -> None:
    text = tree_texts()["docs/configuration.md"]
    wanted = set(settings_in(Settings))
    assert {"base_url", "[smtp]", "password_file"} <= wanted
    sections = {name for name in wanted if name.startswith("[")}
    assert not {name for name in sections if f"### {name}" not in text}
    assert not {name for name in wanted - sections if f"| `{name}` |" not in text}


def test_no_setting_is_explained_that_is_not_there() -> None:
    text = tree_texts()["docs/configuration.md"]
    toml = text[text.index("## outreach.toml") : text.index("## rules.yaml")]
    told = set(re.findall(r"^\| `(\w+)` \|", toml, re.MULTILINE))
    assert told == {name for name in settings_in(Settings) if not name.startswith("[")}


def test_every_kind_of_mail_is_named() -> None:
    text = tree_texts()["docs/configuration.md"] + tree_texts()["docs/architecture.md"]
    assert not {kind.value for kind in MailKind if kind.value not in text}


def test_every_column_of_a_people_file_is_explained() -> None:
    text = tree_texts()["docs/people.md"]
    rows = dict(re.findall(r"^\| `([^`]+)` \| ([^|]+) \|", text, re.MULTILINE))
    assert list(rows) == [words[0] for words in HEADERS.values()]
    for words in HEADERS.values():
        told = {word.strip() for word in rows[words[0]].split(",")}
        assert told <= set(words[1:])
    assert not {kind for kind in ORGANISATION_KINDS if f"`{kind}`" not in text}


def test_every_placeholder_of_staff_is_told_of() -> None:
    text = tree_texts()["docs/architecture.md"]
    assert not {name for name in FIELDS if f"{{{{ {name} }}}}" not in text}


def test_the_dutch_guide_keeps_its_sentences_short() -> None:
    """B1: 15 words a sentence at most; code does not count."""
    text = _FENCED.sub("", tree_texts()["docs/handleiding.md"])
    prose = "\n".join(line for line in text.splitlines() if not line.startswith("    "))
    prose = re.sub(r"\*\*|^\s*(?:-|\d+\.) ", "", _INLINE.sub("code", prose), flags=re.MULTILINE)
    prose = re.sub(r"^#+ .*$", "", prose, flags=re.MULTILINE)
    sentences = re.split(r"(?<=[.?!:])\s+|\n\s*\n", prose)
    long = [" ".join(one.split()) for one in sentences if len(one.split()) > 15]
    assert not long
