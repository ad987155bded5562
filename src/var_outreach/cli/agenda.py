"""``var-outreach agenda``: take a year plan over, look at events, change them.

*Reads / Writes*: the agenda. *Next*: ``plan show`` says what mail follows.
"""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from var_outreach.agenda.entries import AgendaFile, entry_as_json
from var_outreach.agenda.kinds import load_kinds
from var_outreach.agenda.readers import read_agenda
from var_outreach.cli import agenda_edits, agenda_questions
from var_outreach.cli.agenda_edits import (
    Reason,
    hour_of,
    report_edit,
    report_followers,
    shown_value,
)
from var_outreach.cli.arguments import By, Json, day_of
from var_outreach.cli.context import Context, the_app, whoami
from var_outreach.cli.output import local, print_json, print_table, say, say_outcome, warn
from var_outreach.clock import at_local
from var_outreach.errors import InputError
from var_outreach.settings import config_dir, load_settings

# What needs the database is imported where it is used: "agenda import --dry-run --json" is called
# by other programs, and should answer at once.
if TYPE_CHECKING:
    from var_outreach.agenda.importing import AgendaReport, ImportedChange

group = typer.Typer(no_args_is_help=True)
TEXTS = (
    "title",
    "place",
    "address",
    "online_url",
    "meant_for",
    "audience_key",
    "description",
    "recap_markdown",
)
NUMBERS = ("capacity", "max_per_organisation")
SWITCHES = ("asks_diet", "registration_open")
YES, NO = ("yes", "true", "ja", "1"), ("no", "false", "nee", "0")
SHOWN = (
    "key",
    "kind",
    "title",
    "on_date",
    "until_date",
    "doors_at",
    "starts_at",
    "ends_at",
    "place",
    "address",
    "online_url",
    "state",
    "visibility",
    "topic_key",
    "meant_for",
    "audience_key",
    "capacity",
    "answer_by_on",
    "asks_diet",
    "registration_open",
    "quantity",
    "revision",
    "notes",
)


@group.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help=".yaml, .ics, or a Dutch year plan as text.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what it would do.")] = False,
    as_json: Json = False,
    cancel: Annotated[
        bool, typer.Option("--cancel", help="Cancel what is no longer in the file.")
    ] = False,
    with_undated: Annotated[
        bool, typer.Option("--with-undated", help="Keep meetings promised without a date.")
    ] = False,
    by: By = None,
) -> None:
    """Take over an agenda; again and again, without harm."""
    if dry_run and as_json:
        # What the file says, with no database needed.
        zone = load_settings(Context.config).zone
        kinds = load_kinds(config_dir() / "kinds.yaml")
        read = read_agenda(file, kinds, zone=zone, with_undated=with_undated)
        print_json(_entries_as_json(file, read, zone))
        _report_reading(file, read)
        return
    from var_outreach.staff import agenda as staff_agenda

    app = the_app()
    report, read = staff_agenda.import_agenda_file(
        app,
        file,
        by=whoami(by),
        dry_run=dry_run,
        cancel_missing=cancel,
        with_undated=with_undated,
    )
    if as_json:
        print_json({**vars(report), "unreadable": read.unreadable, "said_by_file": read.remarks})
    else:
        _print_report(report, app.settings.zone, dry_run=dry_run)
    _report_reading(file, read)


@group.command("list")
def list_(as_json: Json = False) -> None:
    """List the events."""
    from var_outreach.agenda.store import all_facts

    app = the_app()
    with app.database.reading() as session:
        events = all_facts(session)
    if as_json:
        print_json(events)
        return
    rows = [
        (event.on_date, event.kind, event.title, event.place, event.state.value, event.key)
        for event in events
    ]
    print_table("Agenda", ("date", "kind", "title", "place", "state", "key"), rows)


