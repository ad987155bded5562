"""Where a Dutch name stands in a list: "Anna van der Berg" under Berg, printed in full.

*Reads*: nothing. *Writes*: nothing. *Next*: every list of people is sorted by ``surname_key``.

One rule for all, as a telephone book in the Netherlands has it: prefixes do not count, however
they are written ("van der", "Van den", "'t", "d'"). Who stands at the door with a list cannot see
that somebody is from Belgium, where "Van den Broeck" would stand under V.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

PREFIXES = frozenset(
    """
    van v.d. vd v.d v/d v. vander de d. der den des dem di da do dos du del della dei dal
    het 't 'n te ten ter op aan aan't in in't uit uit't uijt bij boven onder over voor tot toe toth
    'ts 's la le les las los lo li
    von vom zu zum zur am auf auf'm im af av thor thoe
    el al ben bin ibn bint
    """.split()
)
"""Words that belong to the surname and are passed over in sorting (the voorvoegsels of the BRP)."""

_ALSO_GIVEN = frozenset({"al", "ben", "del", "do", "le", "lo"})
"""Prefixes that in front of a name are a given name: "Ben de Vries"."""

SUFFIXES = frozenset(
    """
    msc bsc ma ba llm llb mba emba mpa mpm phd ra rc rm jr jr. sr sr. ma. drs. mr. ing.
    """.split()
)
"""What may stand behind a name without being part of it."""

_GLUED = re.compile(r"^(?:d'|l'|'s-|'t-|dell')(?=\w)", re.IGNORECASE)
_APOSTROPHES = str.maketrans("’‘`´ʼ′‛", "'" * 7)
_DASHES = str.maketrans("‐‑–—", "-" * 4)
_LETTERS = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ħ": "h"}
)


@dataclass(frozen=True)
class NameParts:
    """A name in three: "Anna", "van der", "Berg"."""

    given: str
    prefix: str
    surname: str


def name_parts(name: str) -> NameParts:
    """Return ``name`` in parts; of one word, the word is the surname.

    "Berg, Anna van der" is read like "Anna van der Berg". Both parts of a joined surname stay
    together: "Bakker-de Vries" is one.
    """
    plain = _tidied(name)
    before, comma, after = plain.partition(",")
    if comma and before.strip() and not _is_suffix(after):
        given, prefix = _trailing_prefix(after.replace(",", " ").split())
        own_prefix, surname = _leading_prefix(before.split())
        return NameParts(given, f"{prefix} {own_prefix}".strip(), surname)
    words = before.split() if comma else plain.split()
    while len(words) > 1 and words[-1].casefold() in SUFFIXES:
        words.pop()
    if not words:
        return NameParts("", "", "")
    start = _surname_start(words)
    prefix, surname = _leading_prefix(words[start:])
    return NameParts(" ".join(words[:start]), prefix, surname)


def surname_key(name: str) -> tuple[bool, str, str, str, str]:
    """Return what names are sorted by: surname, prefix, given names; no name at all comes last.

    Accents and capitals do not count: "Şahin" stands beside "Sahin".
    """
    parts = name_parts(name)
    folded = folded_name(parts.surname)
    return (not folded, folded, folded_name(parts.prefix), folded_name(parts.given), name)


def initial_of(name: str) -> str:
    """Return the letter under which a name stands: "B" for "Anna van der Berg", "" for none."""
    return folded_name(name_parts(name).surname)[:1].upper()


def folded_name(text: str) -> str:
    """Return ``text`` as names are compared: no accents, capitals, marks or double spaces.

    "Müller" and "MULLER" are the same; "Bakker-Smit" is two words, so that it follows "Bakker".
    """
    spread = unicodedata.normalize("NFKD", _tidied(text).casefold()).translate(_LETTERS)
    letters = "".join(c for c in spread if not unicodedata.combining(c) and c not in "'ʼ")
    return " ".join(re.sub(r"[^\w]+", " ", letters).split())


def _tidied(name: str) -> str:
    straight = unicodedata.normalize("NFC", name).translate(_APOSTROPHES).translate(_DASHES)
    return " ".join(re.sub(r"\s*-\s+|\s+-\s*", "-", straight).split())


def _is_suffix(text: str) -> bool:
    words = text.replace(",", " ").split()
    return all(word.casefold() in SUFFIXES for word in words)


def _surname_start(words: list[str]) -> int:
    """Return where in ``words`` the surname begins, its prefix included."""
    is_given = words[0].casefold() in _ALSO_GIVEN
    first = 0 if _is_prefix(words[0]) and not is_given and len(words) > 1 else 1
    for index in range(first, len(words) - 1):
        if _is_prefix(words[index]) or _is_prefix(words[index].rpartition("-")[2]):
            return index
    return len(words) - 1


def _leading_prefix(words: list[str]) -> tuple[str, str]:
    """Return the prefix of a surname and what is left; a surname never becomes empty."""
    count = 0
    while count < len(words) - 1 and _is_prefix(words[count]):
        count += 1
    rest = " ".join(words[count:])
    glued = _GLUED.match(rest)
    prefix = " ".join(words[:count])
    if glued is None:
        return prefix, rest
    return f"{prefix} {glued[0]}".strip(), rest[glued.end() :]


def _trailing_prefix(words: list[str]) -> tuple[str, str]:
    """Return given names and the prefix behind them: "Anna van der" is "Anna", "van der"."""
    count = len(words)
    while count > 0 and _is_prefix(words[count - 1]):
        count -= 1
    return " ".join(words[:count]), " ".join(words[count:])


def _is_prefix(word: str) -> bool:
    return word.casefold() in PREFIXES
