"""``var-outreach agenda``: take a year plan over, look at events, change them.

*Reads / Writes*: the agenda. *Next*: ``plan show`` says what mail follows.
"""

from __future__ import annotations

from datetime import date, datetime, time
from pathlib import Path
from typing import Annotated, Any

import typer

from var_outreach import staff
from var_outreach.agenda.entries import entry_as_json
from var_outreach.agenda.importing import AgendaReport, ImportedChange
from var_outreach.agenda.kinds import load_kinds
from var_outreach.agenda.model import EventState
from var_outreach.agenda.readers import read_agenda
from var_outreach.agenda.store import all_facts, find_event
from var_outreach.cli.context import Context, the_app, whoami
from var_outreach.cli.output import local, print_json, print_table, say, warn
from var_outreach.clock import at_local
from var_outreach.errors import InputError
from var_outreach.settings import config_dir, load_settings

group = typer.Typer(no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
By = Annotated[str | None, typer.Option(help="In whose name; default the login.")]
EDITABLE = ("title", "place", "address", "online_url", "meant_for", "audience_key", "description",
            "recap_markdown")


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
        print_json([entry_as_json(entry, zone) for entry in read.entries])
        _report_unreadable(file, read.unreadable)
        return
    app = the_app()
    report, unreadable = staff.import_agenda_file(
        app,
        file,
        by=whoami(by),
        dry_run=dry_run,
        cancel_missing=cancel,
        with_undated=with_undated,
    )
    if as_json:
        print_json(report)
    else:
        _print_report(report, dry_run)
    _report_unreadable(file, unreadable)


@group.command("list")
def list_(as_json: Json = False) -> None:
    """List the events."""
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
    app = the_app()
    with app.database.reading() as session:
        event = find_event(session, key)
        changes: list[dict[str, Any]] = [
            {"at": c.at, "by": c.by, "field": c.field, "before": c.before, "after": c.after}
            for c in event.changes
        ]
        facts = {
            name: getattr(event, name)
            for name in ("key", "kind", "title", "on_date", "starts_at", "ends_at", "place",
                         "state", "visibility", "capacity", "answer_by_on", "revision", "notes")
        }
    if as_json:
        print_json({**facts, "changes": changes})
        return
    for name, value in facts.items():
        shown = local(value, app.settings.zone) if isinstance(value, datetime) else value
        say(f"{name:>14}  {shown if shown is not None else ''}")
    rows = [(local(c["at"], app.settings.zone), c["by"], c["field"], c["before"], c["after"])
            for c in changes]
    print_table("Changes", ("at", "by", "field", "before", "after"), rows)


@group.command()
def move(
    key: str,
    on: Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], help="The new date.")],
    start: Annotated[str | None, typer.Option("--from", help='Hour, like "9.30".')] = None,
    end: Annotated[str | None, typer.Option("--to", help='Hour, like "12.00".')] = None,
    by: By = None,
) -> None:
    """Move an event to another date; the hours stay unless you give others."""
    app = the_app()
    zone = app.settings.zone
    with app.database.reading() as session:
        event = find_event(session, key)
        was = {name: getattr(event, name) for name in ("starts_at", "ends_at", "doors_at")}
    day = on.date()
    fields: dict[str, Any] = {"on_date": day, "until_date": None}
    for name, given in (("starts_at", start), ("ends_at", end), ("doors_at", None)):
        before = was[name]
        if given is not None:
            fields[name] = at_local(day, _hour(given), zone)
        elif before is not None:
            fields[name] = at_local(day, before.astimezone(zone).time(), zone)
    staff.edit_event(app, key, fields, by=whoami(by))
    say(f"{key} is now on {day}; see what goes out with: var-outreach plan show")


@group.command("set")
def set_(
    key: str,
    values: Annotated[list[str], typer.Argument(help="field=value, an empty value clears it.")],
    by: By = None,
) -> None:
    """Change fields of an event: title, place, address, capacity, answer_by_on ..."""
    fields: dict[str, Any] = {}
    for value in values:
        name, equals, text = value.partition("=")
        if not equals:
            raise InputError(f"'{value}' is not field=value", remedy="For example: place=De Kuip")
        fields[name] = _field(name, text)
    app = the_app()
    changes = staff.edit_event(app, key, fields, by=whoami(by))
    for change in changes:
        say(f"{change.field}: {change.before or '(nothing)'} -> {change.after or '(nothing)'}")
    if not changes:
        say("Nothing changed.")


@group.command()
def cancel(key: str, by: By = None) -> None:
    """Take an event off; who was told of it gets a cancellation, once you release it."""
    app = the_app()
    staff.edit_event(app, key, {"state": EventState.CANCELLED}, by=whoami(by))
    say(f"{key} is cancelled; see what goes out with: var-outreach plan show")


def _field(name: str, text: str) -> Any:
    if name in EDITABLE:
        return text or None
    try:
        if name in {"capacity", "max_per_organisation"}:
            return int(text) if text else None
        if name == "answer_by_on":
            return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise InputError(f"'{text}' does not fit {name}", remedy="See: agenda show") from error
    if name in {"asks_diet", "registration_open"}:
        return text in {"yes", "true", "ja", "1"}
    known = (*EDITABLE, "capacity", "max_per_organisation", "answer_by_on", "asks_diet",
             "registration_open")
    raise InputError(f"'{name}' cannot be set", remedy=f"Use one of: {', '.join(known)}")


def _hour(text: str) -> time:
    try:
        return time.fromisoformat(text.replace(".", ":").zfill(5))
    except ValueError as error:
        raise InputError(f"'{text}' is not an hour", remedy='Write it like "9.30"') from error


def _report_unreadable(file: Path, unreadable: Any) -> None:
    for problem in unreadable:
        warn(f"{file}:{problem.line}: not read: '{problem.text.strip()}' ({problem.why})")


def _print_report(report: AgendaReport, dry_run: bool) -> None:
    say("This is what an import would do:" if dry_run else "Done:")
    lines: list[tuple[str, ImportedChange]] = [
        *(("added", change) for change in report.added),
        *(("moved", change) for change in report.moved),
        *(("changed", change) for change in report.changed),
        *(("no longer in the file", change) for change in report.missing),
        *(("cancelled", change) for change in report.cancelled),
    ]
    rows = [
        (
            what,
            change.line or "",
            change.title,
            "; ".join(f"{f}: {b or '-'} -> {a or '-'}" for f, b, a in change.fields),
            change.key,
        )
        for what, change in lines
    ]
    print_table("Events", ("what", "line", "title", "changes", "key"), rows)
    say(f"{report.unchanged} unchanged.")
    for question in report.questions:
        say(f"Question: {question}")
    if report.missing:
        say("Nothing was cancelled by that; to cancel them, import again with --cancel.")
