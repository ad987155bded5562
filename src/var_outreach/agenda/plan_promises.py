"""Meetings that a plan promises without a date: "drie netwerkbijeenkomsten".

*Reads*: the sentences of the plan. *Writes*: nothing. *Next*: ``readers`` adds them where undated
meetings are asked for. Only the year of the plan counts: what was held the year before is history.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from var_outreach.agenda.dutch_dates import MONTH_NAMES, find_dates
from var_outreach.agenda.entries import AgendaEntry
from var_outreach.agenda.kinds import FALLBACK, EventKind, KindTable, KindWord
from var_outreach.agenda.plan_entry import vague_date
from var_outreach.agenda.plan_prose import Sentence
from var_outreach.agenda.themes import topic_of

_NUMBERS = {
    word: number
    for number, words in enumerate(
        ("een één eén 1 one", "twee 2 two", "drie 3 three", "vier 4 four", "vijf 5 five", "zes 6 six",
         "zeven 7", "acht 8", "negen 9", "tien 10", "elf 11", "twaalf 12"), start=1)
    for word in words.split()
}  # fmt: skip
_NUMBER = "|".join(sorted(_NUMBERS, key=len, reverse=True))
_BEFORE = re.compile(
    rf"(?<!\w)(?P<n>{_NUMBER})\s+(?:(?:\([\w-]+\)|[\w-]+e|extra|regionaal|bestuurlijk|ambtelijk|groot|"
    r"landelijk|digitaal|fysiek)\s+){0,3}$",
    re.IGNORECASE,
)
_EACH = re.compile(
    r"(?<!\w)(?:elke?|iedere?|deze|die|dit|onze|tijdens|na|binnen|vanuit|terugblik|aan|bij)\s+"
    r"(?:(?:de|het|dit|deze|een)\s+)?(?:[\w-]+\s+){0,2}$",
    re.IGNORECASE,
)
_THE = re.compile(r"(?<!\w)(?:de|het)\s+(?:[\w-]+\s+){0,4}$", re.IGNORECASE)
_OFTEN: tuple[tuple[re.Pattern[str], int | None], ...] = (
    (re.compile(r"(?:eens|één keer|een keer) per (?P<n>\w+) maanden", re.IGNORECASE), None),
    (
        re.compile(
            r"(?P<n>\w+?)\s?(?:maal|keer) per (?P<u>jaar|half ?jaar|kwartaal)", re.IGNORECASE
        ),
        None,
    ),
    (re.compile(r"(?:elk|ieder|per) kwartaal|viermaal", re.IGNORECASE), 4),
    (re.compile(r"(?:elk|ieder) half ?jaar|halfjaarlijks", re.IGNORECASE), 2),
    (re.compile(r"maandelijkse?|(?:elke|iedere) maand", re.IGNORECASE), 12),
)
_HELD = re.compile(
    r"(?<!\w)(?:organiseren|organiseert|organiseer|georganiseerd|houden|houdt|gehouden|plannen|plant|"
    r"gepland|plaats|plaatsvinden|bijeen|bij elkaar|(?:is|zijn|komt|komen) er|volgt|volgen|verzorgen|"
    r"verzorgt|staan)(?!\w)",
    re.IGNORECASE,
)
_AFTER = re.compile(
    r"\s+(?P<t>[^.;:,()]+?)(?=\s+(?:georganiseerd|gehouden|gepland|met|voor|in|op|over|waarin|die|dat|om|van|"
    r"om|bijeen|plaats|per|rond|tijdens|samen)(?!\w)|\s*[.;:,()]|$)"
)
_WHEN = re.compile(
    r"halverwege het jaar|(?:in|voor|na) (?:het|de) (?:voorjaar|najaar|zomer|winter|herfst)|"
    r"(?:in|begin|eind|medio) (?:" + "|".join(MONTH_NAMES) + r")(?!\w)|"
    r"(?:eerste|tweede|derde|vierde) (?:kwartaal|helft|halfjaar)",
    re.IGNORECASE,
)


def find_promises(
    sentences: Sequence[Sentence],
    kinds: KindTable,
    *,
    source: str,
    plan_year: int | None,
    dated: Sequence[AgendaEntry] = (),
) -> tuple[AgendaEntry, ...]:
    """Return the promised meetings that ``dated`` does not already hold, in file order.

    A promise without a theme counts against the dated entries of its kind ("vier leerhuizen",
    all four in the agenda, gives nothing); one with a theme only against those of its theme.
    """
    found: list[AgendaEntry] = []
    for sentence in sentences:
        if sentence.is_past(plan_year) or find_dates(sentence.text):
            continue
        if sentence.year is not None and plan_year is not None and sentence.year != plan_year:
            continue
        for word in kinds.words_in(sentence.text):
            entry = _promise(sentence, word, kinds, source, dated)
            if entry is not None:
                found.append(entry)
    return tuple(_once(found))


def _promise(
    sentence: Sentence, word: KindWord, kinds: KindTable, source: str, dated: Sequence[AgendaEntry]
) -> AgendaEntry | None:
    text, before = sentence.text, sentence.text[: word.start]
    kind = kinds.get(word.kind)
    number = _BEFORE.search(before)
    listed = sentence.bullet and number is not None and number.start() <= 2
    if kind is None or not (_HELD.search(text) or listed):
        return None
    if number is None and _EACH.search(before):
        return None
    quantity = _NUMBERS[number["n"].lower()] if number else None
    if quantity in (None, 1):
        quantity = _how_often(text) or quantity
    if quantity is None:
        if _is_plural(word, kind) or word.kind == FALLBACK:
            return None
        quantity = 1
    name = _title(text, word, kind)
    topic = topic_of(name) or sentence.topic
    when = _WHEN.search(text)
    held = [one for one in dated if one.kind == word.kind and one.on_date is not None]
    if when is not None and _in_month(held, when[0]):
        return None
    if number is None and held and _THE.search(before) and quantity == 1:
        return None
    covered = len(held if topic is None else [one for one in held if one.topic == topic])
    if covered >= quantity:
        return None
    line = sentence.line_at(word.start)
    notes = [f"Het plan belooft dit zonder datum: '{_short(text)}'"]
    if covered:
        notes.append(f"Het plan noemt er {quantity}; {covered} staan al in de agenda.")
    extra: dict[str, object] = {"state": "undated"}
    often = vague_date(when[0]) if when else None
    if when is not None:
        notes.append(f"Wanneer volgens de tekst: {when[0]}.")
        extra["when"] = often or when[0]
    return AgendaEntry(
        on_date=None, kind=word.kind, title=name, line=line, source=source, topic=topic,
        notes=tuple(notes), quantity=quantity - covered, extra=extra,
    )  # fmt: skip


def _how_often(text: str) -> int | None:
    """Return the number of meetings in a year that "eens per twee maanden" means."""
    for pattern, fixed in _OFTEN:
        match = pattern.search(text)
        if match is None:
            continue
        if fixed is not None:
            return fixed
        count = _NUMBERS.get(match["n"].lower())
        if count is None:
            continue
        unit = match.groupdict().get("u")
        if unit is None:
            return max(12 // count, 1)
        return count * (4 if "kwartaal" in unit else 2 if "half" in unit else 1)
    return None


def _is_plural(word: KindWord, kind: EventKind) -> bool:
    said = word.word.casefold()
    if said.endswith(("en", "'s")):
        return True
    return said.endswith("s") and not any(said.endswith(own.casefold()) for own in kind.words)


def _title(text: str, word: KindWord, kind: EventKind) -> str:
    """Return the name of one such meeting: the kind, and what it is called or about."""
    said = word.word
    plain = any(said.casefold().startswith(own.casefold()[:5]) for own in (kind.nl, kind.nl_plural))
    name = kind.nl if plain or _is_plural(word, kind) else said
    after = _AFTER.match(text[word.end :])
    about = after["t"].strip() if after else ""
    fits = len(about.split()) <= 5 and (about[:1].isupper() or topic_of(about) is not None)
    title = f"{name} {about}" if about and fits else name
    return title[:1].upper() + title[1:]


def _in_month(held: Sequence[AgendaEntry], when: str) -> bool:
    months = [n for n, name in enumerate(MONTH_NAMES, start=1) if name in when.lower()]
    return any(one.on_date is not None and one.on_date.month in months for one in held)


def _once(found: list[AgendaEntry]) -> list[AgendaEntry]:
    """Keep one of two equal promises (the plan repeats itself), the larger number of the two."""
    kept: list[AgendaEntry] = []
    for entry in found:
        twin = next((i for i, one in enumerate(kept) if _alike(one, entry)), None)
        if twin is None:
            kept.append(entry)
        elif entry.quantity > kept[twin].quantity:
            kept[twin] = entry
    return kept


def _alike(one: AgendaEntry, other: AgendaEntry) -> bool:
    same_title = one.title.casefold() == other.title.casefold()
    return same_title and (one.kind, one.topic) == (other.kind, other.topic)


def _short(text: str) -> str:
    return text if len(text) <= 160 else text[:157].rsplit(" ", 1)[0] + " ..."
