"""The hours in a line of Dutch text: "9.30 - 12.00 uur", "van 14 tot 16 uur", "14:00".

*Reads*: nothing. *Writes*: nothing. *Next*: ``plan_entry`` gives an entry its start and end by it;
a line without hours stays date-only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import time

_UNIT = r"(?:\s*(?:uur|u(?:\.|\b)|hrs?\b|h\b))"
_MOMENT = r"\d{1,2}(?:[.:u]\d{2})?(?![\d/])"
_RANGE = re.compile(
    rf"(?P<lead>\b(?:van|tussen|from|between)\s+)?(?<![\d.,:/-])(?P<a>{_MOMENT})(?P<ua>{_UNIT})?"
    rf"\s*(?:-|–|—|tot en met|t/m|tot|until|to|en|and)\s*(?P<b>{_MOMENT})(?P<ub>{_UNIT})?",
    re.IGNORECASE,
)
_SINGLE = re.compile(
    rf"(?P<lead>\b(?:om|vanaf|aanvang|start|begin|at|from)\s*:?\s*)?(?<![\d.,:/-])"
    rf"(?P<a>{_MOMENT})(?P<ua>{_UNIT})?",
    re.IGNORECASE,
)
_WALK_IN = re.compile(
    rf"[(,;]?\s*\binloop\s*:?\s*(?:om|vanaf|from)?\s*(?P<a>{_MOMENT}){_UNIT}?\s*\)?", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class FoundTime:
    """Hours at ``start:end`` of a text; ``wrong`` says in Dutch why they cannot be used."""

    start: int
    end: int
    text: str
    begins: time | None
    ends: time | None = None
    walk_in: bool = False
    wrong: str | None = None


def find_times(text: str) -> tuple[FoundTime, ...]:
    """Return the hours in ``text`` in order; dates must have been blanked out before."""
    found: list[FoundTime] = []
    for match in _WALK_IN.finditer(text):
        found.append(
            FoundTime(match.start(), match.end(), match[0].strip(" (,;)"), clock_time(match["a"]),
                      walk_in=True)
        )  # fmt: skip
    for match in _RANGE.finditer(text):
        if _free(found, match) and _is_range(match):
            found.append(_range(match))
    for match in _SINGLE.finditer(text):
        if _free(found, match) and _is_single(match):
            begins = clock_time(match["a"])
            wrong = None if begins else f"De tijd '{match[0].strip()}' bestaat niet."
            found.append(
                FoundTime(match.start(), match.end(), match[0].strip(), begins, wrong=wrong)
            )
    return tuple(sorted(found, key=lambda one: one.start))


def clock_time(text: str) -> time | None:
    """Return the wall-clock time that "9.30", "9:30", "14u00" or "14" means, or None."""
    hour, _, minute = re.sub(r"[.:uU]", " ", text).partition(" ")
    try:
        return time(int(hour), int(minute or 0))
    except ValueError:
        return None


def _free(found: list[FoundTime], match: re.Match[str]) -> bool:
    return all(match.end() <= one.start or match.start() >= one.end for one in found)


def _has_minutes(text: str) -> bool:
    return bool(re.search(r"[.:u]\d", text, re.IGNORECASE))


def _is_range(match: re.Match[str]) -> bool:
    if match["ua"] or match["ub"]:
        return True
    both = _has_minutes(match["a"]) and _has_minutes(match["b"])
    return both or (bool(match["lead"]) and " en " not in match[0].lower())


def _is_single(match: re.Match[str]) -> bool:
    if match["ua"]:
        return True
    if ":" in match["a"]:
        return True
    return bool(match["lead"]) and _has_minutes(match["a"])


def _range(match: re.Match[str]) -> FoundTime:
    text = match[0].strip()
    begins, ends = clock_time(match["a"]), clock_time(match["b"])
    where = (match.start(), match.end(), text)
    if begins is None or ends is None:
        return FoundTime(*where, None, wrong=f"De tijd '{text}' bestaat niet.")
    if ends <= begins:
        return FoundTime(
            *where, begins, wrong=f"Het einde van '{text}' ligt voor het begin; het einde is weggelaten."
        )  # fmt: skip
    return FoundTime(*where, begins, ends)
