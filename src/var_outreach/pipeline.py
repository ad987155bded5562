"""The story as code: collect -> plan -> compose -> enqueue -> dispatch -> read -> report.

*Reads / Writes*: everything, one stage at a time; every commit of the service stands here, in
``staff.py`` or in a page's POST. *Next*: ``scheduler.py`` calls ``tick``, ``rehearsal.py`` calls
it on a moved clock, ``cli`` calls the steps one by one.

Each step can be killed anywhere and run again: what is due is computed from what is recorded,
and every key is UNIQUE.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from var_outreach.agenda.model import Event
from var_outreach.agenda.store import all_facts, mark_held
from var_outreach.app import App
from var_outreach.audiences.definition import definition_from_dict
from var_outreach.audiences.resolve import count_recipients as count_audience
from var_outreach.audiences.store import get_audience
from var_outreach.clock import local_date
from var_outreach.composing.content import Content
from var_outreach.composing.facts import EventMailFacts, IssueFacts, NetworkFacts
from var_outreach.errors import OutreachError, StorageError
from var_outreach.fetch import FetchPolicy
from var_outreach.mailbox.read import read_maildir
from var_outreach.mailbox.verdict import Verdict
from var_outreach.news.collect import NewsReport, collect_feeds, collect_folder
from var_outreach.news.store import assign_news
from var_outreach.outbox import mailings as outbox
from var_outreach.outbox.drafts import (
    compose_draft,
    gather_event_mail,
    gather_issue,
    issue_news,
)
from var_outreach.outbox.enqueue import enqueue_deliveries
from var_outreach.outbox.history import gather_history
from var_outreach.outbox.model import Delivery, Mailing, MailingState
from var_outreach.outbox.recipients import Wanted, collect_recipients, count_wanted
from var_outreach.outbox.sender import Recipient
from var_outreach.planning.due import AudienceKind, AudienceSpec, Due, DueState
from var_outreach.planning.mail_kinds import CALENDAR_KINDS, MailKind
from var_outreach.planning.plan import ALWAYS_OPEN, plan
from var_outreach.planning.rules import Release
from var_outreach.registrations.waiting import lock_event
from var_outreach.storage.installation import started_at

log = logging.getLogger(__name__)

BY_RULE = "rules"
"""Who approves and releases what no person needs to see first."""
BEGINNING = timedelta(days=400)
"""How far back the plan looks for what is overdue."""
HORIZON = timedelta(days=800)
"""How far ahead: a draft whose event moved so far is still due, later."""
TOO_LATE = "its moment passed while nothing could be sent"
REMINDS = frozenset({MailKind.REMINDER, MailKind.PARTICIPANT_REMINDER})
"""Kinds whose waiting copies may tell of a change: no frozen calendar stands beside them."""
DEVIATION, DEVIATION_AT_LEAST = 0.10, 5
"""A number of recipients that differs more from the approved one is held."""


@dataclass
class TickReport:
    """What one tick did."""

    drafted: list[str] = field(default_factory=list)
    held: list[str] = field(default_factory=list)
    enqueued: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    finished: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    """Mailings that could not be made or enqueued; the log says why."""


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
    return collect_folder(
        app.database, folder, topics=app.topic_names, now=app.clock.now()
    )


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
                _draft(app, due, report)
            elif due.state in {MailingState.DRAFT, MailingState.APPROVED} or (
                due.state == MailingState.SENDING and (due.standing or due.kind in REMINDS)
            ):
                _renew(app, due, report)
        except StorageError:
            raise
        except OutreachError as error:
            _note_failure(report, due.key, error)
    if only is None:
        _drop_what_is_no_longer_due(app, {due.key for due in follows}, now)


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


def sender_line(app: App) -> str:
    """Return the sender that an approval is bound to."""
    own = app.settings.network
    return f"{own.sender_name} <{own.sender_address}>"


def _note_failure(report: TickReport, key: str, error: OutreachError) -> None:
    """Keep what went wrong with one mailing from keeping the others back."""
    log.error("%s: %s", key, error)
    report.failed.append(key)


def _draft(app: App, due: Due, report: TickReport) -> None:
    now = app.clock.now()
    with app.database.reading() as session:
        content = _compose(app, session, due)
    with app.database.writing() as session:
        definition = _definition(session, due.audience)
        try:
            with session.begin_nested():
                mailing = outbox.create_mailing(
                    session,
                    key=due.key,
                    kind=due.kind,
                    subject_key=due.subject_key,
                    audience=due.audience,
                    definition=definition,
                    scheduled_at=due.due_at,
                    expires_at=due.until,
                    reason=due.reason,
                    created_by=BY_RULE,
                    now=now,
                    standing=due.standing,
                )
        except IntegrityError:
            return  # another scheduler on the same database was first
        outbox.set_content(session, mailing, content)
        _bind_news(app, session, due)
        if due.state == DueState.OVERDUE:
            outbox.hold(mailing, because=TOO_LATE)
            report.held.append(due.key)
        elif due.release is Release.AUTOMATIC:
            _release_by_rule(app, session, mailing, due.count, now)
        report.drafted.append(due.key)


def _renew(app: App, due: Due, report: TickReport) -> None:
    """Bring a draft up to date with its source; an approval of what has changed falls."""
    now = app.clock.now()
    with app.database.reading() as session:
        # News that comes after the approval is for the next issue; a date that moved is not.
        closed = outbox.find_mailing(session, due.key).state is MailingState.APPROVED
        content = _compose(app, session, due, closed=closed)
    with app.database.writing() as session:
        mailing = outbox.lock_mailing(session, due.key)
        if mailing.state is MailingState.SENDING:
            waiting_too = due.kind not in CALENDAR_KINDS
            outbox.set_content(session, mailing, content, waiting_too=waiting_too)
            return
        if mailing.state is not (MailingState.APPROVED if closed else MailingState.DRAFT):
            return  # somebody moved it meanwhile: the next tick looks at it anew
        if outbox.set_content(session, mailing, content) and not closed:
            _bind_news(app, session, due)
        _renew_audience(session, mailing, due.audience)
        if mailing.released_at is not None:
            return  # it goes at the moment for which it was released
        mailing.scheduled_at, mailing.expires_at = due.due_at, due.until
        if due.until is not None and now > due.until and not _approved_after(mailing, due.until):
            outbox.hold(mailing, because="nobody released it before its moment had passed")
            report.held.append(due.key)
        elif due.release is Release.AUTOMATIC and mailing.state is MailingState.DRAFT:
            _release_by_rule(app, session, mailing, due.count, now)


def _renew_audience(session: Session, mailing: Mailing, spec: AudienceSpec) -> None:
    """Take over an audience that was changed since; an approval was for the one before."""
    audience = {**spec.as_json(), "definition": _definition(session, spec) or {}}
    if mailing.audience == audience:
        return
    mailing.audience = audience
    if mailing.state is MailingState.APPROVED:
        outbox.withdraw_approval(mailing)


def _release_by_rule(
    app: App, session: Session, mailing: Mailing, count: int, now: datetime
) -> None:
    line = sender_line(app)
    outbox.approve(session, mailing, sender=line, count=count, by=BY_RULE, now=now)
    outbox.release(session, mailing, sender=line, by=BY_RULE, now=now, four_eyes=False)


def _approved_after(mailing: Mailing, moment: datetime) -> bool:
    return mailing.approved_at is not None and mailing.approved_at > moment


def _compose(app: App, session: Session, due: Due, *, closed: bool = False) -> Content:
    """Return the content of ``due``; what is made of equal facts is not made again."""
    facts: EventMailFacts | IssueFacts | NetworkFacts = app.network
    if due.kind is MailKind.NEWSLETTER:
        assert due.subject_key is not None
        assert due.issue_on is not None
        facts = gather_issue(session, due.subject_key, due.issue_on, app.material, closed=closed)
    elif due.kind is not MailKind.SUBSCRIPTION:
        assert due.subject_key is not None
        facts = gather_event_mail(session, due.kind, due.subject_key, app.material)
    known = app.composed.get(due.key)
    if known is not None and known[0] == facts:
        return known[1]
    content = compose_draft(due.kind, facts)
    app.composed[due.key] = (facts, content)
    return content


def _is_current(app: App, session: Session, mailing: Mailing) -> bool:
    """Tell whether what was composed still says how things are; if not, the next tick renews it."""
    if mailing.created_by != BY_RULE:
        return True
    known = app.composed.get(mailing.key)
    if known is None:
        return False
    facts, key = known[0], mailing.subject_key
    if isinstance(facts, IssueFacts) and key is not None:
        return gather_issue(session, key, facts.on_date, app.material, closed=True) == facts
    if isinstance(facts, EventMailFacts) and key is not None:
        return gather_event_mail(session, MailKind(mailing.kind), key, app.material) == facts
    return True


def _bind_news(app: App, session: Session, due: Due) -> None:
    if due.kind is MailKind.NEWSLETTER and due.subject_key and due.issue_on:
        items = issue_news(session, due.subject_key, due.issue_on, app.rules.newsletter)
        assign_news(session, due.subject_key, [item.id for item in items])


def _definition(session: Session, spec: AudienceSpec) -> dict[str, object] | None:
    if spec.kind not in {AudienceKind.INVITEES, AudienceKind.READERS}:
        return None
    return get_audience(session, spec.key).as_dict()


def _drop_what_is_no_longer_due(app: App, due: set[str], now: datetime) -> None:
    """Take back what a rule made and what no longer follows from agenda and rules."""
    with app.database.writing() as session:
        for mailing in session.scalars(
            select(Mailing)
            .where(
                Mailing.state.in_(outbox.BEFORE_SENDING),
                Mailing.created_by == BY_RULE,
                Mailing.enqueued_at.is_(None),
                Mailing.key.not_in(due),
            )
            .with_for_update(skip_locked=True)
        ):
            outbox.cancel(session, mailing, now=now, because=outbox.NO_LONGER_DUE)
            if mailing.kind == MailKind.NEWSLETTER:
                assign_news(session, mailing.subject_key or "", [])


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
    if not _is_current(app, session, mailing):
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
        session.scalars(
            select(Delivery.recipient_key).where(Delivery.mailing_id == mailing.id)
        )
    )
