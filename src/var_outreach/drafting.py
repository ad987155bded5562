"""Makes the drafts of mailings, renews them while their source changes, takes them back.

*Reads*: agenda, news, rules. *Writes*: mailings and their content. *Next*: ``pipeline.py`` calls
this for what is due, and enqueues what was released.
"""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from var_outreach.app import App
from var_outreach.audiences.store import get_audience
from var_outreach.composing.content import Content
from var_outreach.composing.facts import EventMailFacts, IssueFacts, NetworkFacts
from var_outreach.composing.list_check import ListCheckFacts
from var_outreach.errors import OutreachError
from var_outreach.news.store import assign_news
from var_outreach.outbox import mailings as outbox
from var_outreach.outbox.drafts import (
    compose_draft,
    gather_event_mail,
    gather_issue,
    issue_news,
)
from var_outreach.outbox.model import Mailing, MailingState
from var_outreach.planning.due import AudienceKind, AudienceSpec, Due, DueState
from var_outreach.planning.mail_kinds import CALENDAR_KINDS, MailKind
from var_outreach.planning.rules import Release

log = logging.getLogger(__name__)

BY_RULE = "rules"
"""Who approves and releases what no person needs to see first."""
TOO_LATE = "its moment passed while nothing could be sent"
KNOWN_LATE = "its moment had passed when the event became known"
ANSWERS_CLOSED = "so had the last day to answer"
NOT_RELEASED = "nobody released it before its moment had passed"


@dataclass
class TickReport:
    """What one tick did."""

    drafted: list[str] = field(default_factory=list)
    held: list[str] = field(default_factory=list)
    enqueued: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    finished: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    """Mailings that could not be made or enqueued, by key, and why."""

    def note_failure(self, key: str, error: OutreachError) -> None:
        """Keep what went wrong with one mailing from keeping the others back."""
        log.error("%s: %s", key, error)
        self.failed[key] = str(error)


def sender_line(app: App) -> str:
    """Return the sender that an approval is bound to."""
    own = app.settings.network
    return f"{own.sender_name} <{own.sender_address}>"


def make_draft(app: App, due: Due, report: TickReport) -> None:
    """Make the mailing that ``due`` asks for; what rules release by themselves is released."""
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
            outbox.hold(mailing, because=_why_overdue(due, now))
            report.held.append(due.key)
        elif due.release is Release.AUTOMATIC:
            release_by_rule(app, session, mailing, due.count, now)
        report.drafted.append(due.key)


def renew_draft(app: App, due: Due, report: TickReport) -> None:
    """Bring a draft up to date with its source; an approval of what has changed falls."""
    now = app.clock.now()
    with app.database.reading() as session:
        mailing = outbox.find_mailing(session, due.key)
        if mailing.state is MailingState.HELD and mailing.enqueued_at is not None:
            return  # part of it has gone, and the rest says the same
        seen = mailing.state, mailing.approved_hash
        # News that comes after the approval is for the next issue; a date that moved is not.
        closed = mailing.approved_hash is not None
        content = _compose(app, session, due, closed=closed)
    with app.database.writing() as session:
        mailing = outbox.lock_mailing(session, due.key)
        if mailing.state in {MailingState.SENDING, MailingState.SENT}:
            _keep_open(mailing, due, now)
            if mailing.state is MailingState.SENT:
                return  # finished since it was planned
            waiting_too = due.kind not in CALENDAR_KINDS
            outbox.set_content(session, mailing, content, waiting_too=waiting_too)
            return
        if (mailing.state, mailing.approved_hash) != seen:
            return  # somebody moved it meanwhile: the next tick looks at it anew
        if outbox.set_content(session, mailing, content) and not closed:
            _bind_news(app, session, due)
        _renew_audience(session, mailing, due.audience)
        if mailing.released_at is not None or mailing.state is MailingState.HELD:
            return  # it goes at the moment for which it was released, or waits for a person
        mailing.scheduled_at, mailing.expires_at = due.due_at, due.until
        if due.until is not None and now > due.until and not _approved_after(mailing, due.until):
            outbox.hold(mailing, because=NOT_RELEASED)
            report.held.append(due.key)
        elif due.release is Release.AUTOMATIC and mailing.state is MailingState.DRAFT:
            release_by_rule(app, session, mailing, due.count, now)


