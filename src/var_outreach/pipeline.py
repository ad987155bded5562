"""The story as code: collect -> plan -> compose -> enqueue -> dispatch -> read -> report.

*Reads / Writes*: everything, one stage at a time. What is decided is committed here, in
``drafting.py``, in ``staff.py`` or in a page's POST; what comes item by item (a message sent, a
mail read, a feed) in the stage that handles it. *Next*: ``scheduler.py`` calls ``tick``,
``rehearsal`` calls it on a moved clock, ``cli`` calls the steps one by one.

Each step can be killed anywhere and run again: what is due is computed from what is recorded,
and every key is UNIQUE.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from var_outreach.agenda.model import Event
from var_outreach.agenda.store import all_facts, mark_held
from var_outreach.app import App
from var_outreach.audiences.definition import definition_from_dict
from var_outreach.audiences.resolve import count_recipients as count_audience
from var_outreach.audiences.store import get_audience
from var_outreach.clock import local_date
from var_outreach.drafting import (
    BY_RULE as BY_RULE,
)
from var_outreach.drafting import (
    TOO_LATE,
    drop_what_is_no_longer_due,
    is_current,
    make_draft,
    renew_draft,
)
from var_outreach.drafting import (
    TickReport as TickReport,
)
from var_outreach.drafting import (
    sender_line as sender_line,
)
from var_outreach.errors import OutreachError, StorageError
from var_outreach.fetch import FetchPolicy
from var_outreach.mailbox.read import read_maildir
from var_outreach.mailbox.verdict import Verdict
from var_outreach.news.collect import NewsReport, collect_feeds, collect_folder
from var_outreach.outbox import mailings as outbox
from var_outreach.outbox.enqueue import enqueue_deliveries
from var_outreach.outbox.history import gather_history
from var_outreach.outbox.model import Delivery, Mailing, MailingState
from var_outreach.outbox.recipients import Wanted, collect_recipients, count_wanted
from var_outreach.outbox.sender import Recipient
from var_outreach.planning.due import AudienceSpec, Due, DueState
from var_outreach.planning.mail_kinds import MailKind
from var_outreach.planning.plan import ALWAYS_OPEN, plan
from var_outreach.registrations.waiting import lock_event
from var_outreach.storage.installation import started_at

log = logging.getLogger(__name__)

BEGINNING = timedelta(days=400)
"""How far back the plan looks for what is overdue."""
HORIZON = timedelta(days=800)
"""How far ahead: a draft whose event moved so far is still due, later."""
REMINDS = frozenset({MailKind.REMINDER, MailKind.PARTICIPANT_REMINDER})
"""Kinds whose waiting copies may tell of a change: no frozen calendar stands beside them."""
DEVIATION, DEVIATION_AT_LEAST = 0.10, 5
"""A number of recipients that differs more from the approved one is held."""


def tick(app: App) -> TickReport:
    """Do all that is due now, and leave the rest."""
    report = TickReport()
    close_past_events(app)
    compose_mailings(app, report)
    enqueue_mailings(app, report)
    dispatch_mailings(app, report)
    return report


def notify(app: App) -> TickReport:
    """Tell at once what became of answers and subscriptions; the tick is the safety net."""
    report = TickReport()
    compose_mailings(app, report, only=ALWAYS_OPEN)
    enqueue_mailings(app, report, only=ALWAYS_OPEN)
    dispatch_mailings(app, report)
    return report


def close_past_events(app: App) -> None:
    """Take events of which the last day is over as held."""
    with app.database.writing() as session:
        mark_held(session, now=app.clock.now(), zone=app.settings.zone)


def collect_news(app: App) -> NewsReport:
    """Bring in the news of the configured folder and feeds."""
    own = app.settings.news
    report = NewsReport()
    if own.folder is not None:
        report = collect_news_folder(app, own.folder)
    policy = FetchPolicy(
        contact=app.settings.network.contact_address, allow=frozenset(own.allow_hosts)
    )
    from_feeds = collect_feeds(
        app.database,
        own.feeds,
        policy=policy,
        zone=app.settings.zone,
        topics=app.topic_names,
        now=app.clock.now(),
    )
    report.new += from_feeds.new
    report.changed += from_feeds.changed
    report.notes += from_feeds.notes
    return report


def collect_news_folder(app: App, folder: Path) -> NewsReport:
    """Bring in the news of one folder."""
    return collect_folder(app.database, folder, topics=app.topic_names, now=app.clock.now())


def read_mailbox(app: App, maildir: Path, *, dry_run: bool = False) -> list[Verdict]:
    """Read what came back into a folder of mail, and let the answers be confirmed."""
    verdicts = read_maildir(
        app.database,
        maildir,
        settings=app.settings,
        signer=app.signer,
        now=app.clock.now(),
        dry_run=dry_run,
    )
    if verdicts and not dry_run:
        app.wake()
    return verdicts


def plan_mailings(
    app: App, *, since: datetime, until: datetime, looking: bool = False
) -> tuple[Due, ...]:
    """Return what goes out from ``since`` to ``until``; the only place that decides it.

    For somebody who is ``looking``, audiences of what has not been sent are counted, and what is
    not asked for stands in it too.
    """
    now = app.clock.now()
    with app.database.writing() as session:
        begun = started_at(session, now=now)
    with app.database.reading() as session:

        @cache
        def size(key: str) -> int:
            today = local_date(now, app.settings.zone)
            definition = get_audience(session, key)
            return count_audience(session, definition, on_date=today, signer=app.signer)

        def audience_count(event: Event) -> int:
            if not looking or event.on_date is None:
                return 0
            return size(event.audience_key or app.rules.of_kind(event.kind).audience_key)

        history = gather_history(session, started_at=begun, audience_count=audience_count)
        agenda = all_facts(session)
    return plan(
        agenda,
        app.rules,
        history,
        now,
        app.settings.zone,
        since=since,
        until=until,
        closed=looking,
    )


def compose_mailings(
    app: App, report: TickReport, *, only: frozenset[MailKind] | None = None
) -> None:
    """Make the drafts that are due and renew those whose source has changed."""
    now = app.clock.now()
    dues = plan_mailings(app, since=now - BEGINNING, until=now + HORIZON)
    follows = [due for due in dues if due.follows]
    for due in follows:
        if only is not None and due.kind not in only:
            continue
        try:
            if due.state in {DueState.TO_DRAFT, DueState.DUE, DueState.OVERDUE}:
                make_draft(app, due, report)
            elif due.state in {MailingState.DRAFT, MailingState.APPROVED} or (
                due.state == MailingState.SENDING and (due.standing or due.kind in REMINDS)
            ):
                renew_draft(app, due, report)
        except StorageError:
            raise
        except OutreachError as error:
            _note_failure(report, due.key, error)
    if only is None:
        drop_what_is_no_longer_due(app, {due.key for due in follows}, now)


def enqueue_mailings(
    app: App, report: TickReport, *, only: frozenset[MailKind] | None = None
) -> None:
    """Make deliveries of every released mailing whose moment has come, and of standing ones."""
    now = app.clock.now()
    kinds = [kind.value for kind in only or MailKind]
    with app.database.reading() as session:
        keys = session.scalars(
            select(Mailing.key)
            .where(
                Mailing.state.in_((MailingState.APPROVED, MailingState.SENDING)),
                Mailing.kind.in_(kinds),
            )
            .order_by(Mailing.scheduled_at, Mailing.id)
        ).all()
    for key in keys:
        try:
            with app.database.writing() as session:
                _enqueue_one(app, session, outbox.lock_mailing(session, key), report, now)
        except StorageError:
            raise
        except OutreachError as error:
            _note_failure(report, key, error)


def dispatch_mailings(app: App, report: TickReport) -> None:
    """Send what is enqueued, and close what is finished."""
    report.outcomes.update(app.dispatcher().run())
    with app.database.writing() as session:
        report.finished += outbox.finish_mailings(session, now=app.clock.now())


def recipients_of(
    app: App,
    session: Session,
    mailing: Mailing,
    excluded: Counter[str],
    *,
    served: frozenset[str] = frozenset(),
) -> Iterator[Recipient]:
    """Yield who ``mailing`` goes to as things stand; needs a writing session."""
    wanted = _wanted(session, mailing, served)
    if wanted.event is not None:
        # Two schedulers that enqueue for one event would count SEQUENCE from the same number.
        lock_event(session, wanted.event.id)
    return collect_recipients(session, wanted, app.sender, excluded, now=app.clock.now())


def _wanted(session: Session, mailing: Mailing, served: frozenset[str]) -> Wanted:
    spec = AudienceSpec.from_json(mailing.audience)
    definition = mailing.audience.get("definition")
    event = None
    if mailing.subject_key and mailing.kind != MailKind.NEWSLETTER:
        event = session.scalar(select(Event).where(Event.key == mailing.subject_key))
    return Wanted(
        kind=MailKind(mailing.kind),
        spec=spec,
        event=event,
        definition=definition_from_dict(definition) if definition else None,
        served=served,
    )


def count_recipients(app: App, key: str) -> tuple[int, Counter[str]]:
    """Return to how many ``key`` would go now, and how many are left out for which reason."""
    excluded: Counter[str] = Counter()
    with app.database.trying() as session:
        wanted = _wanted(session, outbox.find_mailing(session, key), frozenset())
        count = count_wanted(session, wanted, app.sender, excluded, now=app.clock.now())
    return count, excluded


def _note_failure(report: TickReport, key: str, error: OutreachError) -> None:
    """Keep what went wrong with one mailing from keeping the others back."""
    log.error("%s: %s", key, error)
    report.failed.append(key)


def _enqueue_one(
    app: App, session: Session, mailing: Mailing, report: TickReport, now: datetime
) -> None:
    if mailing.state is MailingState.APPROVED:
        _enqueue_first(app, session, mailing, report, now)
    elif mailing.state is not MailingState.SENDING:
        return
    elif _is_past(mailing, now):
        left = outbox.untried(session, mailing)
        if left:
            outbox.hold(mailing, because=f"{TOO_LATE}: {left} had not gone yet")
            report.held.append(mailing.key)
    elif mailing.standing and _is_time_to_read_again(app, mailing, now):
        served = _served(session, mailing)
        savepoint = session.begin_nested()
        late = list(recipients_of(app, session, mailing, Counter(), served=served))
        if mailing.released_by != BY_RULE and len(late) > _tolerance(mailing.approved_count or 0):
            savepoint.rollback()
            outbox.hold(mailing, because=f"{len(late)} more would get it than were approved")
            report.held.append(mailing.key)
            return
        savepoint.commit()
        report.enqueued[mailing.key] += _enqueue(app, session, mailing, late, now)


def _enqueue_first(
    app: App, session: Session, mailing: Mailing, report: TickReport, now: datetime
) -> None:
    recall = timedelta(0) if mailing.released_by == BY_RULE else app.recall
    goes = outbox.goes_at(mailing, recall)
    if goes is None or now < goes:
        return
    if _is_past(mailing, now):
        outbox.hold(mailing, because=TOO_LATE)
        report.held.append(mailing.key)
        return
    if mailing.approved_hash != outbox.approval_hash(session, mailing, sender_line(app)):
        outbox.withdraw_approval(mailing)
        return
    if not is_current(app, session, mailing):
        return
    approved = mailing.approved_count or 0
    savepoint = session.begin_nested()
    recipients = list(recipients_of(app, session, mailing, Counter()))
    count = len(recipients)
    if mailing.released_by != BY_RULE and abs(count - approved) > _tolerance(approved):
        savepoint.rollback()
        outbox.hold(mailing, because=f"approved for {approved}, but it would go to {count}")
        report.held.append(mailing.key)
        return
    savepoint.commit()
    mailing.state = MailingState.SENDING
    mailing.enqueued_at = now
    report.enqueued[mailing.key] += _enqueue(app, session, mailing, recipients, now)


def _tolerance(approved: int) -> float:
    return max(DEVIATION_AT_LEAST, DEVIATION * approved)


def _enqueue(
    app: App,
    session: Session,
    mailing: Mailing,
    recipients: Iterator[Recipient] | list[Recipient],
    now: datetime,
) -> int:
    return enqueue_deliveries(session, mailing, recipients, uid_domain=app.uid_domain, now=now)


def _is_time_to_read_again(app: App, mailing: Mailing, now: datetime) -> bool:
    """Answers are told of at once; late invitees are looked for every so often."""
    if MailKind(mailing.kind) in ALWAYS_OPEN:
        return True
    last = app.read_at.get(mailing.key)
    if last is not None and now - last < app.read_again_after:
        return False
    app.read_at[mailing.key] = now
    return True


def _is_past(mailing: Mailing, now: datetime) -> bool:
    return mailing.expires_at is not None and now > mailing.expires_at


def _served(session: Session, mailing: Mailing) -> frozenset[str]:
    if MailKind(mailing.kind) in ALWAYS_OPEN:
        return frozenset()
    return frozenset(
        session.scalars(select(Delivery.recipient_key).where(Delivery.mailing_id == mailing.id))
    )