@group.command()
def show(key: str, as_json: Json = False) -> None:
    """Show one event and what was changed in it."""
    from var_outreach.agenda.store import find_event
    from var_outreach.agenda.succession import successor_of
    from var_outreach.staff import agenda as staff_agenda

    app = the_app()
    with app.database.reading() as session:
        event = find_event(session, key)
        changes: list[dict[str, Any]] = [
            {"at": c.at, "by": c.by, "field": c.field, "before": c.before, "after": c.after}
            for c in event.changes
        ]
        facts = {name: getattr(event, name) for name in SHOWN}
        programme = list(event.programme)
        successor = successor_of(session, event)
        found = staff_agenda.calendar_warnings(app, session, [key])
        links = {
            "replaces": event.replaces.key if event.replaces else None,
            "follows": event.follows.key if event.follows else None,
            "moved_to": successor.key if successor else None,
            "warnings": [one.in_words("en") for _, one in found],
        }
    if as_json:
        print_json({**facts, "programme": programme, "changes": changes, **links})
        return
    zone = app.settings.zone
    for name, value in facts.items():
        shown = local(value, zone) if isinstance(value, datetime) else value
        if isinstance(value, list):
            shown = "; ".join(str(one) for one in value)
        if shown not in (None, ""):
            say(f"{name:>17}  {shown}")
    for name in ("replaces", "follows", "moved_to"):
        if links[name]:
            say(f"{name:>17}  {links[name]}")
    for line in programme:
        say(f"{'programme':>17}  {line.get('from', '')} {line['title']}")
    rows = [(local(c["at"], zone), c["by"], c["field"], c["before"], c["after"]) for c in changes]
    print_table("Changes", ("at", "by", "field", "before", "after"), rows)
    for warning in links["warnings"] or ():
        warn(f"Note: {warning}")


@group.command()
def move(
    key: str,
    day: Annotated[date, typer.Argument(parser=day_of, metavar="DAY", help="The new date.")],
    start: Annotated[str | None, typer.Option("--from", help='Hour, like "9.30".')] = None,
    end: Annotated[str | None, typer.Option("--to", help='Hour, like "12.00".')] = None,
    by: By = None,
) -> None:
    """Move an event to another date; the hours stay unless you give others."""
    from var_outreach.staff import agenda as staff_agenda

    app = the_app()
    fields: dict[str, Any] = {"on_date": day}
    for name, given in (("starts_at", start), ("ends_at", end)):
        if given is not None:
            fields[name] = at_local(day, hour_of(given), app.settings.zone)
    edited = staff_agenda.edit_event(app, key, fields, by=whoami(by))
    say(f"{key} is now on {day}; see what goes out with: var-outreach plan show")
    report_followers(edited)


@group.command()
def same(
    old: Annotated[str, typer.Argument(help="The event that is no longer in the file.")],
    new: Annotated[str, typer.Argument(help="The one that an import added instead.")],
    by: By = None,
) -> None:
    """Say that two events are one that moved: the old one stays, with its answers."""
    from var_outreach.staff import agenda as staff_agenda

    app = the_app()
    report = staff_agenda.same_event(app, old, new, by=whoami(by))
    for change in (*report.moved, *report.changed):
        for field, before, after in change.fields:
            zone = app.settings.zone
            say(f"{field}: {shown_value(before, zone)} -> {shown_value(after, zone)}")
    say(f"{new} is {old} from here on; see what goes out with: var-outreach plan show")


@group.command("set")
def set_(
    key: str,
    values: Annotated[list[str], typer.Argument(help="field=value, an empty value clears it.")],
    by: By = None,
) -> None:
    """Change fields of an event: title, place, address, capacity, answer_by_on ..."""
    from var_outreach.staff import agenda as staff_agenda

    fields: dict[str, Any] = {}
    for value in values:
        name, equals, text = value.partition("=")
        if not equals:
            raise InputError(f"'{value}' is not field=value", remedy="For example: place=De Kuip")
        fields[name] = _field(name, text)
    app = the_app()
    edited = staff_agenda.edit_event(app, key, fields, by=whoami(by))
    report_edit(edited, app.settings.zone, as_json=False)


