"""Names a sender so that others can tell whether it still lives.

*Reads*: the operating system. *Writes*: nothing. *Next*: ``worker.py`` holds leases under this
name and takes back at once what a dead one of this machine held.

A process number means something in one run of one machine's kernel only, and in a container of
its own: the name says which. Of a sender elsewhere nobody here can tell; its lease runs out.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from var_outreach.tokens import random_token

_living: set[str] = set()
_lock = threading.Lock()


def new_name() -> str:
    """Return a name that no sender had before."""
    return f"{_place()}/{os.getpid()}/{random_token()[:8]}"


@contextmanager
def living(name: str) -> Iterator[None]:
    """Let ``name`` count as alive in this process for the length of the block."""
    with _lock:
        _living.add(name)
    try:
        yield
    finally:
        with _lock:
            _living.discard(name)


def is_dead(name: str) -> bool:
    """Tell whether ``name`` surely sends no more; False for who cannot be asked after."""
    place, _, rest = name.partition("/")
    number, _, _ = rest.partition("/")
    if place != _place() or not number.isdecimal():
        return False
    if int(number) == os.getpid():
        # A container's first process has the same number in every life.
        with _lock:
            return name not in _living
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except (PermissionError, OverflowError):
        return False
    return False


@cache
def _place() -> str:
    parts = [socket.gethostname().replace("/", "-")]
    try:
        parts.append(Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()[:8])
        parts.append(str(Path("/proc/self/ns/pid").readlink()).strip("pid:[]"))
    except OSError:
        parts.append("-")
    return ":".join(parts)
