"""What an audience is: lines that take people in and lines that keep them out.

*Reads*: ``config/audiences.yaml``, or the lines as the database and a mailing keep them.
*Writes*: nothing. *Next*: ``audiences/store.py`` keeps definitions, ``resolve.py`` finds the
people.

On one line all conditions hold together, and of each condition one of its values; lines add up.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from ruamel.yaml.nodes import Node

from var_outreach.errors import ConfigError, InputError, RowErrors
from var_outreach.message import checked_address
from var_outreach.people.store import ORGANISATION_KINDS
from var_outreach.registrations.model import RegistrationState
from var_outreach.slugs import slug
from var_outreach.yaml_nodes import Reading, line_of

MAX_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Selector:
    """One line; an empty condition asks nothing."""

    roles: tuple[str, ...] = ()
    organisation_kinds: tuple[str, ...] = ()
    organisations: tuple[str, ...] = ()
    """Keys of organisations."""
    topics: tuple[str, ...] = ()
    """Keys of themes; the holder of an office works on one of them."""
    list: str = ""
    """The key of a list; active subscribers."""
    event: str = ""
    """The key of an event; whoever is registered for it in one of ``states``."""
    states: tuple[RegistrationState, ...] = ()
    contacts: tuple[str, ...] = ()
    """Mail addresses."""

    def as_dict(self) -> dict[str, Any]:
        """Return the conditions that ask something, as plain JSON values."""
        found: dict[str, Any] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if value:
                found[field.name] = value if isinstance(value, str) else [str(v) for v in value]
        return found


@dataclass(frozen=True, slots=True)
class AudienceDefinition:
    """A named selection: whoever a line of ``include`` takes in and no line of ``exclude``."""

    key: str
    name: str
    include: tuple[Selector, ...]
    exclude: tuple[Selector, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return the definition as plain JSON values, to be frozen with a mailing."""
        return {
            "key": self.key,
            "name": self.name,
            "include": [line.as_dict() for line in self.include],
            "exclude": [line.as_dict() for line in self.exclude],
        }

    def fingerprint(self) -> str:
        """Return a hash of whom it selects; an approval is bound to it."""
        lines = {k: v for k, v in self.as_dict().items() if k in {"include", "exclude"}}
        return hashlib.sha256(json.dumps(lines, sort_keys=True).encode()).hexdigest()


