"""Takes an agenda file over into the agenda, again and again without harm.

*Reads*: an ``AgendaFile``. *Writes*: events. *Next*: planning sees what changed; ``staff`` tells
registrations of a move.

Identity is (source, id) where the file has one, and kind and date for lines of plan text; any
other pairing is asked, never guessed. Only what changed in the file since the last import is
applied, so that an edit made elsewhere survives, and what is missing cancels nothing unless asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from var_outreach.agenda.entries import AgendaEntry, AgendaFile
from var_outreach.agenda.entry_fields import (
    as_kept,
    empty_fields,
    entry_fields,
    entry_notes,
)
from var_outreach.agenda.following import FOLLOWS, Wish, apply_wishes, followers_of
from var_outreach.agenda.kinds import KindTable
from var_outreach.agenda.model import Event, EventChange, EventState, Visibility
from var_outreach.agenda.store import (
    FILE_PROGRAMME,
    FILE_YEAR,
    HOURS,
    OFF,
    carried_hours,
    change_event,
    event_key,
    event_year,
    shifted,
)
from var_outreach.agenda.succession import STAFF, made_by_staff, waiting_for_successor
from var_outreach.errors import Conflict
from var_outreach.tokens import random_token

_FOLLOWS = frozenset({"answer_by_on", "state", "visibility"})
"""Fields that we fill in where the file does not: their present value is nobody's edit."""


@dataclass(frozen=True)
class ImportedChange:
    """What an import did to one event."""

    key: str
    title: str
    line: int
    fields: tuple[tuple[str, str | None, str | None], ...] = ()
    """(field, before, after)."""
    moved: bool = False


@dataclass
class AgendaReport:
    """What an import did, or would do."""

    added: list[ImportedChange] = field(default_factory=list)
    moved: list[ImportedChange] = field(default_factory=list)
    changed: list[ImportedChange] = field(default_factory=list)
    unchanged: int = 0
    missing: list[ImportedChange] = field(default_factory=list)
    """In the agenda from this source, no longer in the file."""
    cancelled: list[ImportedChange] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)
    """What only a person can decide; nothing was done about it."""
    remarks: list[str] = field(default_factory=list)
    """What was done otherwise than the reader of the file may expect."""
    warnings: list[str] = field(default_factory=list)
    """Days that may not suit what was added or moved."""


@dataclass(frozen=True)
class ImportOptions:
    """How a file is taken over."""

    by: str
    cancel_missing: bool
    zone: ZoneInfo
    kinds: KindTable
    deadline: Callable[[str, date], date | None]
    """The last day to answer that the rules give, by kind and date."""
    check: Callable[[Session, Event, Mapping[str, Any]], None] = lambda *_: None
    """Raises Conflict for a change that a person has to decide about."""

    def visibility(self, kind: str) -> Visibility:
        """Return who may see an event of ``kind`` unless the file says; an unknown kind: few."""
        found = self.kinds.get(kind)
        return Visibility(found.visibility) if found is not None else Visibility.CLOSED


def import_agenda(
    session: Session, file: AgendaFile, options: ImportOptions, *, now: datetime
) -> AgendaReport:
    """Take ``file`` over and return what that did; the caller rolls back for a dry run."""
    work = _Import(session, options, now)
    known = {
        event.source_id: event
        for event in session.scalars(select(Event).where(Event.source == file.source))
    }
    fresh: list[tuple[str, AgendaEntry]] = []
    wishes: list[Wish] = []
    for identity, entry in _identified(file.entries):
        event = known.pop(identity, None)
        if event is None:
            fresh.append((identity, entry))
        else:
            values = entry_fields(entry, options.zone)
            kept = _kept(entry, values, file)
            wishes += _wish(event, entry)
            work.renew(event, values, kept, entry_notes(entry), entry.line)
    years = {_year_of(entry, file) for entry in file.entries} | {file.year}
    gone = [
        event
        for event in known.values()
        if event.state not in OFF | {EventState.HELD} and event_year(event) in years
    ]
    for identity, entry in fresh:
        event = work.adopt(identity, entry, file) or work.add(identity, entry, file, gone)
        wishes += _wish(event, entry, new=True)
    for event in gone:
        work.miss(event)
    work.report.questions += apply_wishes(session, file.source, wishes, by=options.by, now=now)
    session.flush()
    return work.report


