"""Take a year plan over, change an event, and let follow what follows from that.

*Reads / Writes*: events, their registrations. *Next*: the next tick tells who must know.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from var_outreach.agenda.entries import AgendaFile
from var_outreach.agenda.facts import EventFacts
from var_outreach.agenda.following import FOLLOWS, check_follows
from var_outreach.agenda.importing import (
    AgendaReport,
    ImportOptions,
    import_agenda,
    join_events,
)
from var_outreach.agenda.model import Event, EventChange, EventState
from var_outreach.agenda.readers import read_agenda
from var_outreach.agenda.store import OFF, all_facts, carried_hours, change_event, find_event
from var_outreach.agenda.succession import check_not_replaced, record_reason
from var_outreach.app import App
from var_outreach.audiences.store import get_audience
from var_outreach.clock import local_date
from var_outreach.errors import Conflict, FileError, InputError, NotFound, RowErrors
from var_outreach.message import checked_text
from var_outreach.outbox import mailings as outbox
from var_outreach.outbox.model import Mailing
from var_outreach.people.model import Topic
from var_outreach.planning.day_warnings import DayWarning, warnings_of_agenda
from var_outreach.planning.mail_kinds import MailKind
from var_outreach.planning.plan import default_deadline
from var_outreach.registrations.fewer_places import check_capacity, move_to_waiting_list
from var_outreach.registrations.model import Invitation
from var_outreach.registrations.waiting import lock_events
from var_outreach.staff.consequences import (
    Moment,
    MovedAlong,
    left_behind,
    let_follow,
    lock_with_followers,
    move_followers,
)
from var_outreach.staff.programme import apply_programmes, kept_programmes


@dataclass(frozen=True)
class Edited:
    """What a change of an event came to."""

    changes: list[EventChange] = field(default_factory=list)
    moved_along: list[MovedAlong] = field(default_factory=list)
    """The events that follow it."""
    warnings: list[str] = field(default_factory=list)
    """What staff should look at, in English."""


def edit_event(
    app: App,
    key: str,
    fields: Mapping[str, Any],
    *,
    by: str,
    reason: str = "",
    to_waiting_list: Sequence[int] = (),
    keep_all: bool = False,
) -> Edited:
    """Change an event and whatever follows from that, for its registrations and its followers.

    Another date takes hours, last day and answer deadline along unless ``fields`` name them.
    ``follows`` among the fields is the key of the event to follow, or None. ``reason`` says why
    an event is off, in words for invitees. Raises InputError for what cannot be: an empty title,
    an audience that is not there; Conflict for a capacity below what is accepted, unless
    ``to_waiting_list`` (registrations) or ``keep_all`` says whom, for an event that would follow
    itself, and for the date of one that another is held instead of.
    """
    now, zone = app.clock.now(), app.settings.zone
    reason = checked_text(reason, what="reason")
    with app.database.writing() as session:
        event = find_event(session, key)
        lock_with_followers(session, event)
        fields = _checked_fields(session, event, fields)
        _check_revival(session, event, fields)
        if "capacity" in fields or to_waiting_list or keep_all:
            check_capacity(
                session, event, fields.get("capacity", event.capacity),
                to_waiting_list=to_waiting_list, keep_all=keep_all,
            )  # fmt: skip
        was, before = Moment.of(event), event.date_revision
        if day := fields.get("on_date"):
            fields = {
                "answer_by_on": default_deadline(app.rules, event.kind, day),
                **carried_hours(event, day, zone),
                **fields,
            }
            if event.state in {EventState.UNDATED, EventState.POSTPONED}:
                fields = {"state": EventState.PLANNED, **fields}
        if to_waiting_list:
            move_to_waiting_list(session, event, to_waiting_list, by=by, now=now)
        changes = change_event(session, event, fields, by=by, now=now)
        if reason:
            record_reason(session, event, reason, by=by, now=now)
        let_follow(session, event, moved=event.date_revision != before, now=now)
        along = move_followers(session, event, was, app.rules, zone, by=by, now=now)
        keys = [key, *(one.key for one in along)] if event.on_date != was.on_date else []
        warnings = [*left_behind(session, event), *_awkward(app, session, keys, now)]
    app.wake()
    return Edited(changes, along, warnings)


def cancel_event(app: App, key: str, *, by: str, reason: str = "") -> Edited:
    """Take an event off; who was told of it is told of this, and why if ``reason`` says it."""
    return edit_event(app, key, {"state": EventState.CANCELLED}, by=by, reason=reason)


def calendar_warnings(
    app: App, session: Session, keys: Collection[str] | None = None
) -> list[tuple[EventFacts | None, DayWarning]]:
    """Return which events (all that are to come, or those of ``keys``) fall on an awkward day.

    A school year of which nothing is known stands at the end, once, without an event.
    """
    today = local_date(app.clock.now(), app.settings.zone)
    events = [one for one in all_facts(session) if keys is None or one.key in keys]
    return warnings_of_agenda(events, app.school_holidays, today=today)


def import_agenda_file(
    app: App,
    path: Path,
    *,
    by: str,
    dry_run: bool = False,
    cancel_missing: bool = False,
    with_undated: bool = False,
) -> tuple[AgendaReport, AgendaFile]:
    """Take a year plan over; return what that did, and the file as it was read.

    With ``dry_run`` nothing is kept. Raises FileError, with the line, for a file that cannot be
    used, or that names an audience or a theme that is not there.
    """
    now = app.clock.now()
    file = read_agenda(path, app.kinds, zone=app.settings.zone, with_undated=with_undated)
    options = _import_options(app, by, cancel_missing=cancel_missing)
    opened = app.database.trying() if dry_run else app.database.writing()
    with opened as session:
        _check_names(session, file, path)
        # A file may change any of them, and what follows those moves along.
        lock_events(session, session.scalars(select(Event.id)).all())
        programmes = kept_programmes(session, file)
        report = import_agenda(session, file, options, now=now)
        for change in (*report.moved, *report.changed, *report.cancelled):
            event = find_event(session, change.key)
            let_follow(session, event, moved=change.moved, now=now)
        _take_followers_along(app, session, report, by, now)
        apply_programmes(app, session, file, programmes)
        keys = [change.key for change in (*report.added, *report.moved)]
        report.warnings += _awkward(app, session, keys, now)
    if not dry_run:
        app.wake()
    return report, file


def same_event(app: App, old_key: str, new_key: str, *, by: str) -> AgendaReport:
    """Say that the event an import added as ``new_key`` is ``old_key``, moved or renamed.

    ``old_key`` and its answers stay, with the new date; ``new_key`` goes. Raises Conflict if
    somebody was already invited to ``new_key``, or if the two have different sources.
    """
    now = app.clock.now()
    with app.database.writing() as session:
        old, new = find_event(session, old_key), find_event(session, new_key)
        lock_with_followers(session, old, new)
        if session.scalar(select(Invitation.id).where(Invitation.event_id == new.id).limit(1)):
            raise Conflict(
                f"people were already invited to '{new_key}'",
                remedy=f"Cancel one of the two: var-outreach agenda cancel {old_key}",
            )
        for mailing in session.scalars(
            select(Mailing).where(
                Mailing.subject_key == new_key,
                Mailing.state.in_(outbox.UNFINISHED),
                Mailing.kind != MailKind.NEWSLETTER,
            )
        ):
            outbox.cancel(session, mailing, now=now, because=f"the event is {old_key}")
        options = _import_options(app, by, cancel_missing=False)
        report = join_events(session, old, new, options, now=now)
        let_follow(session, old, moved=bool(report.moved), now=now)
        _take_followers_along(app, session, report, by, now)
    app.wake()
    return report


def _check_imported(session: Session, event: Event, fields: Mapping[str, Any]) -> None:
    """Refuse what a file cannot decide: it becomes a question to staff."""
    _check_revival(session, event, fields)
    if "capacity" in fields:
        check_capacity(session, event, fields["capacity"])


def _import_options(app: App, by: str, *, cancel_missing: bool) -> ImportOptions:
    return ImportOptions(
        by=by,
        cancel_missing=cancel_missing,
        zone=app.settings.zone,
        kinds=app.kinds,
        deadline=lambda kind, day: default_deadline(app.rules, kind, day),
        check=_check_imported,
    )


def _checked_fields(session: Session, event: Event, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``fields`` as the event holds them; raise InputError for what cannot be."""
    if "title" in fields and not fields["title"]:
        raise InputError("an event has a title", where="title", remedy="Fill it in")
    url = fields.get("online_url")
    if url and not str(url).startswith(("https://", "http://")):
        raise InputError(
            f"'{url}' is no web address", where="online_url", remedy="Start it with https://"
        )
    if key := fields.get("audience_key"):
        get_audience(session, key)
    values = dict(fields)
    if FOLLOWS in values:
        lead = values.pop(FOLLOWS)
        values["follows_id"] = None
        if lead:
            found = find_event(session, lead)
            check_follows(session, event, found)
            values["follows_id"] = found.id
    return values


