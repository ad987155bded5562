"""The text of a plan as numbered, cleaned lines.

*Reads*: the bytes or text of a plan, as ``pdftotext`` or an editor leaves it. *Writes*: nothing.
*Next*: ``plan_block`` finds the agenda among the lines, ``plan_prose`` joins the others into
sentences. Line numbers are those an editor shows: only CR, LF and CRLF end a line.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

# A paragraph on one line may be long; what is longer than this is cut, so that no search takes long.
LONGEST = 4000
# No line of an agenda and no single sentence is longer than this.
LONGEST_ENTRY = 400

_GONE = dict.fromkeys([0x00AD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 0x200E, 0x200F], None)
_LIGATURES = {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ĳ": "ij", "Ĳ": "IJ"}
_BULLET = re.compile(
    r"^(?:[•▪●○◦‣·∙□■➢➤✓✔❖→*+>§\ue000-\uf8ff]+\s*|[-–—]+\s+|[-–—](?=\d)|[oO]\s+(?=\d|[A-Z])"
    r"|#{1,6}\s+|\(?\d{1,2}\)\s+|\(?[a-z]\)\s+)+"
)
_WORD = re.compile(r"[^\W\d_]+", re.UNICODE)
# Finite verbs and pronouns that titles of meetings hardly ever hold, and sentences nearly always.
_VERBS = frozenset(
    "zal zullen wordt worden werd werden is zijn was waren organiseert organiseren organiseerde"
    " organiseerden vindt vinden vond vonden houdt houden hield heeft hebben had hadden kan kunt"
    " kunnen staat staan komt komen kwam ontvangt ontvangen volgen blijft blijven gaat gaan moet"
    " moeten plaatsgevonden georganiseerd nodigen nodigt vult vullen verschijnt verschijnen wij we"
    " u ons onze deze hiervan hierover will are organise organised takes".split()
)


@dataclass(frozen=True, slots=True)
class Line:
    """One line: ``text`` is folded (single spaces, no bullet), ``raw`` keeps its columns.

    ``page`` counts form feeds; ``glued`` says that the line ended in a soft hyphen.
    """

    number: int
    text: str
    raw: str
    page: int = 0
    bullet: bool = False
    glued: bool = False

    @property
    def indent(self) -> int:
        """The column at which the text starts."""
        return len(self.raw) - len(self.raw.lstrip())


def decode(data: bytes) -> str:
    """Return the text of ``data``: UTF-8 or UTF-16 with a byte order mark, UTF-8, else cp1252."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace").lstrip("\ufeff")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def split_lines(text: str) -> list[Line]:
    """Return the non-empty lines of ``text``, cleaned and numbered from 1."""
    lines: list[Line] = []
    page = 0
    for number, whole in enumerate(re.split(r"\r\n|\r|\n", text), start=1):
        for part_number, part in enumerate(whole.split("\f")):
            page += part_number > 0
            line = _clean(number, part, page)
            if line is not None:
                lines.append(line)
    return lines


def _clean(number: int, part: str, page: int) -> Line | None:
    part = part.strip()[:LONGEST] if len(part) > LONGEST else part
    glued = part.rstrip().endswith("\u00ad")
    raw = unicodedata.normalize("NFC", part).translate(_GONE)
    for ligature, letters in _LIGATURES.items():
        raw = raw.replace(ligature, letters)
    raw = "".join(" " if c.isspace() and c != "\t" else c for c in raw).expandtabs(8).rstrip()
    raw = "".join(c for c in raw if c >= " " and not "\x7f" <= c <= "\x9f")
    folded = " ".join(raw.split())
    if not folded:
        return None
    text = _BULLET.sub("", folded).strip()
    if not re.search(r"\w", text) and "?" not in text:
        return None
    return Line(number, text, raw, page, bullet=text != folded, glued=glued)


def words_of(text: str) -> list[str]:
    """Return the words of ``text``, digits and marks left out."""
    return _WORD.findall(text[:LONGEST])


def has_verb(text: str) -> bool:
    """Return whether ``text`` holds a finite verb or a pronoun, as sentences do."""
    return any(word.lower() in _VERBS for word in words_of(text))


def starts_with_verb(text: str) -> bool:
    """Return whether the first word of ``text`` is a finite verb ("vindt", "organiseren")."""
    words = words_of(text)
    return bool(words) and words[0].lower() in _VERBS


def is_prose(text: str) -> bool:
    """Return whether ``text`` reads as (part of) a sentence rather than as a title."""
    count = len(words_of(text))
    ends = text[-1:] in ".!?" and not re.search(r"\b[a-z]{1,3}\.$", text)
    verb = has_verb(text)
    return (verb and (count >= 6 or (ends and count >= 3))) or (ends and count >= 7) or count >= 13


def ends_sentence(text: str) -> bool:
    """Return whether ``text`` ends as a sentence does."""
    return text.rstrip("\"'’”)").endswith((".", "!", "?", ":"))
