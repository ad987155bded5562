"""Writes mail into a Maildir instead of sending it: no mail leaves an unconfigured machine.

*Reads*: nothing. *Writes*: one file a message. *Next*: a mail reader, a rehearsal or a test looks.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from pathlib import Path

from var_outreach.dispatch.transport import Envelope, Reply
from var_outreach.dispatch.trouble import TransportTrouble, TroubleKind
from var_outreach.dispatch.wire import normalised

_SAFE_TOKEN = re.compile(r"[A-Za-z0-9_-]{8,100}\Z")


class MaildirTransport:
    """A folder with ``tmp``, ``new`` and ``cur``."""

    name = "maildir"

    def __init__(self, path: Path) -> None:
        """Take the folder; it is made when the first message comes."""
        self.path = path

    def connect(self) -> MaildirConnection:
        """Make the folder if need be; raises TransportTrouble."""
        try:
            for part in ("tmp", "new", "cur"):
                (self.path / part).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _storage_trouble(self.path, error) from error
        return MaildirConnection(self.path)


class MaildirConnection:
    """Writes as a delivery agent does: into ``tmp``, to disk, then by one rename into ``new``."""

    def __init__(self, path: Path) -> None:
        """Take a Maildir that exists."""
        self._path = path

    def send(self, envelope: Envelope) -> Reply:
        """Write one message under a name made of its delivery token.

        The same delivery sent again after a crash replaces its file, so that it is there once.
        Return-Path and Delivered-To stand on top, then the bytes as they came.

        Raises TransportTrouble.
        """
        name = _file_name(envelope)
        draft = self._path / "tmp" / name
        target = self._seen(name) or self._path / "new" / name
        trace = f"Return-Path: <{envelope.sender}>\r\nDelivered-To: {envelope.recipient}\r\n"
        try:
            with draft.open("wb") as file:
                file.write(trace.encode("ascii"))
                file.write(normalised(envelope.message))
                file.flush()
                os.fsync(file.fileno())
            draft.replace(target)
            _sync_folder(target.parent)
        except OSError as error:
            with contextlib.suppress(OSError):
                draft.unlink()
            raise _storage_trouble(self._path, error) from error
        return Reply(250, f"2.0.0 written to {target.parent.name}/{target.name}")

    def close(self) -> None:
        """Do nothing: nothing is open between messages."""

    def _seen(self, name: str) -> Path | None:
        """Return where a reader moved this message to, if it already has."""
        moved = (self._path / "cur" / f"{name}{flags}" for flags in (":2,", ":2,S", ""))
        return next((path for path in moved if path.exists()), None)


def _file_name(envelope: Envelope) -> str:
    if _SAFE_TOKEN.match(envelope.envid):
        return f"delivery-{envelope.envid}"
    facts = f"{envelope.envid}\n{envelope.recipient}\n".encode()
    return "message-" + hashlib.sha256(facts + envelope.message).hexdigest()[:32]


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _storage_trouble(path: Path, error: OSError) -> TransportTrouble:
    return TransportTrouble(
        TroubleKind.STORAGE,
        f"mail cannot be written ({error.strerror or error})",
        where=str(path),
        remedy="Check that the folder exists, is writable and has room",
        temporary=True,
    )