def _check_revival(session: Session, event: Event, fields: Mapping[str, Any]) -> None:
    """Refuse to bring back what another event is held instead of: some hold invitations to both."""
    if event.state in OFF and (fields.get("on_date") or fields.get("state") not in {None, *OFF}):
        check_not_replaced(session, event)


def _take_followers_along(
    app: App, session: Session, report: AgendaReport, by: str, now: datetime
) -> None:
    """Move what follows an event that the file moved, unless the file moved it too."""
    zone = app.settings.zone
    own = {change.key for change in (*report.moved, *report.added)}
    for change in report.moved:
        event = find_event(session, change.key)
        before = {name: value for name, value, _ in change.fields}
        day = date.fromisoformat(text) if (text := before.get("on_date")) else event.on_date
        start = datetime.fromisoformat(text) if (text := before.get("starts_at")) else None
        if "starts_at" not in before:
            start = event.starts_at
        along = move_followers(
            session, event, Moment(day, start), app.rules, zone, by=by, now=now, leave=own
        )
        report.remarks += [one.in_words() for one in along]
    for change in (*report.changed, *report.cancelled):
        report.remarks += left_behind(session, find_event(session, change.key))


def _awkward(app: App, session: Session, keys: Sequence[str], now: datetime) -> list[str]:
    """Return the warnings about the days of the events ``keys``, in English."""
    return [warning_line(*one) for one in calendar_warnings(app, session, keys)] if keys else []


def warning_line(event: EventFacts | None, warning: DayWarning) -> str:
    """Return a warning for the command line."""
    words = warning.in_words("en")
    return f"{event.key}: {words}" if event is not None else words


def _check_names(session: Session, file: AgendaFile, path: Path) -> None:
    """Refuse audiences and themes that are not there: mail would stop at them months later."""
    themes = set(session.scalars(select(Topic.key)))
    wrong: list[InputError] = []
    for entry in file.entries:
        where = f"{path}:{entry.line}"
        # A plan text may have a theme of its own, taken from a heading.
        if file.source == "yaml" and entry.topic and entry.topic not in themes:
            hint = f"Use one of: {', '.join(sorted(themes))}"
            wrong.append(FileError(f"there is no theme '{entry.topic}'", where=where, remedy=hint))
        if key := entry.extra.get("invite"):
            try:
                get_audience(session, str(key))
            except NotFound as error:
                wrong.append(FileError(error.what, where=where, remedy=error.remedy))
    if len(wrong) == 1:
        raise wrong[0]
    if wrong:
        raise RowErrors(
            f"{len(wrong)} things are wrong in this file",
            wrong,
            where=wrong[0].where,
            remedy="Mend them and try again; nothing was taken over",
        )
