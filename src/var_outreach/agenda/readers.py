"""Reading an agenda from a file, whatever kind of file it is.

*Reads*: one file. *Writes*: nothing. *Next*: the import compares the ``AgendaFile`` with what is stored.
"""

from __future__ import annotations

import re
from pathlib import Path
from zoneinfo import ZoneInfo

from var_outreach.agenda.entries import AgendaFile
from var_outreach.agenda.ics_file import read_ics
from var_outreach.agenda.kinds import KindTable
from var_outreach.agenda.plan_lines import decode
from var_outreach.agenda.plan_text import read_plan_text
from var_outreach.agenda.yaml_file import read_yaml
from var_outreach.errors import FileError

LARGEST = 5_000_000  # bytes
_YAML_START = re.compile(rb"(?:#[^\n]*\s+)*(?:YEAR: *\d{4} *\r?\n|EVENTS: *\r?\n *- )")
_OFFICE = "This is a {what}; save it as text first (Save as: plain text, UTF-8)"


def read_agenda(
    path: Path, kinds: KindTable, *, zone: ZoneInfo, with_undated: bool = False
) -> AgendaFile:
    """Return the agenda in the file at ``path``: YAML, iCalendar, or a Dutch plan as plain text.

    ``zone`` is that of local times in the file. With ``with_undated`` the meetings that a plan
    text promises without a date are included. Raises ``FileError`` with file, line and remedy
    for a file that is missing, empty, binary, too large, half-written or without an agenda.
    """
    name = str(path)
    data = _bytes(path)
    suffix = path.suffix.lower()
    start = data[:4096].lstrip(b"\xef\xbb\xbf \t\r\n").upper()
    if suffix in (".ics", ".ical", ".ifb") or start.startswith(b"BEGIN:VCALENDAR"):
        return read_ics(data, kinds, zone=zone, name=name)
    if suffix in (".yaml", ".yml") or _YAML_START.match(start):
        return read_yaml(_utf8(data, name), kinds, zone=zone, name=name)
    return read_plan_text(decode(data), kinds, zone=zone, name=name, with_undated=with_undated)


def _bytes(path: Path) -> bytes:
    name = str(path)
    try:
        if path.is_dir():
            raise FileError("this is a folder, not a file", where=name, remedy="Name a file in it")
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except FileNotFoundError as error:
        raise FileError("there is no such file", where=name, remedy="Check the name") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise FileError(
            f"the file cannot be read: {reason}", where=name, remedy="Check its permissions"
        ) from error
    _refuse_binary(data, name)
    if len(data) > LARGEST:
        raise FileError(
            f"the file is larger than {LARGEST // 1_000_000} MB",
            where=name,
            remedy="An agenda is a few pages; is this the right file?",
        )
    if not data.strip(b"\xef\xbb\xbf \t\r\n\f"):
        raise FileError("the file is empty", where=name, remedy="Is it still being written?")
    return data


def _refuse_binary(data: bytes, name: str) -> None:
    if data.lstrip()[:5] == b"%PDF-":
        raise FileError(
            "this is a PDF, not text",
            where=name,
            remedy=f"This is a PDF; save it as text: pdftotext -layout {Path(name).name}",
        )
    what = None
    if data.startswith(b"PK\x03\x04"):
        what = "Word, Excel or zip file"
    elif data.startswith(b"\xd0\xcf\x11\xe0"):
        what = "Word or Excel file"
    elif data.startswith(b"{\\rtf"):
        what = "rich text file"
    if what:
        raise FileError(f"this is a {what}, not text", where=name, remedy=_OFFICE.format(what=what))
    if b"\0" in data and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        line = data[: data.index(b"\0")].count(b"\n") + 1
        raise FileError(
            "this is a binary file, not text",
            where=f"{name}:{line}",
            remedy="Give a plan as text, a .yaml or an .ics file",
        )


def _utf8(data: bytes, name: str) -> str:
    """Return the text of a YAML file, which must be UTF-8: it is ours, not an export."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            return decode(data)
        line = data[: error.start].count(b"\n") + 1
        raise FileError(
            "this line is not UTF-8 text", where=f"{name}:{line}", remedy="Save the file as UTF-8"
        ) from error
