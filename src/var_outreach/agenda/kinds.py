"""Which kind of event a Dutch or English title is about; the kinds are data in ``config``.

*Reads*: ``config/kinds.yaml``. *Writes*: nothing. *Next*: the readers of this stage call
``KindTable.kind_of``; planning and composing look up names and the default visibility.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ruamel.yaml.nodes import Node

from var_outreach.errors import ConfigError, FileError
from var_outreach.yaml_nodes import Reading

FALLBACK = "bijeenkomst"
VISIBILITIES = ("openbaar", "netwerk", "besloten")
_FIELDS = ("key", "nl", "nl_plural", "en", "en_plural", "visibility", "words", "article")
# Dutch glues words together: a kind may be the tail of a word (najaarsCARROUSEL) and carry a
# plural or one of these (leerhuisBIJEENKOMSTEN), but not any word (trainingsaanbod).
_TAIL = r"(?:s|en|n|'s)?(?:s?(?:bijeenkomst|dag|middag|ochtend|avond|reeks)(?:en)?)?(?!\w)"


@dataclass(frozen=True, slots=True)
class EventKind:
    """A kind of event: its key, its names, the words it is known by, who may see it."""

    key: str
    nl: str
    nl_plural: str
    en: str
    en_plural: str
    visibility: str
    words: tuple[str, ...]
    article: str = "de"
    """Its Dutch article: "de carrousel", "het leerhuis"."""


@dataclass(frozen=True, slots=True)
class KindWord:
    """A word in a text that names a kind, with its place in that text."""

    kind: str
    word: str
    start: int
    end: int


class KindTable:
    """The kinds of events this network knows, and the finding of them in a text."""

    def __init__(self, kinds: Iterable[EventKind]) -> None:
        self.kinds = tuple(kinds)
        self._by_key = {kind.key: kind for kind in self.kinds}
        self._patterns = [
            (kind.key, {word.split()[0].casefold() for word in kind.words}, _pattern(kind.words))
            for kind in self.kinds
            if kind.words
        ]

    def __contains__(self, key: object) -> bool:
        return key in self._by_key

    def __iter__(self) -> Iterator[EventKind]:
        return iter(self.kinds)

    def get(self, key: str) -> EventKind | None:
        """Return the kind called ``key``, or None."""
        return self._by_key.get(key)

    def keys(self) -> tuple[str, ...]:
        """Return the keys in the order of the file."""
        return tuple(self._by_key)

    def words_in(self, text: str) -> tuple[KindWord, ...]:
        """Return the words of ``text`` that name a kind, in order.

        The fallback kind counts only where no other kind claims the same word.
        """
        found: list[KindWord] = []
        folded = text.casefold()
        for key, stems, pattern in self._patterns:
            # Most texts name no kind: a plain search first is ten times faster than the pattern.
            if any(stem in folded for stem in stems):
                found += [KindWord(key, m[0], m.start(), m.end()) for m in pattern.finditer(text)]
        found.sort(key=lambda word: (word.kind == FALLBACK, word.start, -word.end))
        kept: list[KindWord] = []
        for word in found:
            if all(word.end <= other.start or word.start >= other.end for other in kept):
                kept.append(word)
        return tuple(sorted(kept, key=lambda word: word.start))

    def recognise(self, text: str) -> str | None:
        """Return the key of the first kind that ``text`` names, or None if it names none."""
        words = self.words_in(text)
        named = [word for word in words if word.kind != FALLBACK] or list(words)
        return named[0].kind if named else None

    def kind_of(self, text: str) -> str:
        """Return the key of the kind that ``text`` names, else the fallback ``bijeenkomst``."""
        return self.recognise(text) or FALLBACK


def load_kinds(path: Path) -> KindTable:
    """Read the table of kinds from ``path``.

    Raises ``ConfigError`` with file and line for anything that is missing, double or misspelt.
    """
    reading = Reading(str(path))
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ConfigError(
            f"the kinds of events cannot be read: {reason}",
            where=str(path),
            remedy="Put back config/kinds.yaml",
        ) from error
    try:
        root = reading.compose(text)
        kinds = [] if root is None else list(_read_kinds(reading, root))
        if FALLBACK not in {kind.key for kind in kinds} and not reading.errors:
            reading.wrong(1, f"the kind '{FALLBACK}' is missing", "Add it: it is the fallback")
        reading.finish()
    except FileError as error:
        rows = "\n".join(str(row) for row in reading.errors[1:])
        more = f"{error.remedy}\n{rows}" if rows else error.remedy
        first = reading.errors[0] if reading.errors else error
        raise ConfigError(first.what, where=first.where, remedy=more) from error
    return KindTable(kinds)


def _read_kinds(reading: Reading, root: Node) -> Iterator[EventKind]:
    top = reading.mapping(root, "the file", ["kinds"])
    if "kinds" not in top:
        reading.wrong(root, "there is no 'kinds' list", "Start the file with 'kinds:'")
        return
    seen: set[str] = set()
    for node in reading.items(top["kinds"], "kinds"):
        fields = reading.mapping(node, "a kind", _FIELDS)
        texts = {
            name: reading.text(fields[name], name) or "" for name in _FIELDS[:5] if name in fields
        }
        missing = [name for name in _FIELDS[:6] if name not in fields or texts.get(name) == ""]
        if missing:
            reading.wrong(node, f"a kind lacks {', '.join(missing)}", "Add what is missing")
            continue
        key = texts["key"]
        if not re.fullmatch(r"[a-z][a-z0-9-]*", key):
            reading.wrong(fields["key"], f"'{key}' is no key", "Use small letters, digits and '-'")
        if key in seen:
            reading.wrong(fields["key"], f"the kind '{key}' is there twice", "Keep one")
        seen.add(key)
        visibility = reading.choice(fields["visibility"], "visibility", VISIBILITIES)
        words = reading.texts(fields["words"], "words") if "words" in fields else ()
        yield EventKind(
            key,
            texts["nl"],
            texts["nl_plural"],
            texts["en"],
            texts["en_plural"],
            visibility or VISIBILITIES[1],
            words,
            (reading.choice(fields["article"], "article", ("de", "het")) or "de")
            if "article" in fields
            else "de",
        )


def _pattern(words: Iterable[str]) -> re.Pattern[str]:
    parts: list[str] = []
    for word in sorted(words, key=len, reverse=True):
        pieces = [re.escape(piece) for piece in word.split()]
        # Short words (RVO) are abbreviations: whole words only.
        head = r"(?<![\w-])" if len(word) <= 4 or len(pieces) > 1 else r"(?<![\w-])[\w-]{0,40}?"
        parts.append(head + r"[\s-]+".join(pieces) + (r"(?!\w)" if len(word) <= 4 else _TAIL))
    return re.compile("|".join(f"(?:{part})" for part in parts), re.IGNORECASE)
