"""The one error tree: each error says what is wrong, where, and what to do.

*Reads*: nothing. *Writes*: nothing. *Next*: the edges (``cli``, ``web``) map a class to an exit
code or an HTTP status, by the two class attributes below.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar


class OutreachError(Exception):
    """Something the person in front of the program can act on.

    ``what`` is one sentence without a full stop, ``where`` a file and line, row and column or the
    key of a thing, ``remedy`` what to do about it.
    """

    exit_code: ClassVar[int] = 1
    http_status: ClassVar[int] = 500

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.remedy = remedy

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}" if self.where else self.what
        return f"{text}. {self.remedy}" if self.remedy else text


class InputError(OutreachError):
    """What was given cannot be used: an argument, a file, a form field."""

    exit_code = 2
    http_status = 422


class ConfigError(InputError):
    """A settings, rules or template file is wrong; what already runs keeps running."""


class FileError(InputError):
    """A plan, people or news file is missing, unreadable or wrong in one place."""


class CellError(InputError):
    """One cell of a table that cannot be used; ``column`` is the key of what it should hold."""

    def __init__(
        self, what: str, *, row: int, column: str, where: str = "", remedy: str = ""
    ) -> None:
        super().__init__(what, where=where or f"row {row}", remedy=remedy)
        self.row = row
        self.column = column


class RowErrors(FileError):
    """Rows of a table that were refused; ``rows`` holds one error a cell, in file order."""

    def __init__(self, what: str, rows: Sequence[InputError], *, where: str, remedy: str) -> None:
        super().__init__(what, where=where, remedy=remedy)
        self.rows = tuple(rows)

    def __str__(self) -> str:
        return "\n".join([super().__str__(), *(f"  {row}" for row in self.rows)])


class HeaderError(InputError):
    """An address or header value that may not be put into a message (see ``message.py``)."""


class NotFound(OutreachError):
    """There is no such thing, or it may not be shown; both answer alike."""

    exit_code = 1
    http_status = 404


class Conflict(OutreachError):
    """The thing is not in a state in which this can be done to it."""

    exit_code = 1
    http_status = 409


class RefusedPerson(Conflict):
    """Somebody is named whom staff took off; ``name`` is as it was given."""

    def __init__(self, what: str, *, name: str, where: str = "", remedy: str = "") -> None:
        super().__init__(what, where=where, remedy=remedy)
        self.name = name


class OverMaximum(Conflict):
    """More people of one organisation than the event takes; ``left`` can still come."""

    def __init__(self, what: str, *, left: int, where: str = "", remedy: str = "") -> None:
        super().__init__(what, where=where, remedy=remedy)
        self.left = left


class Forbidden(OutreachError):
    """The caller may not do this; ``what`` never says whether the thing exists."""

    exit_code = 1
    http_status = 403


class StorageError(OutreachError):
    """The database cannot be used as it is."""

    exit_code = 2
    http_status = 503


class DatabaseBehind(StorageError):
    """The database was made by another version; ``remedy`` names the command that mends it."""


class FetchError(OutreachError):
    """A page, feed or image could not be fetched, or was refused for safety."""

    http_status = 502


class MissingPart(OutreachError):
    """A part of the machine that this act needs is not there (a browser, a library)."""

    exit_code = 3
