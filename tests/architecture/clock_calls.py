"""Finds the calls by which code asks the machine what time it is, or takes random numbers.

*Reads*: the syntax tree of a source file. *Writes*: nothing. *Next*: ``test_rules.py`` allows
them in ``clock.py`` and ``tokens.py`` alone.
"""

from __future__ import annotations

import ast

# The monotonic clock is not among them: it measures how long, never tells when.
CLOCK_CALLS = frozenset(
    {
        "datetime.date.today",
        "datetime.datetime.now",
        "datetime.datetime.today",
        "datetime.datetime.utcnow",
        "email.utils.localtime",
        "sqlalchemy.func.current_date",
        "sqlalchemy.func.current_timestamp",
        "sqlalchemy.func.now",
        "time.gmtime",
        "time.localtime",
        "time.time",
        "time.time_ns",
    }
)
# With an argument these format a time that somebody hands them; without, they take the machine's.
CLOCK_CALLS_WHEN_BARE = frozenset({"email.utils.formatdate", "email.utils.format_datetime"})
RANDOM_MODULES = ("random", "secrets", "uuid")
RANDOM_CALLS = frozenset({"email.utils.make_msgid", "os.urandom"})
_HARMLESS = frozenset({"random.Random", "secrets.compare_digest", "uuid.UUID", "uuid.uuid5"})


def clock_calls(source: str) -> list[str]:
    """Return "line: name" for every call in ``source`` that reads the machine's clock."""
    return [
        f"{call.lineno}: {name}"
        for call, name in _calls(source)
        if name in CLOCK_CALLS
        or (name in CLOCK_CALLS_WHEN_BARE and not call.args and not call.keywords)
    ]


def random_calls(source: str) -> list[str]:
    """Return "line: name" for every call in ``source`` that takes random numbers."""
    return [
        f"{call.lineno}: {name}"
        for call, name in _calls(source)
        if name in RANDOM_CALLS
        or (name.split(".")[0] in RANDOM_MODULES and "." in name and name not in _HARMLESS)
    ]


def _calls(source: str) -> list[tuple[ast.Call, str]]:
    """Return every call with the full name of what is called, as far as imports tell it."""
    tree = ast.parse(source)
    names = _imported_names(tree)
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = _full_name(node.func, names)
            if name:
                found.append((node, name))
    return found


def _imported_names(tree: ast.Module) -> dict[str, str]:
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                top = alias.name.split(".")[0]
                names[alias.asname or top] = alias.name if alias.asname else top
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return names


def _full_name(node: ast.expr, names: dict[str, str]) -> str:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name) or node.id not in names:
        return ""
    return ".".join([names[node.id], *reversed(parts)])