def join_events(
    session: Session, old: Event, new: Event, options: ImportOptions, *, now: datetime
) -> AgendaReport:
    """Let ``old`` be what the file calls ``new``, which is deleted; return what that changed.

    The answer to the question of an import; nothing may hang on ``new``. Raises Conflict if the
    two do not come from the same kind of file.
    """
    if old is new or old.source not in {new.source, STAFF}:
        raise Conflict(
            f"'{old.key}' and '{new.key}' cannot be one event",
            remedy="Name the event that is no longer in the file, then the one that came instead",
        )
    of_file = new.imported.keys() - {FILE_YEAR, FILE_PROGRAMME, FOLLOWS}
    values = {name: getattr(new, name) for name in of_file}
    source, identity = new.source, new.source_id
    kept, notes = dict(new.imported), list(new.notes)
    lead = new.follows_id if new.follows_id != old.id else None
    for event in followers_of(session, new):
        event.follows_id = old.id if event is not old else None
    session.flush()
    session.execute(delete(EventChange).where(EventChange.event_id == new.id))
    session.delete(new)
    session.flush()
    old.source, old.source_id = source, identity
    old.follows_id = lead or old.follows_id
    work = _Import(session, options, now)
    work.renew(old, values, kept, notes, 0)
    if work.report.questions:
        raise Conflict(work.report.questions[0])
    return work.report


def _identified(entries: Sequence[AgendaEntry]) -> Iterator[tuple[str, AgendaEntry]]:
    """Give every entry its identity; equal lines of plan text are numbered."""
    counts: dict[str, int] = {}
    for entry in entries:
        identity = entry.source_id
        if identity is None:
            when = entry.on_date or f"undated:{entry.topic}:{entry.title}"
            identity = f"{entry.kind}:{when}"
        counts[identity] = counts.get(identity, 0) + 1
        yield (f"{identity}#{counts[identity]}" if counts[identity] > 1 else identity), entry


def _year_of(entry: AgendaEntry, file: AgendaFile) -> int | None:
    """Return the year whose file should hold ``entry``; an .ics file may span several."""
    if entry.on_date is not None and (file.source == "ics" or file.year is None):
        return entry.on_date.year
    return file.year


def _kept(entry: AgendaEntry, values: Mapping[str, Any], file: AgendaFile) -> dict[str, Any]:
    """Return what ``entry`` says as it is compared with at the next import."""
    kept = {**as_kept(values), FILE_YEAR: _year_of(entry, file)}
    return {**kept, FOLLOWS: lead} if (lead := entry.extra.get(FOLLOWS)) else kept


def _wish(event: Event, entry: AgendaEntry, *, new: bool = False) -> list[Wish]:
    """Return whom ``event`` is to follow, if the file says otherwise than at the last import."""
    lead = entry.extra.get(FOLLOWS)
    if lead == (None if new else event.imported.get(FOLLOWS)):
        return []
    return [Wish(event, entry.line, str(lead) if lead else None)]


