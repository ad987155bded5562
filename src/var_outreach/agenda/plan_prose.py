"""The running text of a plan as sentences that know their line, section year, theme and heading.

*Reads*: the lines of the plan outside the agenda. *Writes*: nothing. *Next*: ``plan_notes`` looks for
what the sentences say of dated entries, ``plan_promises`` for meetings without a date.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from var_outreach.agenda.dutch_dates import YEAR
from var_outreach.agenda.plan_lines import (
    LONGEST,
    LONGEST_ENTRY,
    Line,
    ends_sentence,
    is_prose,
    words_of,
)
from var_outreach.agenda.themes import topic_key

_URL = re.compile(r"^(?:https?://\S+|www\.\S+)$", re.IGNORECASE)
_THEME = re.compile(r"^thema\s*:\s*(?P<name>.{2,60})$", re.IGNORECASE)
_YEAR_HEADING = re.compile(rf"^(?:[A-Z].{{0,40}}?\s)?(?P<year>{YEAR})\s*:?$")
_SENTENCE_END = re.compile(r"(?<=[\w)\"’”]{2}[.!?])\s+(?=[A-ZÀ-Þ‘“\"])")
_PAST = re.compile(
    r"(?<!\w)(?:organiseerden?|werd(?:en)?|vond(?:en)?|had(?:den)?|hield(?:en)?|kwam(?:en)?|bracht(?:en)?|was|waren)"
    r"(?!\w)|(?<!\w)(?:is|zijn|heeft|hebben|heb)(?!\w)(?!.{0,200}(?<!\w)(?:wordt|worden|zal|zullen|gaan)(?!\w))"
    r".{0,200}(?<!\w)(?:georganiseerd|geweest|gekomen|plaatsgevonden|gehouden|gevoerd|gevolgd|"
    r"bijeengekomen|opgeleverd)(?!\w)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of the plan; ``offsets`` pairs positions in ``text`` with line numbers.

    ``heading`` is the nearest heading above with its line, ``year`` that of the section, ``topic``
    the theme of the page or section.
    """

    text: str
    offsets: tuple[tuple[int, int], ...]
    heading: tuple[str, int] | None
    year: int | None
    topic: str | None
    bullet: bool

    @property
    def line(self) -> int:
        """The line on which the sentence starts."""
        return self.offsets[0][1]

    def line_at(self, position: int) -> int:
        """Return the line on which the character at ``position`` stands."""
        return [line for start, line in self.offsets if start <= max(position, 0)][-1]

    def is_past(self, plan_year: int | None) -> bool:
        """Return whether the sentence tells of what was held before the plan's year."""
        years = {int(year) for year in re.findall(YEAR, self.text)}
        if plan_year is not None:
            if years and max(years) < plan_year:
                return True
            if self.year is not None and self.year < plan_year and plan_year not in years:
                return True
        return bool(_PAST.search(self.text))


def split_sentences(lines: Sequence[Line], agenda: Collection[int]) -> list[Sentence]:
    """Return the sentences of the plan; ``agenda`` holds the line numbers to leave out."""
    pages = _pages(lines)
    topics = _topics(lines, pages, agenda)
    builder = _Builder()
    for index, line in enumerate(lines):
        after = lines[index + 1] if index + 1 < len(lines) else None
        fresh_page = index == 0 or pages[index] != pages[index - 1]
        if fresh_page:
            builder.flush()
            builder.heading = builder.year = None
        if line.number in agenda or _URL.match(line.text) or _THEME.match(line.text):
            builder.flush()
            builder.heading = None
        elif (year := _section_year(line, builder.before)) is not None:
            builder.flush()
            builder.year, builder.heading = year, None
        elif builder.is_heading(line, after):
            builder.flush()
            builder.heading = (line.text, line.number)
        else:
            builder.add(line, topics[index])
    builder.flush()
    return builder.sentences


class _Builder:
    """Gathers the lines of a paragraph and cuts it into sentences."""

    def __init__(self) -> None:
        self.sentences: list[Sentence] = []
        self.heading: tuple[str, int] | None = None
        self.year: int | None = None
        self.before: Line | None = None
        self._text = ""
        self._offsets: list[tuple[int, int]] = []
        self._topic: str | None = None
        self._bullet = False

    def is_heading(self, line: Line, after: Line | None) -> bool:
        text = line.text
        if line.bullet or after is None or (after.bullet and not text[0].isupper()):
            return False
        ended = not self._text or ends_sentence(self._text) or self._bullet
        short = len(words_of(text)) <= 6 and text[0].isupper() and not ends_sentence(text)
        goes_on = after.text[:1].islower() or text[-1] in ",;-"
        return ended and short and not is_prose(text) and not goes_on

    def add(self, line: Line, topic: str | None) -> None:
        if line.bullet or len(self._text) > LONGEST:
            self.flush()
        if not self._text:
            self._topic, self._bullet = topic, line.bullet
        joined = bool(re.search(r"[a-zà-ÿ]-$", self._text)) and line.text[:1].isupper()
        if self._text and not joined:
            self._text += " "
        self._offsets.append((len(self._text), line.number))
        self._text += line.text
        self.before = line

    def flush(self) -> None:
        start = 0
        for piece in _SENTENCE_END.split(self._text):
            if piece.strip():
                start = self._text.find(piece, start)
                end = start + len(piece)
                inside = [(max(at - start, 0), no) for at, no in self._offsets if at < end]
                first = max((i for i, (at, _) in enumerate(inside) if at == 0), default=0)
                where = tuple(inside[first:])
                self.sentences.append(
                    Sentence(
                        piece[:LONGEST_ENTRY], where, self.heading, self.year, self._topic,
                        self._bullet,
                    )
                )  # fmt: skip
                start = end
        self._text, self._offsets, self._bullet = "", [], False
        self.before = None


def _section_year(line: Line, before: Line | None) -> int | None:
    match = _YEAR_HEADING.match(line.text)
    if match is None or len(words_of(line.text)) > 5 or line.bullet:
        return None
    if before is not None and is_prose(before.text) and not ends_sentence(before.text):
        return None
    return int(match["year"])


def _pages(lines: Sequence[Line]) -> list[int]:
    """Return the page of each line: by form feeds, or where a run of links (a foot) ends."""
    if any(line.page for line in lines):
        return [line.page for line in lines]
    pages: list[int] = []
    page = 0
    for index, line in enumerate(lines):
        if index and _URL.match(lines[index - 1].text) and not _URL.match(line.text):
            page += 1
        pages.append(page)
    return pages


def _topics(lines: Sequence[Line], pages: list[int], agenda: Collection[int]) -> list[str | None]:
    """Return the theme of each line.

    A heading "Thema: ..." stands above its text, or, as a page layout is written out, below it at
    the end of the page: then no prose follows it on that page.
    """
    topics: list[str | None] = [None] * len(lines)
    by_page: dict[int, list[int]] = {}
    for index, page in enumerate(pages):
        by_page.setdefault(page, []).append(index)
    for indexes in by_page.values():
        in_agenda = [at for at, index in enumerate(indexes) if lines[index].number in agenda]
        if in_agenda:
            indexes = indexes[in_agenda[-1] + 1 :]
        heads = [index for index in indexes if _THEME.match(lines[index].text)]
        if not heads:
            continue
        after = [lines[i].text for i in indexes if i > heads[-1]]
        above = any(is_prose(text) and not _URL.match(text) for text in after)
        for index in indexes:
            own = [h for h in heads if (h <= index if above else h >= index)]
            if own:
                match = _THEME.match(lines[own[-1] if above else own[0]].text)
                topics[index] = topic_key(match["name"]) if match else None
    return topics
