"""The messages in a folder: a Maildir, or a plain folder with one message a file.

*Reads*: a folder. *Writes*: nothing; what was read is remembered in the database, so that the
folder stays as it is for whoever else looks at it. *Next*: ``mailbox/read.py``.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from var_outreach.errors import FileError


@dataclass(frozen=True)
class WaitingFile:
    """One message file; ``key`` is its name without the flags that a mail program adds."""

    path: Path
    key: str


def is_maildir(folder: Path) -> bool:
    """Tell whether ``folder`` is a Maildir, in which a name is never used again."""
    return (folder / "new").is_dir() or (folder / "cur").is_dir()


def waiting_files(folder: Path) -> list[WaitingFile]:
    """Return the message files of ``folder`` by name, leaving out what is being written.

    Raises FileError if there is no such folder or it may not be read.
    """
    try:
        if not folder.is_dir():
            raise FileError(
                "there is no such folder", where=str(folder), remedy="Name a Maildir folder"
            )
        places = [folder / "new", folder / "cur"] if is_maildir(folder) else [folder]
        found = [file for place in places if place.is_dir() for file in _files(place)]
    except OSError as error:
        raise FileError(
            f"the folder cannot be read ({error.strerror})",
            where=str(folder),
            remedy="Check its rights",
        ) from error
    return sorted(found, key=lambda one: one.key)


def _files(place: Path) -> Iterator[WaitingFile]:
    with os.scandir(place) as entries:
        for entry in entries:
            # A link could lead out of the folder; a name with a dot is still being written.
            if entry.is_file(follow_symlinks=False) and not entry.name.startswith("."):
                key = entry.name.partition(":2,")[0]
                yield WaitingFile(Path(entry.path), os.fsencode(key).decode("utf-8", "replace"))
