"""Commands that are imported when they are called, so that each starts quickly.

*Reads*: nothing. *Writes*: nothing. *Next*: ``main`` lists them all; help and version come without
loading pages, mail or database.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command, get_group


class Deferred(TyperCommand):
    """Stands in for the group or command ``attribute`` of ``module`` until it is called."""

    def __init__(self, name: str, module: str, attribute: str, words: str) -> None:
        super().__init__(name=name, callback=None, help=words)
        self._module = module
        self._attribute = attribute

    def real(self) -> TyperCommand | TyperGroup:
        """Import the command and return it."""
        found = getattr(import_module(self._module), self._attribute)
        command: TyperCommand | TyperGroup
        if isinstance(found, typer.Typer):
            command = get_group(found)
        else:
            alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
            alone.command(self.name)(found)
            command = get_command(alone)  # type: ignore[assignment]
        command.name = self.name
        if isinstance(found, typer.Typer):
            command.help = self.help
        return command

    def make_context(self, info_name: str | None, args: list[str], *more: Any, **extra: Any) -> Any:
        """Read the arguments with the real command, which then runs."""
        return self.real().make_context(info_name, args, *more, **extra)


def deferring(table: Mapping[str, tuple[str, str, str]]) -> type[TyperGroup]:
    """Return a class of group that holds, by name, (module, attribute, words of help)."""

    class Holder(TyperGroup):
        def __init__(self, **given: Any) -> None:
            super().__init__(**given)
            for name, (module, attribute, words) in table.items():
                self.commands[name] = Deferred(name, module, attribute, words)

    return Holder