@group.command()
def cancel(key: str, reason: Reason = "", by: By = None) -> None:
    """Take an event off; who was told of it gets a cancellation, once you release it."""
    from var_outreach.staff import agenda as staff_agenda

    edited = staff_agenda.cancel_event(the_app(), key, by=whoami(by), reason=reason)
    say(f"{key} is cancelled; see what goes out with: var-outreach plan show")
    report_followers(edited)


group.command("edit")(agenda_edits.edit)
group.command("postpone")(agenda_edits.postpone)
group.command("successor")(agenda_edits.successor)
group.command("questions")(agenda_questions.questions)


def _field(name: str, text: str) -> Any:
    if name in TEXTS:
        return text.strip() or None
    if name in NUMBERS:
        if text and not (text.isascii() and text.isdigit() and len(text) < 7):
            raise InputError(f"{name} is no whole number: '{text}'", remedy="For example: 80")
        return int(text) if text else None
    if name in SWITCHES:
        if text.lower() not in (*YES, *NO):
            raise InputError(f"{name} is neither yes nor no: '{text}'", remedy="Say yes or no")
        return text.lower() in YES
    if name == "answer_by_on":
        return day_of(text) if text else None
    known = ", ".join((*TEXTS, *NUMBERS, *SWITCHES, "answer_by_on"))
    raise InputError(
        f"'{name}' cannot be set", remedy=f"Use one of: {known}; a date with: agenda move"
    )


def _entries_as_json(file: Path, read: AgendaFile, zone: ZoneInfo) -> list[dict[str, object]]:
    """Return the entries of a file, each with why its day may not suit."""
    from var_outreach.planning.day_warnings import day_warnings
    from var_outreach.planning.school_holidays import (
        load_school_holidays,
        school_holidays_file,
    )

    schools = load_school_holidays(school_holidays_file())
    found = []
    for entry in read.entries:
        last = entry.extra.get("ends_on")
        until = last if isinstance(last, date) else None
        why = day_warnings(entry.on_date, until, schools) if entry.on_date else ()
        words = [one.in_words("en") for one in why]
        found.append({**entry_as_json(entry, zone), "warnings": words})
        for line in words:
            warn(f"{file}:{entry.line}: {line}")
    return found


def _report_reading(file: Path, read: AgendaFile) -> None:
    """Tell on standard error what of the file is not in the list, and what is odd about it."""
    for problem in read.unreadable:
        warn(f"{file}:{problem.line}: not read: '{problem.text.strip()}' ({problem.why})")
    for entry in read.entries:
        if entry.on_date is None and entry.source == "plan-text":
            warn(f"{file}:{entry.line}: has no date yet: '{entry.title}'")
    for remark in read.remarks:
        warn(f"{file}: {remark}")


def _print_report(report: AgendaReport, zone: ZoneInfo, *, dry_run: bool) -> None:
    lines: list[tuple[str, ImportedChange]] = [
        *(("added", change) for change in report.added),
        *(("moved", change) for change in report.moved),
        *(("changed", change) for change in report.changed),
        *(("no longer in the file", change) for change in report.missing),
        *(("cancelled", change) for change in report.cancelled),
    ]
    say_outcome(dry_run=dry_run, changes=bool(lines))
    rows = [
        (
            what,
            change.line or "",
            change.title,
            "; ".join(
                f"{f}: {shown_value(b, zone)} -> {shown_value(a, zone)}"
                for f, b, a in change.fields
            ),
            change.key,
        )
        for what, change in lines
    ]
    if rows:
        print_table("Events", ("what", "line", "title", "changes", "key"), rows)
    say(f"{report.unchanged} unchanged.")
    for remark in report.remarks:
        say(f"Note: {remark}")
    for question in report.questions:
        say(f"Question: {question}")
    for warning in report.warnings:
        warn(f"Note: {warning}")
    if report.missing:
        say("Nothing was cancelled by that; to cancel them, import again with --cancel.")
