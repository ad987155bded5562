"""What the prose of a plan says of a dated entry, as Dutch notes with the line number.

*Reads*: entries and sentences. *Writes*: nothing. *Next*: staff read the notes at the import; the
agenda itself is never changed by prose.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from var_outreach.agenda.dutch_dates import (
    MONTH_NAMES,
    FoundDate,
    dutch,
    find_dates,
    weekday_problem,
)
from var_outreach.agenda.dutch_times import find_times
from var_outreach.agenda.entries import AgendaEntry
from var_outreach.agenda.kinds import FALLBACK, KindTable, KindWord
from var_outreach.agenda.places import is_place
from var_outreach.agenda.plan_prose import Sentence
from var_outreach.agenda.themes import topic_of

_ROLES = (
    r"burgemeesters?|wethouders?|bestuurders|adviseurs|beleidsmakers|beleidsmedewerkers|"
    r"beleidsadviseurs|leidinggevenden|professionals|zorgprofessionals|raadsleden|ambtenaren|"
    r"portefeuillehouders|gemeentesecretarissen|griffiers|medewerkers|wijkagenten|officieren|"
    r"aandachtsfunctionarissen|netwerkpartners|partners|gemeenten|jongerenwerkers|regisseurs"
)
_AUDIENCE = re.compile(
    rf"(?<!\w)voor\s+(?P<a>(?:(?:alle|de|onze|regionale|lokale|ambtelijke)\s+)*(?:{_ROLES})"
    rf"(?:(?:\s*,\s*|\s+en\s+|\s+en/of\s+|\s*/\s*)"
    r"(?:(?:hun|de|alle|andere|zorg- en|hun directe)\s+)*[\w-]+)*)",
    re.IGNORECASE,
)
_PARTNERS = re.compile(
    r"(?<!\w)(?:samen met|in samenwerking met|i\.s\.m\.)\s+(?P<p>.+)", re.IGNORECASE
)
_PARTNERS_STOP = frozenset(
    "in op voor te om over rond tijdens bij dat die georganiseerd organiseren".split()
)
_THEME = re.compile(
    r"(?:met als thema|rond het thema|over het thema|thema)\s*:?\s+(?P<t>[^.;]{3,80})",
    re.IGNORECASE,
)
_PLACE = re.compile(
    r"(?<!\w)(?:in|te|bij|locatie:?)\s+(?P<p>(?:(?:de|het|De|Het|'t)\s+)?[A-Z][\w'’-]*"
    r"(?:\s+(?:[A-Z][\w'’-]*|(?:van|aan|den|de|het|te)(?=\s+[A-Z])))*)"
)
_PLACE_SMALL = re.compile(
    r"(?<!\w)in\s+(?P<p>(?:de|het)\s+[\w-]*(?:huis|bureau|theater|museum|kazerne|stadion)"
    r"(?:\s+(?:van|in|te)\s+[A-Z][\w-]+)?)"
)
_DAY_PART = re.compile(r"(?<!\w)(?:in|tijdens) de (?P<p>ochtend|middag|avond)(?!\w)", re.IGNORECASE)
_CANCELLED = re.compile(
    r"(?<!\w)(?:vervalt|vervallen|gaat niet door|geannuleerd|afgelast)(?!\w)", re.IGNORECASE
)
_MONTH_WORD = re.compile(rf"(?<!\w)(?:{'|'.join(MONTH_NAMES)})(?!\w)", re.IGNORECASE)
_HELD = re.compile(
    r"organis|plaats|houden|wordt|worden|gepland|volgt|is (?:er|dat)|staat", re.IGNORECASE
)


def add_prose_notes(
    entries: Sequence[AgendaEntry],
    sentences: Sequence[Sentence],
    kinds: KindTable,
    plan_year: int | None,
) -> tuple[list[AgendaEntry], list[str]]:
    """Return the entries with notes from the prose, and remarks on dates the agenda lacks."""
    noted = list(entries)
    remarks: list[str] = []
    for sentence in sentences:
        dates = [found for found in find_dates(sentence.text) if not found.linked or found.year]
        matched = _by_date(noted, sentence, dates, plan_year)
        if not matched and not dates and not sentence.is_past(plan_year):
            matched = _by_kind(noted, sentence, kinds)
        for index, found in matched:
            noted[index] = noted[index].with_notes(*_facts(noted[index], sentence, found, kinds))
        if dates and not matched and not sentence.is_past(plan_year):
            _unmatched(noted, remarks, sentence, dates, kinds, plan_year)
    return noted, remarks


def _by_date(
    entries: list[AgendaEntry], sentence: Sentence, dates: list[FoundDate], plan_year: int | None
) -> list[tuple[int, FoundDate | None]]:
    found: list[tuple[int, FoundDate | None]] = []
    for one in dates:
        if one.year is None and sentence.is_past(plan_year):
            continue
        for index, entry in enumerate(entries):
            if entry.on_date is None:
                continue
            day, last = one.on(entry.on_date.year), entry.extra.get("ends_on")
            within = isinstance(last, date) and day is not None and entry.on_date < day <= last
            if day == entry.on_date or within:
                found.append((index, one))
    return found


def _by_kind(
    entries: list[AgendaEntry], sentence: Sentence, kinds: KindTable
) -> list[tuple[int, FoundDate | None]]:
    """Return the one entry that "in september ... een leerhuis" or "de conferentie" means."""
    if not _HELD.search(sentence.text):
        return []
    months = [MONTH_NAMES.index(m.lower()) + 1 for m in _MONTH_WORD.findall(sentence.text)]
    for word in kinds.words_in(sentence.text):
        same = [
            (index, entry)
            for index, entry in enumerate(entries)
            if entry.on_date is not None and entry.kind == word.kind and word.kind != FALLBACK
        ]
        topic = topic_of(sentence.text[max(word.start - 20, 0) : word.end + 40])
        if months:
            same = [p for p in same if p[1].on_date and p[1].on_date.month in months]
            fits = [p for p in same if topic is None or p[1].topic in (None, topic)]
        else:
            definite = re.search(
                r"(?<!\w)(?:de|het)\s(?:[\w-]+\s){0,4}$", sentence.text[: word.start]
            )
            fits = [p for p in same if definite and topic is not None and p[1].topic == topic]
        if len(same) == 1 and len(fits) == 1:
            return [(fits[0][0], None)]
    return []


def _facts(
    entry: AgendaEntry, sentence: Sentence, found: FoundDate | None, kinds: KindTable
) -> list[str]:
    """Return what ``sentence`` says of ``entry``."""
    text = sentence.text
    notes: list[str] = []

    def say(fact: str, at: int) -> None:
        notes.append(f"{fact} (regel {sentence.line_at(at)}).")

    if found is not None and entry.on_date is not None:
        wrong = weekday_problem(found, found.on(entry.on_date.year) or entry.on_date)
        if wrong:
            say(wrong.replace("De regel", "De tekst").rstrip("."), found.start)
        if found.day_part:
            say(f"Dagdeel volgens de tekst: {found.day_part} ('{found.text}')", found.start)
    if match := _DAY_PART.search(text):
        say(f"Dagdeel volgens de tekst: {match['p'].lower()}", match.start())
    for hours in find_times(_without(text, found)):
        say(f"Tijd volgens de tekst: {hours.text}", hours.start)
    if place := _place(text):
        other = entry.place is not None and entry.place.casefold() not in place[0].casefold()
        label = (
            f"De agenda zegt {entry.place}, de tekst zegt" if other else "Plaats volgens de tekst:"
        )
        say(f"{label} {place[0]}", place[1])
    if match := _PARTNERS.search(text):
        say(f"Samen met {_partners(match['p'])}", match.start("p"))
    if match := _AUDIENCE.search(text):
        say(f"Voor {match['a'].strip(' ,')}", match.start("a"))
    if match := _THEME.search(text):
        say(f"Thema volgens de tekst: {match['t'].strip()}", match.start("t"))
    if match := _CANCELLED.search(text):
        say(f"Volgens de tekst gaat dit niet door: '{match[0]}'", match.start())
    notes += _names(entry, sentence, kinds)
    if not notes:
        say(f"De tekst noemt dit ook: '{_short(text)}'", 0)
    return notes


def _without(text: str, found: FoundDate | None) -> str:
    """Return ``text`` with the date blanked out, at the same length."""
    if found is None:
        return text
    return text[: found.start] + " " * (found.end - found.start) + text[found.end :]


def _names(entry: AgendaEntry, sentence: Sentence, kinds: KindTable) -> list[str]:
    """Return notes on names in the sentence and its heading that contradict the title."""
    notes: list[str] = []
    words = [word for word in kinds.words_in(sentence.text) if word.kind != FALLBACK]
    if words and not any(_agrees(entry, word, kinds) for word in words):
        word = next((w for w in words if w.kind == entry.kind), words[0])
        notes.append(
            f"De tekst noemt dit '{word.word}' (regel {sentence.line_at(word.start)}), "
            f"de agenda '{entry.title}'."
        )
    if sentence.heading is not None:
        heading, line = sentence.heading
        above = [word for word in kinds.words_in(heading) if word.kind == entry.kind]
        if above and not any(_agrees(entry, word, kinds) for word in above):
            notes.append(f"Het kopje zegt '{heading}' (regel {line}), de agenda '{entry.title}'.")
    return notes


def _agrees(entry: AgendaEntry, word: KindWord, kinds: KindTable) -> bool:
    """Return whether ``word`` can name ``entry``: the same name, or just the kind."""
    if word.kind != entry.kind:
        return False
    said, kind = word.word.casefold(), kinds.get(word.kind)
    titled = [w.word.casefold() for w in kinds.words_in(entry.title) if w.kind == word.kind]
    plain = kind is not None and said in (kind.nl.casefold(), kind.nl_plural.casefold())
    return plain or not titled or any(said in own or own in said for own in titled)


def _place(text: str) -> tuple[str, int] | None:
    for match in _PLACE.finditer(text):
        name = match["p"].strip()
        if is_place(name) or re.match(r"(?:De|Het)\s", name):
            return name, match.start("p")
    match_small = _PLACE_SMALL.search(text)
    return (match_small["p"], match_small.start("p")) if match_small else None


def _partners(text: str) -> str:
    """Return the partners at the start of ``text``: up to the word with which something else begins."""
    kept: list[str] = []
    for word in text.split():
        listed = not kept or kept[-1] in ("en", "met") or kept[-1].endswith(",")
        if word.lower() in _PARTNERS_STOP or (word in ("de", "het", "een") and not listed):
            break
        kept.append(word)
        if word[-1] in ".;:)":
            break
    return " ".join(kept).strip(" ,.;:")


def _unmatched(
    entries: list[AgendaEntry],
    remarks: list[str],
    sentence: Sentence,
    dates: list[FoundDate],
    kinds: KindTable,
    plan_year: int | None,
) -> None:
    """Say where the prose has another date for an entry, or a meeting that the agenda lacks."""
    kind = next((w.kind for w in kinds.words_in(sentence.text) if w.kind != FALLBACK), None)
    day = dates[0].on(plan_year or 0) if dates[0].year or plan_year else None
    if kind is None or day is None or (plan_year is not None and day.year < plan_year):
        return
    line = sentence.line_at(dates[0].start)
    same = [
        i for i, entry in enumerate(entries) if entry.kind == kind and entry.on_date is not None
    ]
    if len(same) == 1:
        note = f"De tekst noemt een andere datum, {dutch(day)} (regel {line})."
        facts = _facts(entries[same[0]], sentence, None, kinds)
        entries[same[0]] = entries[same[0]].with_notes(note, *facts)
    else:
        remarks.append(f"Regel {line} noemt {dutch(day)} ({kind}); die staat niet in de agenda.")


def _short(text: str) -> str:
    return text if len(text) <= 120 else text[:117].rsplit(" ", 1)[0] + " ..."