def definition_from_dict(data: Mapping[str, Any]) -> AudienceDefinition:
    """Return the definition that ``as_dict`` gave; raises ConfigError if it is none."""
    where = f"audience {data.get('key', '?')}"
    try:
        return AudienceDefinition(
            key=str(data["key"]),
            name=str(data["name"]),
            include=tuple(_selector_from_dict(line) for line in data["include"]),
            exclude=tuple(_selector_from_dict(line) for line in data.get("exclude", ())),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ConfigError(
            f"this is not an audience: {error}", where=where, remedy="Save the audience again"
        ) from error


def load_audiences(path: Path) -> tuple[AudienceDefinition, ...]:
    """Read a file of audiences; raises ConfigError with file, line and what to do."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ConfigError("the file is too large", where=str(path), remedy="Restore it")
        text = path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"the audiences cannot be read ({error})",
            where=str(path),
            remedy="Save them as UTF-8 text",
        ) from error
    return read_audiences(text, name=str(path))


def read_audiences(text: str, *, name: str) -> tuple[AudienceDefinition, ...]:
    """Read the text of a file of audiences called ``name``; raises as ``load_audiences``."""
    try:
        return _AudienceReader(name).read(text)
    except ConfigError:
        raise
    except RowErrors as error:
        every = "".join(f"\n  {row}" for row in error.rows)
        raise ConfigError(
            f"{error.what}:{every}\n", where=error.where, remedy=error.remedy
        ) from error
    except InputError as error:
        raise ConfigError(error.what, where=error.where, remedy=error.remedy) from error


def _selector_from_dict(line: Mapping[str, Any]) -> Selector:
    known = {field.name for field in fields(Selector)}
    if unknown := set(line) - known:
        raise ValueError(f"unknown condition {sorted(unknown)[0]!r}")
    values: dict[str, Any] = {
        key: value if isinstance(value, str) else tuple(str(v) for v in value)
        for key, value in line.items()
    }
    if "states" in values:
        values["states"] = tuple(RegistrationState(state) for state in values["states"])
    return Selector(**values)


class _AudienceReader:
    """One reading of a file of audiences."""

    def __init__(self, name: str) -> None:
        self._in = Reading(name)

    def read(self, text: str) -> tuple[AudienceDefinition, ...]:
        root = self._in.compose(text)
        if root is None:
            raise ConfigError(
                "the file of audiences is empty", where=self._in.name, remedy="Restore it"
            )
        top = self._in.mapping(root, "the file", ("audiences",))
        if "audiences" not in top:
            self._in.wrong(root, "there is no 'audiences'", "Put the audiences under it")
            self._in.finish()
        found = [
            self._audience(key, node)
            for key, node in self._in.mapping(top["audiences"], "audiences", ()).items()
        ]
        self._in.finish()
        return tuple(found)

    def _audience(self, key: str, node: Node) -> AudienceDefinition:
        if slug(key) != key:
            self._in.wrong(
                node, f"the key '{key}' is not in lowercase with hyphens", f"Write '{slug(key)}'"
            )
        values = self._in.mapping(node, f"audience '{key}'", ("name", "include", "exclude"))
        if "include" not in values:
            self._in.wrong(node, f"audience '{key}' takes nobody in", "Add a line under 'include'")
        name = self._in.text(values["name"], "name") if "name" in values else None
        lines = {
            side: tuple(
                self._selector(line, f"{side} of '{key}'")
                for line in self._in.items(values[side], f"{side} of '{key}'")
            )
            for side in ("include", "exclude")
            if side in values
        }
        return AudienceDefinition(
            key=key,
            name=name or key,
            include=lines.get("include", ()),
            exclude=lines.get("exclude", ()),
        )

    def _selector(self, node: Node, what: str) -> Selector:
        names = [field.name for field in fields(Selector)]
        values = self._in.mapping(node, what, names)
        if not values:
            self._in.wrong(node, f"a line of {what} asks nothing", f"Use {', '.join(names)}")
        if ("event" in values) != ("states" in values):
            self._in.wrong(
                node, "'event' and 'states' belong together", "Give both, or take one out"
            )
        return Selector(
            roles=tuple(role.lower() for role in self._texts(values, "roles")),
            organisation_kinds=self._choices(values, "organisation_kinds", ORGANISATION_KINDS),
            organisations=self._texts(values, "organisations"),
            topics=self._texts(values, "topics"),
            list=self._one(values, "list"),
            event=self._one(values, "event"),
            states=tuple(
                RegistrationState(state)
                for state in self._choices(
                    values, "states", [state.value for state in RegistrationState]
                )
            ),
            contacts=self._addresses(values),
        )

    def _texts(self, values: Mapping[str, Node], key: str) -> tuple[str, ...]:
        if key not in values:
            return ()
        found = self._in.texts(values[key], key)
        if not found:
            # An empty condition would ask nothing, and so take everybody in.
            self._empty(values[key], key)
        return found

    def _one(self, values: Mapping[str, Node], key: str) -> str:
        if key not in values:
            return ""
        found = self._in.text(values[key], key)
        if not found:
            self._empty(values[key], key)
        return found or ""

    def _empty(self, node: Node, key: str) -> None:
        # The mark of a value that is not there stands at the next thing that is.
        line = line_of(node) - (1 if node.start_mark == node.end_mark else 0)
        self._in.wrong(line, f"'{key}' is empty", "Fill it in or take it out")

    def _choices(
        self, values: Mapping[str, Node], key: str, options: tuple[str, ...] | list[str]
    ) -> tuple[str, ...]:
        if key not in values or not self._texts(values, key):
            return ()
        node = values[key]
        nodes = node.value if isinstance(node.value, list) else [node]
        found = (self._in.choice(item, key, options) for item in nodes)
        return tuple(value for value in found if value is not None)

    def _addresses(self, values: Mapping[str, Node]) -> tuple[str, ...]:
        found = []
        for text in self._texts(values, "contacts"):
            try:
                found.append(checked_address(text))
            except InputError as error:
                self._in.wrong(values["contacts"], error.what, error.remedy)
        return tuple(found)
