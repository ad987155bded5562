"""YAML as nodes that still know their line, so that an error can say where it is.

*Reads*: YAML text. *Writes*: nothing. *Next*: year plans, kinds, audiences, rules and partners are
read through a ``Reading``, which gathers everything that is wrong and raises it as one error.
Values stay the text that was written (``9.30`` is no float, ``2025-02-30`` no crash).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from var_outreach.errors import FileError, InputError, RowErrors

NULLS = frozenset({"", "~", "null", "Null", "NULL"})


def line_of(node: Node) -> int:
    """Return the line on which ``node`` starts, from 1."""
    return int(node.start_mark.line) + 1


class Reading:
    """One pass over a YAML file called ``name`` that gathers errors instead of stopping."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.errors: list[InputError] = []

    def compose(self, text: str) -> Node | None:
        """Return the root node, or None for an empty document.

        Raises ``FileError`` with the line where ``text`` is no YAML.
        """
        try:
            root: Node | None = YAML(typ="rt").compose(text)
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line = mark.line + 1 if mark else 1
            raise FileError(
                f"this is not YAML: {error.problem or error.context or 'it ends half-way'}",
                where=f"{self.name}:{line}",
                remedy="Check indentation, quotes and colons on this line and the one above",
            ) from error
        except (YAMLError, ValueError, RecursionError) as error:
            raise FileError(
                "this is not YAML",
                where=f"{self.name}:1",
                remedy="Save the file as UTF-8 text without control characters",
            ) from error
        return root

    def wrong(self, node: Node | int, what: str, remedy: str = "") -> None:
        """Note that ``what`` is wrong at ``node``."""
        line = node if isinstance(node, int) else line_of(node)
        self.errors.append(FileError(what, where=f"{self.name}:{line}", remedy=remedy))

    def finish(self) -> None:
        """Raise what was gathered: one ``FileError``, or ``RowErrors`` that lists them all."""
        if not self.errors:
            return
        first = self.errors[0]
        if len(self.errors) == 1:
            raise first
        raise RowErrors(
            f"{len(self.errors)} things are wrong in this file",
            self.errors,
            where=first.where,
            remedy="Mend them and try again; nothing was taken over",
        )

    def mapping(self, node: Node, what: str, allowed: Iterable[str]) -> dict[str, Node]:
        """Return the fields of ``node`` by name; unknown and double names are errors."""
        if not isinstance(node, MappingNode):
            self.wrong(node, f"{what} should be a list of 'name: value' lines")
            return {}
        names = list(allowed)
        found: dict[str, Node] = {}
        for key, value in node.value:
            name = str(key.value) if isinstance(key, ScalarNode) else "?"
            if names and name not in names:
                near = get_close_matches(name.lower(), names, n=1)
                hint = f"Did you mean '{near[0]}'?" if near else f"Use one of: {', '.join(names)}"
                self.wrong(key, f"{what} has an unknown field '{name}'", hint)
            elif name in found:
                self.wrong(key, f"{what} has '{name}' twice", "Keep one of the two")
            else:
                found[name] = value
        return found

    def items(self, node: Node, what: str) -> Iterator[Node]:
        """Yield the items of a list; anything else is an error."""
        if isinstance(node, SequenceNode):
            yield from node.value
        elif not self.is_null(node):
            self.wrong(node, f"{what} should be a list", "Start each item with '- '")

    def text(self, node: Node, what: str) -> str | None:
        """Return the folded text of a scalar, or None (null, or an error that is noted)."""
        if not isinstance(node, ScalarNode):
            self.wrong(node, f"{what} should be text", "Write one value on one line")
            return None
        if self.is_null(node):
            return None
        return " ".join(str(node.value).split())

    def texts(self, node: Node, what: str) -> tuple[str, ...]:
        """Return a list of texts; a single text is a list of one."""
        nodes = [node] if isinstance(node, ScalarNode) else list(self.items(node, what))
        return tuple(value for item in nodes if (value := self.text(item, what)) is not None)

    def whole(self, node: Node, what: str, least: int = 1) -> int | None:
        """Return a whole number of at least ``least``, or None after noting an error."""
        value = self.text(node, what)
        if value is None:
            return None
        if not value.isascii() or not value.isdigit() or len(value) > 9 or int(value) < least:
            self.wrong(node, f"{what} is not a whole number of {least} or more: '{value}'")
            return None
        return int(value)

    def choice(self, node: Node, what: str, choices: Iterable[str]) -> str | None:
        """Return one of ``choices``, or None after noting an error that suggests the near one."""
        value = self.text(node, what)
        options = list(choices)
        if value is None or value in options:
            return value
        near = get_close_matches(value.lower(), options, n=1)
        hint = f"Did you mean '{near[0]}'?" if near else f"Use one of: {', '.join(options)}"
        self.wrong(node, f"{what} is not known: '{value}'", hint)
        return None

    @staticmethod
    def is_null(node: Node) -> bool:
        """Return whether ``node`` is an empty value."""
        return isinstance(node, ScalarNode) and not node.style and node.value in NULLS
