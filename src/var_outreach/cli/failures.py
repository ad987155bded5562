"""What the machine refuses, in words that say what to do.

*Reads*: an error of the operating system or the database. *Writes*: nothing. *Next*: ``main``
prints it; what is not known here is a bug and shows itself.
"""

from __future__ import annotations

import sys

from var_outreach.errors import FileError, OutreachError, StorageError

_DATABASE = (
    ("not a database", "this file is not a database", "Name another file in database_url"),
    ("malformed", "the database is damaged", "Restore a backup"),
    ("unable to open", "the database cannot be opened", "Check that its folder may be written"),
    ("readonly", "the database may not be written", "Check the rights of the file and its folder"),
    ("locked", "the database is in use by another program", "Stop that program and try again"),
    ("disk", "the database cannot be written", "Make room on the disk"),
    ("password", "the database refuses the password", "Check database_url"),
    ("authentication", "the database refuses this user", "Check database_url"),
    ("does not exist", "there is no such database", "Make it, or check database_url"),
    ("connection", "the database cannot be reached", "Check that it runs, and database_url"),
    ("resolve host", "the database cannot be reached", "Check the name of the host"),
)
"""A part of what the database says, what that means, and what to do."""
_BUGS = ("no such table", "no such column", "syntax error", "relation ", "column ")


def explained(error: Exception) -> OutreachError | None:
    """Return ``error`` as one of ours, or None if nobody in front of the program can mend it."""
    if isinstance(error, OutreachError):
        return error
    if isinstance(error, OSError):
        return _of_the_machine(error)
    if "sqlalchemy" in sys.modules:
        return _of_the_database(error)
    return None


def _of_the_machine(error: OSError) -> OutreachError | None:
    if error.filename is None or error.strerror is None:
        return None
    return FileError(
        f"this cannot be used: {error.strerror.lower()}",
        where=str(error.filename),
        remedy="Check the path, its rights and the room on the disk",
    )


def _of_the_database(error: Exception) -> OutreachError | None:
    from sqlalchemy.exc import DatabaseError, OperationalError

    if not isinstance(error, OperationalError) and type(error) is not DatabaseError:
        return None
    said = " ".join(str(error.orig).split())
    if any(mark in said.lower() for mark in _BUGS):
        return None
    for mark, what, remedy in _DATABASE:
        if mark in said.lower():
            return StorageError(f"{what} ({said[:200]})", where="database", remedy=remedy)
    return None
