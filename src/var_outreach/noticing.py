"""Tells staff by mail what waits for them or went wrong, once.

*Reads*: mailings, deliveries, pauses, what failed in this tick. *Writes*: a mailing to staff with
its deliveries, in one transaction; that they were told of a pause. *Next*: ``pipeline.py``
dispatches it as any mailing, so while sending stands still it waits too, and the log says so.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from var_outreach.agenda.model import Event, EventState
from var_outreach.app import App
from var_outreach.composing.content import Content
from var_outreach.composing.staff_notice import compose_notice
from var_outreach.dispatch.pauses import all_pauses, record_alert
from var_outreach.drafting import BY_RULE, TickReport, release_by_rule
from var_outreach.errors import OutreachError, StorageError
from var_outreach.i18n import format_date
from var_outreach.outbox import mailings as outbox
from var_outreach.outbox.enqueue import enqueue_deliveries
from var_outreach.outbox.model import Delivery, DeliveryState, Mailing, MailingState
from var_outreach.outbox.sender import Recipient
from var_outreach.planning.due import AudienceKind, AudienceSpec
from var_outreach.planning.mail_kinds import MailKind
from var_outreach.planning.notices import ABOUT_A_PAUSE, Concern, Notice, Stop, Waiting, due_notices
from var_outreach.registrations.model import Registration, RegistrationState
from var_outreach.settings import NoticeDays

log = logging.getLogger(__name__)

REMEMBERED = timedelta(days=60)
"""How long a held mailing is told of in the daily notice only."""
LOOKED_AT = timedelta(hours=1)
"""Whoever has just made a draft need not be told that it waits."""
AHEAD = timedelta(days=1)
"""How long before its moment a mailing that nobody released is told of."""
NOT_RELEASED = (MailingState.DRAFT, MailingState.APPROVED)
LANGUAGE = "nl"


def tell_staff(app: App, report: TickReport) -> None:
    """Put into the outbox what staff are to be told now; most ticks that is nothing."""
    now, own = app.clock.now(), app.settings.staff
    with app.database.reading() as session:
        stops = _stops(session, now)
        waiting = _waiting(session, report, now)
        told = _told(session, now) if waiting else {}
    for stop in stops:
        log.error(
            "%s stands still since %s: %s. Staff are mailed as soon as it goes on",
            stop.transport, stop.since.isoformat(), stop.reason,
        )  # fmt: skip
    if own.notice_days is NoticeDays.NEVER:
        _record_alerts(app, stops, now)
        return
    for notice in due_notices(
        waiting,
        stops,
        told,
        now,
        app.settings.zone,
        at=own.notice_at,
        working_days_only=own.notice_days is NoticeDays.WORKING_DAYS,
    ):
        try:
            content = compose_notice(notice, app.network)
            _enqueue(app, notice, content, report, now)
        except StorageError:
            raise
        except OutreachError as error:
            report.note_failure(notice.key, error)


def _stops(session: Session, now: datetime) -> list[Stop]:
    """Return the pauses that nobody was told of; a server that asks for less is no trouble."""
    return [
        Stop(row.transport, row.since, row.until, row.reason)
        for row in all_pauses(session, now=now)
        if row.alerted_at is None and not (row.slow and row.until is not None)
    ]


def _record_alerts(app: App, stops: Iterable[Stop], now: datetime) -> None:
    for stop in stops:
        with app.database.writing() as session:
            record_alert(session, stop.transport, since=stop.since, now=now)


def _waiting(session: Session, report: TickReport, now: datetime) -> list[Waiting]:
    found = [
        _waits(session, mailing, now)
        for mailing in session.scalars(
            select(Mailing).where(
                Mailing.kind != MailKind.STAFF_NOTICE,
                or_(
                    Mailing.state == MailingState.HELD,
                    Mailing.state.in_(NOT_RELEASED)
                    & Mailing.released_at.is_(None)
                    & (Mailing.scheduled_at <= now + AHEAD)
                    & (Mailing.created_at <= now - LOOKED_AT),
                ),
            )
        )
    ]
    for mailing, count in session.execute(
        select(Mailing, func.count())
        .join(Delivery, Delivery.mailing_id == Mailing.id)
        .where(Delivery.state == DeliveryState.UNCERTAIN, Mailing.kind != MailKind.STAFF_NOTICE)
        .group_by(Mailing.id)
    ):
        about = _about(session, mailing.subject_key)
        found.append(Waiting(Concern.UNCERTAIN, mailing.key, mailing.kind, about, count=int(count)))
    for key, title, on_date, count in session.execute(
        select(Event.key, Event.title, Event.on_date, func.count())
        .join(Registration, Registration.event_id == Event.id)
        .where(
            Registration.state == RegistrationState.REQUESTED,
            Event.state.in_((EventState.UNDATED, EventState.PLANNED, EventState.CONFIRMED)),
        )
        .group_by(Event.id)
    ):
        about = title if on_date is None else f"{title} ({format_date(on_date)})"
        found.append(Waiting(Concern.REQUESTED, key, "", about, count=int(count)))
    for key, reason in report.failed.items():
        if not key.startswith(f"{MailKind.STAFF_NOTICE}:"):
            kind, _, rest = key.partition(":")
            about = _about(session, rest.partition(":")[0])
            found.append(Waiting(Concern.FAILED, key, kind, about, reason))
    return found


def _waits(session: Session, mailing: Mailing, now: datetime) -> Waiting:
    about = _about(session, mailing.subject_key) or mailing.key.partition(":")[2]
    if mailing.state is MailingState.HELD:
        reason = mailing.held_because or ""
        return Waiting(Concern.HELD, mailing.key, mailing.kind, about, reason)
    return Waiting(
        Concern.UNRELEASED, mailing.key, mailing.kind, about, goes_at=mailing.scheduled_at
    )


def _about(session: Session, subject_key: str | None) -> str:
    """Return the event or the issue in words."""
    if not subject_key:
        return ""
    row = session.execute(
        select(Event.title, Event.on_date).where(Event.key == subject_key)
    ).one_or_none()
    if row is None:
        try:
            return format_date(date.fromisoformat(subject_key))
        except ValueError:
            return subject_key
    return row.title if row.on_date is None else f"{row.title} ({format_date(row.on_date)})"


def _told(session: Session, now: datetime) -> dict[str, frozenset[str]]:
    rows = session.execute(
        select(Mailing.key, Mailing.audience).where(
            Mailing.kind == MailKind.STAFF_NOTICE, Mailing.created_at >= now - REMEMBERED
        )
    )
    return {key: frozenset(audience["definition"].get("held", ())) for key, audience in rows}


def _enqueue(app: App, notice: Notice, content: Content, report: TickReport, now: datetime) -> None:
    addresses = app.settings.staff_addresses
    with app.database.writing() as session:
        stop = notice.stop
        if stop and not record_alert(session, stop.transport, since=stop.since, now=now):
            return  # another scheduler on the same database was first
        try:
            with session.begin_nested():
                mailing = outbox.create_mailing(
                    session,
                    key=notice.key,
                    kind=MailKind.STAFF_NOTICE,
                    subject_key=None,
                    audience=AudienceSpec(AudienceKind.ADDRESSES, ", ".join(addresses)),
                    definition={"held": list(notice.held)},
                    scheduled_at=now,
                    expires_at=None,
                    reason="something waits for staff" if stop is None else "sending stood still",
                    created_by=BY_RULE,
                    now=now,
                )
        except IntegrityError:
            return  # as above, or staff were told before
        outbox.set_content(session, mailing, content)
        release_by_rule(app, session, mailing, len(addresses), now)
        mailing.state = MailingState.SENDING
        mailing.enqueued_at = now
        recipients = [
            Recipient(f"staff:{one}", 0, LANGUAGE, one, app.network.contact_name, {})
            for one in addresses
        ]
        report.enqueued[notice.key] += enqueue_deliveries(
            session, mailing, recipients, uid_domain=app.uid_domain, now=now
        )
        if notice.tells_all:
            _drop_older(session, notice.key, now)


def _drop_older(session: Session, key: str, now: datetime) -> None:
    """Take back notices that could not leave yet: the new one tells of all that still waits."""
    for mailing in session.scalars(
        select(Mailing)
        .where(
            Mailing.kind == MailKind.STAFF_NOTICE,
            Mailing.state.in_(outbox.UNFINISHED),
            Mailing.key != key,
            Mailing.key.not_like(f"{ABOUT_A_PAUSE}%"),
        )
        .with_for_update(skip_locked=True)
    ):
        outbox.cancel(session, mailing, now=now, because="a newer notice tells of it")