class _Import:
    """One file being taken over."""

    def __init__(self, session: Session, options: ImportOptions, now: datetime) -> None:
        self.session = session
        self.options = options
        self.now = now
        self.report = AgendaReport()
        self._taken: set[str] | None = None

    def add(
        self, identity: str, entry: AgendaEntry, file: AgendaFile, gone: Sequence[Event]
    ) -> Event:
        """Make a new event; ask about those of ``gone`` that it could be."""
        values = entry_fields(entry, self.options.zone)
        kept = _kept(entry, values, file)
        day = entry.on_date
        if "answer_by_on" not in values and day is not None:
            values["answer_by_on"] = self.options.deadline(entry.kind, day)
        values.setdefault("state", EventState.PLANNED if day else EventState.UNDATED)
        values.setdefault("visibility", self.options.visibility(entry.kind))
        event = Event(
            **{**empty_fields(), **values},
            key=self._free_key(values["title"], day, file.year),
            source=file.source,
            source_id=identity,
            notes=entry_notes(entry),
            series_uid=f"{random_token()}@agenda",
            revision=0,
            date_revision=0,
            known_at=self.now,
            date_known_at=self.now,
            changed_at=self.now,
            imported=kept,
        )
        self.session.add(event)
        self.report.added.append(ImportedChange(event.key, event.title, entry.line))
        alike = [one for one in gone if one.kind == event.kind]
        if alike:
            was = " or ".join(f"'{one.key}'" for one in alike)
            self.report.questions.append(
                f"line {entry.line}: '{event.title}' ({day or 'no date'}) is new, and {was} is no "
                "longer in the file. Are they one event that moved? Then say: var-outreach agenda "
                f"same {alike[0].key if len(alike) == 1 else 'OLD'} {event.key}"
            )
        self._ask_about_postponed(event, entry.line)
        return event

    def adopt(self, identity: str, entry: AgendaEntry, file: AgendaFile) -> Event | None:
        """Return the event that staff made and that ``entry`` is about, from now on the file's.

        Lines of plan text match by kind and date; about another file's it is asked.
        """
        made = made_by_staff(self.session, entry.kind, entry.on_date)
        if len(made) != 1 or file.source != "plan-text":
            self.report.questions += [
                f"line {entry.line}: '{entry.title}' is new, and so is '{one.key}', which staff "
                f"made for the same day. Are they one? Then say: var-outreach agenda same "
                f"{one.key} NEW, with the key of the line"
                for one in made
            ]
            return None
        event = made[0]
        event.source, event.source_id = file.source, identity
        event.imported = _kept(entry, entry_fields(entry, self.options.zone), file)
        event.notes = [*event.notes, *(n for n in entry_notes(entry) if n not in event.notes)]
        self.report.remarks.append(
            f"line {entry.line}: this is '{event.key}', which staff made; it stays as it is"
        )
        self.report.unchanged += 1
        return event

    def _ask_about_postponed(self, event: Event, line: int) -> None:
        """Ask whether a new event is held instead of a postponed one of its kind."""
        self.report.questions += [
            f"line {line}: '{old.key}' is postponed. Is '{event.key}' held instead of it? "
            f"Then say: var-outreach agenda successor {old.key} --is {event.key}"
            for old in waiting_for_successor(self.session, event)
        ]

    def renew(
        self,
        event: Event,
        values: Mapping[str, Any],
        kept: dict[str, Any],
        notes: list[str],
        line: int,
    ) -> None:
        """Apply to ``event`` what the file says otherwise than at the last import."""
        differing = self._differing(event, values, kept)
        overruled = self._overruled(event, differing, kept, line)
        was = event.date_revision
        try:
            self.options.check(self.session, event, differing)
            changes = change_event(self.session, event, differing, by=self.options.by, now=self.now)
        except Conflict as error:
            # What the file said last stays as it was, so that the next import asks again.
            self.report.questions.append(f"line {line}: {error}")
            return
        event.imported = kept
        event.notes = notes
        if not changes:
            self.report.unchanged += 1
            return
        self.report.remarks += overruled
        row = ImportedChange(
            event.key,
            event.title,
            line,
            tuple((change.field, change.before, change.after) for change in changes),
            moved=event.date_revision != was,
        )
        (self.report.moved if row.moved else self.report.changed).append(row)

    def miss(self, event: Event) -> None:
        """Report, or cancel, an event that is no longer in the file."""
        row = ImportedChange(event.key, event.title, 0)
        if not self.options.cancel_missing:
            self.report.missing.append(row)
            return
        off = {"state": EventState.CANCELLED}
        change_event(self.session, event, off, by=self.options.by, now=self.now)
        self.report.cancelled.append(row)

    def _differing(
        self, event: Event, values: Mapping[str, Any], kept: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return the fields to set: what the file gives anew, no longer gives, and what follows."""
        last = event.imported
        found = {name: value for name, value in values.items() if kept[name] != last.get(name)}
        # A field that the file no longer gives goes back to nothing; the others keep what they have.
        empty = empty_fields()
        found |= {name: empty[name] for name in last.keys() - values.keys() if name in empty}
        kind = found.get("kind", event.kind)
        day = found.get("on_date", event.on_date)
        found = self._on_its_day(event, found, values, last, day)
        if "answer_by_on" not in values and ("on_date" in found or "answer_by_on" in last):
            found["answer_by_on"] = self.options.deadline(kind, day) if day else None
        if "visibility" not in values:
            usual = event.visibility is self.options.visibility(event.kind)
            if "visibility" in last or ("kind" in found and usual):
                found["visibility"] = self.options.visibility(kind)
        if "state" not in values and event.state is not EventState.HELD:
            follows = "on_date" in found and event.state in {
                EventState.UNDATED,
                EventState.POSTPONED,
            }
            if "state" in last or follows:
                found["state"] = EventState.PLANNED if day else EventState.UNDATED
        return found

    def _on_its_day(
        self,
        event: Event,
        found: dict[str, Any],
        values: Mapping[str, Any],
        last: Mapping[str, Any],
        day: date | None,
    ) -> dict[str, Any]:
        """Return ``found`` with the hours on the day on which the event will be."""
        zone = self.options.zone
        if day is None:
            gone = dict.fromkeys((*HOURS, "until_date"))
            return {**gone, **found} if "on_date" in found else found
        in_file = values["on_date"]
        if in_file is not None and in_file != day:
            # The file's hours are those of another day than the one that staff moved it to.
            away = day - in_file
            found |= {n: shifted(found[n], away, zone) for n in HOURS if n in found}
        if "on_date" not in found:
            return found
        now = as_kept({name: getattr(event, name) for name in HOURS})
        for name, moment in carried_hours(event, day, zone).items():
            edited = name in HOURS and now[name] != last.get(name)
            if name not in found or (
                edited and _same_clock(last.get(name), values.get(name), zone)
            ):
                # Another day, but the hour it had: the file's, or the one that staff gave it.
                found[name] = moment
        return found

    def _overruled(
        self, event: Event, differing: Mapping[str, Any], kept: Mapping[str, Any], line: int
    ) -> list[str]:
        """Say which edits made elsewhere give way to what changed in the file."""
        said = []
        now = as_kept({name: getattr(event, name) for name in differing})
        empty = empty_fields()
        for name, value in as_kept(differing).items():
            if name in _FOLLOWS and name not in event.imported:
                continue
            base = event.imported.get(name, empty.get(name))
            if value == kept.get(name, empty.get(name)) and now[name] not in (base, value):
                said.append(
                    f"line {line}: {name} of '{event.key}' was set to '{now[name]}' since the last "
                    f"import; the file now says '{value or ''}', and that counts"
                )
        return said

    def _free_key(self, title: str, day: date | None, year: int | None) -> str:
        if self._taken is None:
            self._taken = set(self.session.scalars(select(Event.key)))
        key = event_key(title, day, year, self._taken)
        self._taken.add(key)
        return key


def _same_clock(before: object, after: object, zone: ZoneInfo) -> bool:
    """Tell whether the file gave the same hour before as it does now, on whichever day."""
    if not isinstance(before, str) or not isinstance(after, datetime):
        return False
    was = datetime.fromisoformat(before)
    return was.astimezone(zone).time() == after.astimezone(zone).time()
