"""The year as a YAML file (``calendars/2025.yaml``), read with the line of every mistake.

*Reads*: YAML text. *Writes*: nothing. *Next*: ``readers.read_agenda`` returns the result to the import.
"""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from ruamel.yaml.nodes import Node

from var_outreach.agenda.entries import AgendaEntry, AgendaFile
from var_outreach.agenda.kinds import VISIBILITIES, KindTable
from var_outreach.agenda.yaml_fields import read_date, read_moment, read_programme, read_time
from var_outreach.agenda.yaml_questions import read_questions
from var_outreach.agenda.yaml_rounds import read_rounds, read_speakers
from var_outreach.clock import at_local
from var_outreach.errors import FileError
from var_outreach.yaml_nodes import Reading, line_of

SOURCE = "yaml"
STATES = ("undated", "planned", "confirmed", "postponed", "cancelled", "held")
LANGUAGES = ("nl", "en")
FIELDS = (
    "id", "kind", "title", "title_en", "date", "until", "doors", "from", "to", "start", "end",
    "place", "address", "online_url", "topic", "quantity", "when", "programme", "capacity",
    "max_per_organisation", "answer_by", "audience", "invite", "questions", "visibility",
    "registration_open", "partners", "description", "description_en", "language", "state", "notes",
    "follows", "rounds", "speakers",
)  # fmt: skip
_EXTRA_TEXTS = ("title_en", "when", "description_en", "audience", "invite", "follows")
_EXTRA_LISTS = ("partners",)
_EXTRA_COUNTS = ("capacity", "max_per_organisation")


def read_yaml(text: str, kinds: KindTable, *, zone: ZoneInfo, name: str) -> AgendaFile:
    """Return the events in the YAML ``text``; ``name`` is what an error calls the file.

    A file is ``year:`` and ``events:``, a list; the fields of an event are ``FIELDS``. An event
    with ``date`` alone stays date-only; hours come by ``from``/``to`` beside it, or by ``start``/
    ``end`` ("2025-10-16 09:30", local time in ``zone``). One without any of these is undated.
    Raises ``FileError`` (``RowErrors`` if several things are wrong) with file, line and remedy.
    """
    reading = Reading(name)
    root = reading.compose(text)
    if root is None:
        raise FileError("the file holds no events", where=name, remedy="Add an 'events:' list")
    top = reading.mapping(root, "the file", ("year", "name", "events"))
    year = reading.whole(top["year"], "year", least=1900) if "year" in top else None
    if year is not None and year > 2999:
        reading.wrong(top["year"], f"the year {year} is out of range")
    if "events" not in top and not reading.errors:
        reading.wrong(root, "there is no 'events' list", "Add 'events:' and start each with '- '")
    entries: list[AgendaEntry] = []
    seen: dict[str, int] = {}
    for node in reading.items(top["events"], "events") if "events" in top else ():
        entry = _Event(reading, node, kinds, zone).read(seen)
        if entry is not None:
            entries.append(entry)
    reading.finish()
    if not entries:
        raise FileError("the file holds no events", where=name, remedy="Add one under 'events:'")
    return AgendaFile(tuple(entries), (), year, SOURCE)


