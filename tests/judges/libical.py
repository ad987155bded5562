"""libical's opinion of a calendar: its parser and the iTIP tables of RFC 5546 (Debian libical3).

*Reads*: the bytes of a calendar. *Writes*: nothing. *Next*: tests expect ``check_calendar`` to
return no complaint.
"""

from __future__ import annotations

import ctypes
import re
import threading
from functools import lru_cache

_SONAME = "libical.so.3"
_REMEDY = "apt-get install libical3 (on newer Debian and Ubuntu: libical3t64)"
_ERROR = re.compile(r"^X-LIC-ERROR[^:]*:(.*)$", re.MULTILINE)
_ONE_AT_A_TIME = threading.Lock()  # libical keeps its errors in globals


class JudgeMissing(RuntimeError):
    """A judge is not installed; the message says how to get it."""


def check_calendar(calendar: bytes) -> list[str]:
    """Return what libical has against ``calendar``, an empty list when nothing.

    Raises:
        JudgeMissing: when libical is not installed.
    """
    if b"\0" in calendar:
        return ["the calendar holds a NUL, where libical stops reading"]
    library = _load()
    with _ONE_AT_A_TIME:
        component = library.icalparser_parse_string(calendar)
        if not component:
            return ["libical cannot parse this at all"]
        try:
            passed = library.icalrestriction_check(component)
            count = library.icalcomponent_count_errors(component)
            errors = _error_texts(library, component)
        finally:
            library.icalcomponent_free(component)
    if passed and not count and not errors:
        return []
    return errors or [f"icalrestriction_check: {passed}, errors counted: {count}"]


def _error_texts(library: ctypes.CDLL, component: int) -> list[str]:
    """Return the X-LIC-ERROR properties that libical left in the parsed calendar."""
    buffer = library.icalcomponent_as_ical_string_r(component)
    try:
        written = ctypes.string_at(buffer).decode("utf-8", errors="replace")
    finally:
        library.icalmemory_free_buffer(buffer)
    unfolded = written.replace("\r\n", "\n").replace("\n ", "").replace("\n\t", "")
    return _ERROR.findall(unfolded)


@lru_cache(maxsize=1)
def _load() -> ctypes.CDLL:
    try:
        library = ctypes.CDLL(_SONAME)
    except OSError:
        raise JudgeMissing(
            f"{_SONAME} is not here, and calendars are judged by it: {_REMEDY}"
        ) from None
    pointer, number = ctypes.c_void_p, ctypes.c_int
    for name, result, arguments in (
        ("icalparser_parse_string", pointer, [ctypes.c_char_p]),
        ("icalrestriction_check", number, [pointer]),
        ("icalcomponent_count_errors", number, [pointer]),
        ("icalcomponent_as_ical_string_r", pointer, [pointer]),
        ("icalcomponent_free", None, [pointer]),
        ("icalmemory_free_buffer", None, [pointer]),
        ("icalerror_set_errors_are_fatal", None, [number]),
    ):
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    library.icalerror_set_errors_are_fatal(0)  # else a bad calendar ends the test run by abort()
    return library
