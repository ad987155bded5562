"""What staff do: look at a mailing and let it go, write one of their own, change the agenda.

*Reads / Writes*: mailings, events, registrations. *Next*: the next tick carries it out. ``cli``
and the console call these; nothing here sends but ``send_test``.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from var_outreach.agenda.entries import AgendaFile
from var_outreach.agenda.importing import (
    AgendaReport,
    ImportOptions,
    import_agenda,
    join_events,
)
from var_outreach.agenda.model import Event, EventChange, EventState
from var_outreach.agenda.readers import read_agenda
from var_outreach.agenda.store import OFF, carried_hours, change_event, find_event
from var_outreach.app import App
from var_outreach.audiences.store import get_audience
from var_outreach.composing.ad_hoc import compose_ad_hoc
from var_outreach.composing.content import PLACES
from var_outreach.composing.newsletter import ARCHIVE
from var_outreach.errors import Conflict, FileError, InputError, NotFound, RowErrors
from var_outreach.message import checked_address, checked_text
from var_outreach.news.store import assign_news
from var_outreach.outbox import mailings as outbox
from var_outreach.outbox.claims import resolve_uncertain
from var_outreach.outbox.enqueue import enqueue_deliveries
from var_outreach.outbox.model import Mailing, MailingState
from var_outreach.outbox.sender import Recipient
from var_outreach.people.model import Topic
from var_outreach.pipeline import BY_RULE, count_recipients, sender_line
from var_outreach.planning.due import AudienceKind, AudienceSpec
from var_outreach.planning.mail_kinds import MailKind
from var_outreach.planning.plan import default_deadline
from var_outreach.registrations.answers import close_event, reopen_after_move
from var_outreach.registrations.model import Invitation
from var_outreach.registrations.waiting import promote_waiting


@dataclass(frozen=True)
class Approved:
    """What an approval was given for."""

    key: str
    count: int
    excluded: Counter[str]
    """Who is left out, by reason."""
    scheduled_at: datetime


def approve_mailing(app: App, key: str, *, by: str) -> Approved:
    """Record that ``by`` looked at mailing ``key`` and found it right; it does not go by this."""
    _check_person(by)
    count, excluded = count_recipients(app, key)
    with app.database.writing() as session:
        mailing = outbox.lock_mailing(session, key)
        outbox.approve(
            session, mailing, sender=sender_line(app), count=count, by=by, now=app.clock.now()
        )
        return Approved(key, count, excluded, mailing.scheduled_at)


def release_mailing(app: App, key: str, *, by: str, at_once: bool = False) -> datetime:
    """Let an approved mailing go; return from when, until which it can be taken back."""
    _check_person(by)
    with app.database.writing() as session:
        mailing = outbox.lock_mailing(session, key)
        outbox.release(
            session,
            mailing,
            sender=sender_line(app),
            by=by,
            now=app.clock.now(),
            four_eyes=app.settings.four_eyes,
            at_once=at_once,
            recall=app.recall,
        )
        goes = outbox.goes_at(mailing, app.recall)
    assert goes is not None
    app.wake()
    return goes


def hold_mailing(app: App, key: str, *, by: str) -> None:
    """Take a release back, or pause a mailing that is being sent."""
    with app.database.writing() as session:
        outbox.hold(outbox.lock_mailing(session, key), because=f"held by {by}")


def cancel_mailing(app: App, key: str, *, by: str) -> int:
    """End a mailing for good; return how many that had not gone are skipped by this."""
    with app.database.writing() as session:
        mailing = outbox.lock_mailing(session, key)
        skipped = outbox.cancel(session, mailing, now=app.clock.now(), because=f"cancelled by {by}")
        if mailing.kind == MailKind.NEWSLETTER and not mailing.enqueued_at:
            assign_news(session, mailing.subject_key or "", [])
        return skipped


def settle_uncertain(app: App, key: str, *, send: bool) -> int:
    """Send again what may or may not have arrived, or take it as sent; return how many."""
    with app.database.writing() as session:
        count = resolve_uncertain(session, outbox.lock_mailing(session, key), send=send)
    app.wake()
    return count


def write_ad_hoc(
    app: App,
    *,
    subject: str,
    markdown: str,
    audience_key: str,
    by: str,
    at: datetime | None = None,
    where: str = "",
) -> str:
    """Make a draft of a mail to a saved audience from Markdown; return its key.

    Raises InputError for an unknown placeholder, NotFound for an unknown audience.
    """
    now = app.clock.now()
    subject = checked_text(subject, what="subject")
    if not subject:
        raise InputError("the mail has no subject", where=where, remedy="Give it one")
    with app.database.reading() as session:
        definition = get_audience(session, audience_key)
    is_news = any(line.list for line in definition.include)
    content = compose_ad_hoc(subject, markdown, app.network, is_news=is_news, where=where or "text")
    with app.database.writing() as session:
        mailing = outbox.create_mailing(
            session,
            key=_free_key(session, f"{MailKind.AD_HOC}:{now.date()}-{_slug(subject)}"),
            kind=MailKind.AD_HOC,
            subject_key=None,
            audience=AudienceSpec(AudienceKind.READERS, audience_key),
            definition=definition.as_dict(),
            scheduled_at=at or now,
            expires_at=None,
            reason=f"written by {by}",
            created_by=by,
            now=now,
        )
        outbox.set_content(session, mailing, content)
        return mailing.key


def queue_test(app: App, key: str, *, to: str, by: str) -> str:
    """Queue a copy of mailing ``key`` to one address of one's own; return the copy's key.

    It stands in the ledger as what it is; links in it lead nowhere personal.
    """
    address = checked_address(to)
    now = app.clock.now()
    with app.database.writing() as session:
        original = outbox.find_mailing(session, key)
        content = outbox.content_of(session, original)
        mailing = outbox.create_mailing(
            session,
            key=_free_key(session, f"test:{key}"),
            kind=MailKind.AD_HOC,
            subject_key=None,
            audience=AudienceSpec(AudienceKind.ADDRESSES, address),
            scheduled_at=now,
            expires_at=None,
            reason=f"test by {by}",
            created_by=by,
            now=now,
        )
        outbox.set_content(session, mailing, content)
        mailing.state = MailingState.SENDING
        mailing.released_at = mailing.enqueued_at = now
        mailing.released_by = by
        recipients = [
            Recipient(f"test:{variant.key}", 0, variant.key, address, by, sample_places(app))
            for variant in content.variants
            if not variant.key.endswith(f"/{ARCHIVE}")
        ]
        enqueue_deliveries(session, mailing, recipients, uid_domain=app.uid_domain, now=now)
        copy = mailing.key
    app.wake()
    return copy


def sample_places(app: App) -> dict[str, str]:
    """Return values for every place that show where one stands, and open nothing personal."""
    url = app.network.base_url
    values = {name: f"{url}/voorbeeld" for name in PLACES if name.endswith("_url")}
    return values | {
        "name": "Voorbeeld",
        "offices": "burgemeester, Gemeente Voorbeeld",
        "attendees": "Voorbeeld",
        "waitlist_number": "3",
        "source_line": "Wij hebben uw adres van: voorbeeld.",
        "staff_body": "",
    }


def edit_event(app: App, key: str, fields: Mapping[str, Any], *, by: str) -> list[EventChange]:
    """Change an event and whatever follows from that for its registrations; return the changes.

    Another date takes hours, last day and answer deadline along unless ``fields`` name them.
    Raises InputError for what cannot be: an empty title, an audience that is not there.
    """
    now = app.clock.now()
    with app.database.writing() as session:
        event = find_event(session, key)
        _check_fields(session, fields)
        before = event.date_revision
        if day := fields.get("on_date"):
            fields = {
                "answer_by_on": default_deadline(app.rules, event.kind, day),
                **carried_hours(event, day, app.settings.zone),
                **fields,
            }
            if event.state in {EventState.UNDATED, EventState.POSTPONED}:
                fields = {"state": EventState.PLANNED, **fields}
        changes = change_event(session, event, fields, by=by, now=now)
        _follow(session, event, moved=event.date_revision != before, now=now)
    app.wake()
    return changes


def cancel_event(app: App, key: str, *, by: str) -> None:
    """Take an event off; who was told of it is told of this."""
    edit_event(app, key, {"state": EventState.CANCELLED}, by=by)


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
        report = import_agenda(session, file, options, now=now)
        for change in (*report.moved, *report.changed, *report.cancelled):
            event = find_event(session, change.key)
            _follow(session, event, moved=change.moved, now=now)
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
        _follow(session, old, moved=bool(report.moved), now=now)
    app.wake()
    return report


def _import_options(app: App, by: str, *, cancel_missing: bool) -> ImportOptions:
    return ImportOptions(
        by=by,
        cancel_missing=cancel_missing,
        zone=app.settings.zone,
        kinds=app.kinds,
        deadline=lambda kind, day: default_deadline(app.rules, kind, day),
    )


def _check_fields(session: Session, fields: Mapping[str, Any]) -> None:
    if "title" in fields and not fields["title"]:
        raise InputError("an event has a title", where="title", remedy="Fill it in")
    url = fields.get("online_url")
    if url and not str(url).startswith(("https://", "http://")):
        raise InputError(
            f"'{url}' is no web address", where="online_url", remedy="Start it with https://"
        )
    if key := fields.get("audience_key"):
        get_audience(session, key)


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


def _follow(session: Session, event: Event, *, moved: bool, now: datetime) -> None:
    if event.state in OFF:
        close_event(session, event, now=now)
    elif moved:
        reopen_after_move(session, event, now=now)
    elif event.capacity is None or event.capacity:
        promote_waiting(session, event, now=now)


def _check_person(by: str) -> None:
    """Refuse a name that stands for the rules: what they release needs no second look."""
    if not by.strip() or by.strip().casefold() == BY_RULE:
        raise InputError(f"'{by}' is not the name of a person", remedy="Give your own with --by")


def _free_key(session: Session, key: str) -> str:
    taken = set(
        session.scalars(select(Mailing.key).where(func.substr(Mailing.key, 1, len(key)) == key))
    )
    free, number = key, 2
    while free in taken:
        free, number = f"{key}-{number}", number + 1
    return free


def _slug(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40].strip("-") or "mail"
