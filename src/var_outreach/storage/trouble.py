"""Says what is wrong when the database cannot do its work, and what to do about it.

*Reads*: the error of the driver. *Writes*: nothing. *Next*: ``engine.py`` raises what stands here;
what is not among it is a fault of ours and keeps its own name.
"""

from __future__ import annotations

from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from var_outreach.errors import StorageError

LOCKED = (
    "the database is locked by another program",
    "Stop the other program and try again",
)
FULL = (
    "the database cannot be written, for there is no room",
    "Make room on the disk and start again; nothing that was sent is forgotten",
)
BROKEN_DISK = (
    "the disk under the database fails",
    "Check the disk and its connection; restore a backup if the database is damaged",
)
READ_ONLY = (
    "the database can only be read",
    "Give this program the right to write it; a standby server takes no writes",
)
CLOSED = (
    "the database cannot be opened",
    "Check that the folder exists and that this program may read and write in it",
)
DAMAGED = (
    "this is no database, or it is damaged",
    "Restore a backup, or name another file in database_url",
)
OUT_OF_REACH = (
    "the database server cannot be reached, or broke off",
    "Check database_url and whether the server runs, then try again",
)
GIVES_WAY = (
    "another change was made at the same moment, and went first",
    "Try again; nothing of this change was kept",
)

_SQLITE = (
    ("locked", LOCKED),
    ("busy", LOCKED),
    ("full", FULL),
    ("disk i/o", BROKEN_DISK),
    ("readonly", READ_ONLY),
    ("unable to open", CLOSED),
    ("malformed", DAMAGED),
    ("not a database", DAMAGED),
)
_POSTGRESQL = (
    ("53100", FULL),
    ("55P03", LOCKED),
    ("40P01", GIVES_WAY),
    ("40001", GIVES_WAY),
    ("25006", READ_ONLY),
    ("08", OUT_OF_REACH),
    ("57P", OUT_OF_REACH),
    ("53300", OUT_OF_REACH),
    ("28", OUT_OF_REACH),
    ("3D000", OUT_OF_REACH),
)
"""SQLSTATEs or their beginnings (PostgreSQL, appendix A)."""


def explain(error: DBAPIError, url: URL, *, writing: bool) -> StorageError | None:
    """Return what ``error`` means for the person in front of it; None for a fault of ours.

    In a session that is for reading, a write that fails is one.
    """
    found = _sqlite(error) if url.get_backend_name() == "sqlite" else _postgresql(error)
    if found is None or (found is READ_ONLY and not writing):
        return None
    what, remedy = found
    reason = " ".join(str(error.orig).split())[:300]
    where = url.render_as_string(hide_password=True)
    return StorageError(f"{what} ({reason})", where=where, remedy=remedy)


def _sqlite(error: DBAPIError) -> tuple[str, str] | None:
    if type(error.orig).__name__ not in {"OperationalError", "DatabaseError"}:
        return None
    said = str(error.orig).lower()
    # "no such column: full_name" is none of these.
    if said.startswith("no such ") or "syntax error" in said:
        return None
    return next((trouble for sign, trouble in _SQLITE if sign in said), None)


def _postgresql(error: DBAPIError) -> tuple[str, str] | None:
    state = getattr(error.orig, "sqlstate", None)
    if state is None:
        unreachable = (
            error.connection_invalidated or "OperationalError" in type(error.orig).__name__
        )
        return OUT_OF_REACH if unreachable else None
    return next((trouble for start, trouble in _POSTGRESQL if state.startswith(start)), None)