def _why_overdue(due: Due, now: datetime) -> str:
    if not due.known_late:
        return TOO_LATE
    is_closed = due.open_until is not None and due.open_until <= now
    return f"{KNOWN_LATE}, and {ANSWERS_CLOSED}" if is_closed else KNOWN_LATE


def _keep_open(mailing: Mailing, due: Due, now: datetime) -> None:
    """Let who is invited late be served until the answers close, also after a move."""
    if due.open_until is not None and now < due.open_until:
        mailing.state, mailing.finished_at = MailingState.SENDING, None
        mailing.expires_at = due.open_until


def is_open_again(due: Due, now: datetime) -> bool:
    """Tell whether an invitation that was closed is of use again: the event has moved."""
    return due.state == MailingState.SENT and due.open_until is not None and now < due.open_until


def _renew_audience(session: Session, mailing: Mailing, spec: AudienceSpec) -> None:
    """Take over an audience that was changed since; an approval was for the one before."""
    audience = {**spec.as_json(), "definition": _definition(session, spec) or {}}
    if mailing.audience == audience:
        return
    mailing.audience = audience
    if mailing.state is MailingState.APPROVED:
        outbox.withdraw_approval(mailing)


def release_by_rule(
    app: App, session: Session, mailing: Mailing, count: int, now: datetime
) -> None:
    """Approve and release what no person needs to see first."""
    line = sender_line(app)
    outbox.approve(session, mailing, sender=line, count=count, by=BY_RULE, now=now)
    outbox.release(session, mailing, sender=line, by=BY_RULE, now=now, four_eyes=False)


def _approved_after(mailing: Mailing, moment: datetime) -> bool:
    return mailing.approved_at is not None and mailing.approved_at > moment


def _compose(app: App, session: Session, due: Due, *, closed: bool = False) -> Content:
    """Return the content of ``due``; what is made of equal facts is not made again."""
    facts: EventMailFacts | IssueFacts | ListCheckFacts | NetworkFacts = app.network
    if due.kind is MailKind.NEWSLETTER:
        assert due.subject_key is not None
        assert due.issue_on is not None
        facts = gather_issue(session, due.subject_key, due.issue_on, app.material, closed=closed)
    elif due.kind is MailKind.LIST_CHECK:
        facts = ListCheckFacts(app.network, date.fromisoformat(due.audience.key))
    elif due.kind is not MailKind.SUBSCRIPTION:
        assert due.subject_key is not None
        facts = gather_event_mail(session, due.kind, due.subject_key, app.material)
    known = app.composed.get(due.key)
    if known is not None and known[0] == facts:
        return known[1]
    content = compose_draft(due.kind, facts)
    app.composed[due.key] = (facts, content)
    return content


def is_current(app: App, session: Session, mailing: Mailing) -> bool:
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


def issues_out(session: Session) -> frozenset[str]:
    """Return the issues that have gone out, wholly or in part: their news stays as it was sent."""
    return frozenset(
        key
        for key in session.scalars(
            select(Mailing.subject_key).where(
                Mailing.kind == MailKind.NEWSLETTER, Mailing.enqueued_at.is_not(None)
            )
        )
        if key is not None
    )


def _definition(session: Session, spec: AudienceSpec) -> dict[str, object] | None:
    if spec.kind not in {AudienceKind.INVITEES, AudienceKind.READERS}:
        return None
    return get_audience(session, spec.key).as_dict()


def drop_what_is_no_longer_due(app: App, due: set[str], now: datetime) -> None:
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
