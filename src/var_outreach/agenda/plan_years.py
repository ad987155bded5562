"""Raw entries of the plan become agenda entries: the year that a line leaves out is found here.

*Reads*: raw entries in file order. *Writes*: nothing. *Next*: ``plan_text`` adds what the prose says.
A year comes from the line itself, else from a neighbour, else from a heading or the plan, and a
note says which.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from zoneinfo import ZoneInfo

from var_outreach.agenda.dutch_dates import FoundDate, dutch, weekday_problem
from var_outreach.agenda.entries import AgendaEntry, Problem
from var_outreach.agenda.kinds import FALLBACK, KindTable
from var_outreach.agenda.plan_entry import RawEntry
from var_outreach.agenda.plan_rows import Draft
from var_outreach.agenda.themes import topic_of
from var_outreach.clock import at_local

SOURCE = "plan-text"


def date_entries(
    raws: Sequence[tuple[RawEntry, Draft]],
    kinds: KindTable,
    *,
    zone: ZoneInfo,
    plan_year: int | None,
) -> tuple[list[AgendaEntry], list[Problem]]:
    """Return the entries with their dates, and the lines whose date does not exist."""
    entries: list[AgendaEntry] = []
    problems: list[Problem] = []
    for index, (raw, draft) in enumerate(raws):
        kind = kinds.recognise(raw.title) or kinds.recognise(draft.group or "") or FALLBACK
        basis = AgendaEntry(
            on_date=None, kind=kind, title=raw.title, line=raw.line, source=SOURCE, place=raw.place,
            topic=topic_of(raw.title), online_url=raw.url, notes=raw.notes,
            extra={"state": raw.state} if raw.state else {},
        )  # fmt: skip
        if not raw.dates:
            entries.append(_undated(raw, basis))
            continue
        for found in _days(raw):
            year, note = _year(found, index, raws, draft, plan_year)
            if year is None:
                problems.append(Problem(raw.line, raw.text, "het jaar is nergens te vinden"))
                continue
            entry = _dated(found, year, raw, basis.with_notes(*note), zone, plan_year)
            if isinstance(entry, Problem):
                problems.append(entry)
            else:
                entries.append(entry)
    return _without_twins(entries), problems


def _days(raw: RawEntry) -> list[FoundDate]:
    """Return one date for each entry that the line means: "7 of 14 april" is one."""
    if raw.moved_to is not None:
        return [raw.moved_to]
    return [found for found in raw.dates if not found.choice]


def _undated(raw: RawEntry, basis: AgendaEntry) -> AgendaEntry:
    notes = [f"Nog geen dag bekend: de regel zegt '{raw.vague}'."]
    if raw.hours is not None:
        notes.append(f"Tijd volgens de regel: {raw.hours.text}.")
    extra = {"state": "undated", **basis.extra, "when": raw.vague or ""}
    return replace(basis, extra=extra).with_notes(*notes)


def _dated(
    found: FoundDate,
    year: int,
    raw: RawEntry,
    basis: AgendaEntry,
    zone: ZoneInfo,
    plan_year: int | None,
) -> AgendaEntry | Problem:
    on_date = found.on(year)
    if on_date is None:
        text = found.text if found.year else f"{found.text} {year}"
        return Problem(raw.line, raw.text, f"de datum '{text}' bestaat niet")
    notes = [weekday_problem(found, on_date)]
    extra = dict(basis.extra)
    if found.day_part:
        notes.append(f"Dagdeel: {found.day_part}.")
    if raw.moved_to is not None:
        notes.append(f"Verplaatst: eerst stond er {raw.dates[0].text}.")
    notes += [
        f"De regel noemt als andere keuze {one.day}-{one.month}." for one in raw.dates if one.choice
    ]
    last = found.until_on(year)
    if found.until is not None and (last is None or last <= on_date):
        notes.append(f"De laatste dag in '{found.text}' klopt niet en is weggelaten.")
        last = None
    if last is not None:
        extra["ends_on"] = last
        notes.append(f"Duurt tot en met {dutch(last)}.")
    if plan_year is not None and on_date.year not in (plan_year, plan_year + 1):
        notes.append(f"Het jaar {on_date.year} is niet dat van het plan ({plan_year}).")
    starts_at = ends_at = None
    if raw.hours is not None and raw.hours.begins is not None:
        starts_at = at_local(on_date, raw.hours.begins, zone)
        if raw.hours.ends is not None:
            ends_at = at_local(last or on_date, raw.hours.ends, zone)
    entry = replace(basis, on_date=on_date, starts_at=starts_at, ends_at=ends_at, extra=extra)
    return entry.with_notes(*(note for note in notes if note))


def _year(
    found: FoundDate,
    index: int,
    raws: Sequence[tuple[RawEntry, Draft]],
    draft: Draft,
    plan_year: int | None,
) -> tuple[int | None, list[str]]:
    """Return the year of ``found`` and the note that says where it comes from."""
    if found.year is not None:
        return found.year, []
    before = _neighbour(raws[:index][::-1], last=True)
    after = _neighbour(raws[index + 1 :], last=False)
    heading = draft.year_line is not None and draft.year is not None
    if heading and (before is None or (draft.year_line or 0) > before[1]):
        return draft.year, [_year_note(draft.year, f"het kopje op regel {draft.year_line}")]
    chosen = before or after
    if chosen is None:
        return plan_year, [_year_note(plan_year, "het plan zelf")] if plan_year else []
    if before and after and before[2].year != after[2].year:
        # Between two years: the list runs on in time, so take the year that keeps it so.
        fits = found.on(before[2].year)
        chosen = before if fits is not None and fits >= before[2] else after
    note = _year_note(chosen[2].year, f"regel {chosen[1]}")
    if chosen is before and not (after or heading) and _runs_over(found, before, raws[:index]):
        year = before[2].year + 1
        return year, [f"{note[:-1]}, en één verder: de lijst loopt door in {year}."]
    return chosen[2].year, [note]


def _neighbour(
    raws: Sequence[tuple[RawEntry, Draft]], *, last: bool
) -> tuple[FoundDate, int, date] | None:
    """Return the nearest date with a year of its own, its line and its day."""
    for raw, _ in raws:
        for found in raw.dates[:: -1 if last else 1]:
            day = found.on(0) if found.year else None
            if found.year is not None and day is not None:
                return found, raw.line, day
    return None


def _runs_over(
    found: FoundDate, before: tuple[FoundDate, int, date], raws: Sequence[tuple[RawEntry, Draft]]
) -> bool:
    """Return whether the list was in order of time so far and ``found`` can only be next year."""
    days = [one.on(before[2].year) for raw, _ in raws for one in raw.dates]
    known = [day for day in days if day is not None]
    here = found.on(before[2].year)
    ordered = known == sorted(known) and len(known) > 1
    return ordered and here is not None and before[2].month - here.month >= 6


def _year_note(year: int | None, origin: str) -> str:
    return f"Er staat geen jaar op deze regel; {year} komt van {origin}."


def _without_twins(entries: list[AgendaEntry]) -> list[AgendaEntry]:
    """Join an entry that stands there twice; note two of a kind on one day."""
    kept: list[AgendaEntry] = []
    for entry in entries:
        same_day = [
            (index, other)
            for index, other in enumerate(kept)
            if entry.on_date is not None
            and other.on_date == entry.on_date
            and other.line != entry.line
        ]
        twin = next((p for p in same_day if p[1].title.casefold() == entry.title.casefold()), None)
        if twin is not None:
            kept[twin[0]] = twin[1].with_notes(
                f"Staat nog een keer op regel {entry.line}.", *entry.notes
            )
            continue
        notes = [
            f"Op dezelfde dag staat nog een {other.kind}, op regel {other.line}."
            for _, other in same_day
            if other.kind == entry.kind
        ]
        kept.append(entry.with_notes(*notes))
    return kept