class _Event:
    """Reads one event; what is wrong is noted in the reading."""

    def __init__(self, reading: Reading, node: Node, kinds: KindTable, zone: ZoneInfo) -> None:
        self.reading = reading
        self.node = node
        self.kinds = kinds
        self.zone = zone
        self.fields = reading.mapping(node, "an event", FIELDS)
        self.fields = {k: v for k, v in self.fields.items() if not reading.is_null(v)}

    def read(self, seen: dict[str, int]) -> AgendaEntry | None:
        """Return the event, or None if it cannot be one; ``seen`` maps ids to their lines."""
        reading, line = self.reading, line_of(self.node)
        missing = [name for name in ("id", "kind", "title") if name not in self.fields]
        if missing and self.fields:
            reading.wrong(self.node, f"an event lacks {' and '.join(missing)}", "Add it")
        source_id = self._text("id")
        if source_id is not None:
            if source_id in seen:
                reading.wrong(
                    self.fields["id"],
                    f"the id '{source_id}' is already used on line {seen[source_id]}",
                    "Give each event its own id and never change it",
                )
            seen.setdefault(source_id, line_of(self.fields["id"]))
        kind = title = None
        if "kind" in self.fields:
            kind = reading.choice(self.fields["kind"], "kind", self.kinds.keys())
        title = self._text("title")
        on_date, starts_at, ends_at, last = self._when()
        extra = self._extra(on_date, last)
        quantity = self._quantity(on_date)
        if missing or kind is None or title is None:
            return None
        return AgendaEntry(
            on_date=on_date, starts_at=starts_at, ends_at=ends_at, kind=kind, title=title,
            place=self._text("place"), address=self._text("address"), online_url=self._url(),
            topic=self._text("topic"), line=line, notes=self._texts("notes"), source=SOURCE,
            source_id=source_id, quantity=quantity, extra=extra,
        )  # fmt: skip

    def _text(self, name: str) -> str | None:
        node = self.fields.get(name)
        return None if node is None else self.reading.text(node, name)

    def _texts(self, name: str) -> tuple[str, ...]:
        node = self.fields.get(name)
        return () if node is None else self.reading.texts(node, name)

    def _url(self) -> str | None:
        value = self._text("online_url")
        if value is not None and not value.startswith(("https://", "http://")):
            self.reading.wrong(
                self.fields["online_url"], f"'{value}' is no web address", "Start it with https://"
            )
            return None
        return value

    def _quantity(self, on_date: date | None) -> int:
        node = self.fields.get("quantity")
        value = 1 if node is None else (self.reading.whole(node, "quantity") or 1)
        if node is not None and value > 1 and on_date is not None:
            self.reading.wrong(
                node, "an event with a date cannot have a quantity",
                "Leave out the date, or write one event for each",
            )  # fmt: skip
        return value

    def _when(self) -> tuple[date | None, datetime | None, datetime | None, date | None]:
        """Return day, start and end as aware UTC, and the last day of several."""
        fields, reading = self.fields, self.reading
        if "start" in fields and "date" in fields:
            reading.wrong(
                fields["start"], "an event has both 'date' and 'start'", "Keep one of them"
            )
        if "start" in fields:
            return self._from_start()
        for name in ("end", "until", "from", "to"):
            if name in fields and "date" not in fields:
                needed = "start" if name == "end" else "date"
                reading.wrong(fields[name], f"'{name}' needs '{needed}'", f"Add '{needed}:'")
        if "end" in fields and "date" in fields:
            reading.wrong(
                fields["end"], "'end' goes with 'start'", "Use 'until', or 'from' and 'to'"
            )
        if "to" in fields and "from" not in fields:
            reading.wrong(fields["to"], "'to' needs 'from'", "Add 'from:'")
        on_date = read_date(reading, fields["date"], "date") if "date" in fields else None
        last = read_date(reading, fields["until"], "until") if "until" in fields else None
        begins = read_time(reading, fields["from"], "from") if "from" in fields else None
        ends = read_time(reading, fields["to"], "to") if "to" in fields else None
        if on_date is None:
            return None, None, None, None
        if last is not None and last < on_date:
            reading.wrong(fields["until"], "'until' lies before 'date'", "Swap the two dates")
        starts_at, ends_at = self._at(on_date, begins), self._at(last or on_date, ends)
        if starts_at and ends_at and ends_at <= starts_at:
            reading.wrong(fields["to"], "the end is not after the start", "Swap the two times")
        return on_date, starts_at, ends_at, last if last != on_date else None

    def _from_start(self) -> tuple[date | None, datetime | None, datetime | None, date | None]:
        fields, reading = self.fields, self.reading
        for name in ("from", "to", "until"):
            if name in fields:
                reading.wrong(fields[name], f"'{name}' goes with 'date'", "Use 'start' and 'end'")
        start = read_moment(reading, fields["start"], "start")
        end = read_moment(reading, fields["end"], "end") if "end" in fields else None
        if start is None:
            return None, None, None, None
        if start[1] is None:
            reading.wrong(fields["start"], "'start' has no hour", "Use 'date:' for a date alone")
        if end is not None and end[1] is None:
            reading.wrong(fields["end"], "'end' has no hour", "Write '2025-10-16 12:00'")
        starts_at = self._at(*start)
        ends_at = None if end is None else self._at(*end)
        if starts_at and ends_at and ends_at <= starts_at:
            reading.wrong(fields["end"], "the end is not after the start", "Swap the two times")
        last = end[0] if end is not None and end[0] != start[0] else None
        return start[0], starts_at, ends_at, last

    def _at(self, day: date, moment: time | None) -> datetime | None:
        return None if moment is None else at_local(day, moment, self.zone)

    def _extra(self, on_date: date | None, last: date | None) -> dict[str, object]:
        fields, reading = self.fields, self.reading
        extra: dict[str, object] = {} if last is None else {"ends_on": last}
        for name in (*_EXTRA_TEXTS, "description"):
            if name == "audience" and name in fields:
                extra[name] = ", ".join(self._texts(name))
            elif name == "description" and name in fields:
                extra[name] = str(getattr(fields[name], "value", "")).strip()
                self._text(name)
            elif name in fields:
                extra[name] = self._text(name)
        extra |= {name: self._texts(name) for name in _EXTRA_LISTS if name in fields}
        extra |= {n: reading.whole(fields[n], n) for n in _EXTRA_COUNTS if n in fields}
        for name, choices in (
            ("visibility", VISIBILITIES),
            ("state", STATES),
            ("language", LANGUAGES),
        ):
            if name in fields:
                extra[name] = reading.choice(fields[name], name, choices)
        if "registration_open" in fields:
            said = reading.choice(
                fields["registration_open"], "registration_open", ("true", "false")
            )
            extra["registration_open"] = said == "true"
        if "doors" in fields:
            extra["doors"] = read_time(reading, fields["doors"], "doors")
            if not {"date", "start"} & fields.keys():
                reading.wrong(fields["doors"], "'doors' needs 'date'", "Add 'date:'")
        if "programme" in fields:
            extra["programme"] = read_programme(reading, fields["programme"])
        if "questions" in fields:
            extra["questions"] = read_questions(reading, fields["questions"])
        if "rounds" in fields:
            extra["rounds"] = read_rounds(reading, fields["rounds"])
        if "speakers" in fields:
            extra["speakers"] = read_speakers(reading, fields["speakers"])
        if "answer_by" in fields:
            extra["answer_by"] = by = read_date(reading, fields["answer_by"], "answer_by")
            if by is not None and on_date is not None and by > on_date:
                reading.wrong(
                    fields["answer_by"], "'answer_by' lies after the event", "Set it before"
                )
        if on_date is None and not {"date", "start"} & fields.keys():
            extra.setdefault("state", "undated")
        elif extra.get("state") == "undated":
            reading.wrong(
                fields["state"], "an event with a date is not undated", "Leave out 'state'"
            )
        return extra
