"""Says what is due: a pure function of agenda, rules, history and now.

*Reads*: its arguments. *Writes*: nothing. *Next*: the pipeline drafts, enqueues and asks about
what this returns; ``var-outreach plan show`` prints it. Nothing is stored as a job: run twice, or
after a day of downtime, it gives the same keys.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from var_outreach.agenda.facts import EventFacts
from var_outreach.agenda.model import EventState
from var_outreach.clock import at_local, local_date
from var_outreach.planning.due import (
    AudienceKind,
    AudienceSpec,
    Due,
    DueState,
    EventCounts,
    History,
)
from var_outreach.planning.list_checks import list_check_dues
from var_outreach.planning.mail_kinds import ANSWER_KINDS, MailKind
from var_outreach.planning.offers import offers
from var_outreach.planning.rules import EVENT_STEPS, KindRules, Release, Rules, Step
from var_outreach.planning.speakers import speaker_dues
from var_outreach.planning.working_days import working_day_after, working_day_before

NO_ANSWER = ("invited",)
COMING = ("accepted",)
WAS_THERE = ("accepted", "attended", "absent")
GONE_OUT = frozenset({"sending", "sent"})
ALWAYS_OPEN = ANSWER_KINDS | {MailKind.SUBSCRIPTION, MailKind.SPEAKER_REQUEST}
"""Kinds of which one mailing goes on and on, for whoever must be told next."""


def plan(
    agenda: Iterable[EventFacts],
    rules: Rules,
    history: History,
    now: datetime,
    zone: ZoneInfo,
    *,
    since: datetime,
    until: datetime,
    closed: bool = False,
) -> tuple[Due, ...]:
    """Return what goes out from ``since`` up to ``until``, earliest first.

    What exists as a mailing carries its state; what is past its window and was never made is
    OVERDUE and waits for a person, and so is the invitation to an event ahead that became known
    too late for it. What else closed before we knew of it is left out, or, if ``closed``,
    NOT_ASKED: for somebody who looks.
    """
    found: dict[str, Due] = {}
    for event in agenda:
        counts = history.events.get(event.key, EventCounts())
        kind_rules = rules.of_kind(event.kind)
        found.update(
            (due.key, due)
            for due in (
                *_steps(event, kind_rules, counts, history, rules.draft_days, now, zone, closed),
                *_offers(event, kind_rules, counts, history, now, zone),
                *_changes(event, kind_rules, counts, history, now, zone),
                *_notices(event, counts, history, now),
                *speaker_dues(
                    event, kind_rules.steps, counts.speakers, rules.draft_days, history, now, zone,
                    make=_due,
                ),
            )
        )  # fmt: skip
    issues = _issues(rules, history, now, zone, since, until, closed)
    checks = list_check_dues(history, now, zone, make=_due)
    for due in (*issues, *_pending(history, now), *checks):
        found[due.key] = due
    for due in _others(history, found):
        found[due.key] = due
    inside = (due for due in found.values() if since <= due.due_at <= until)
    return tuple(sorted(inside, key=lambda due: (due.due_at, due.key)))


def default_deadline(rules: Rules, kind: str, on_date: date) -> date:
    """Return the last day to answer that the rules give an event of ``kind`` on ``on_date``."""
    return working_day_before(on_date - timedelta(days=rules.of_kind(kind).answer_days_before))


def _steps(
    event: EventFacts,
    rules: KindRules,
    counts: EventCounts,
    history: History,
    draft_days: int,
    now: datetime,
    zone: ZoneInfo,
    closed: bool,
) -> Iterator[Due]:
    if event.on_date is None or event.cancelled:
        return
    for kind in EVENT_STEPS:
        step = rules.steps.get(kind)
        if step is None:
            continue
        due_at = _moment(event, step, zone)
        closes = due_at + step.window
        if step.days <= 0:
            closes = min(closes, _starts(event, zone))
        key = _step_key(kind, event)
        known = closes >= (event.date_known_at or event.known_at) or _made(history, key)
        # Nobody is told of an event but by its invitation: that it came late a person decides.
        late = kind is MailKind.INVITATION and not known and now < _starts(event, zone)
        asked = known or late
        if not asked and not closed:
            continue
        audience, count = _step_audience(kind, event, rules, counts)
        if asked and _is_pointless(kind, event, counts, history, now >= due_at):
            continue
        due = _due(
            history,
            now,
            key=key,
            kind=kind,
            subject_key=event.key,
            due_at=due_at,
            until=closes,
            draft_at=due_at - timedelta(days=draft_days)
            if step.release is Release.STAFF
            else due_at,
            audience=audience,
            count=count,
            reason=_step_reason(step, late=late),
            release=step.release,
            standing=kind in {MailKind.SAVE_THE_DATE, MailKind.INVITATION},
        )
        if kind is MailKind.INVITATION:
            due = replace(due, open_until=_answers_close(event, zone), known_late=late)
        yield due if asked else _not_asked(due)


def _offers(
    event: EventFacts,
    rules: KindRules,
    counts: EventCounts,
    history: History,
    now: datetime,
    zone: ZoneInfo,
) -> Iterator[Due]:
    if event.on_date is None:
        return
    step = rules.steps.get(MailKind.INVITATION)
    for offer in offers(event, step, counts, _starts(event, zone), zone):
        assert step is not None
        yield _due(
            history,
            now,
            key=offer.key,
            kind=MailKind.INVITATION,
            subject_key=event.key,
            due_at=offer.due_at,
            until=offer.until,
            draft_at=event.known_at,
            audience=offer.audience,
            count=offer.count,
            reason=offer.reason,
            release=step.release,
        )


def _step_reason(step: Step, *, late: bool) -> str:
    words = f"{abs(step.days)} days {'before' if step.days <= 0 else 'after'} the event"
    return f"{words}, which became known later" if late else words


def _not_asked(due: Due) -> Due:
    return replace(due, state=str(DueState.NOT_ASKED), follows=False)


def _step_key(kind: MailKind, event: EventFacts) -> str:
    # A reminder belongs to a date: after a move, the new date has one of its own.
    if kind in {MailKind.REMINDER, MailKind.PARTICIPANT_REMINDER}:
        return f"{kind}:{event.key}:{event.on_date}"
    return f"{kind}:{event.key}"


def _step_audience(
    kind: MailKind, event: EventFacts, rules: KindRules, counts: EventCounts
) -> tuple[AudienceSpec, int]:
    if kind in {MailKind.SAVE_THE_DATE, MailKind.INVITATION}:
        key = event.audience_key or rules.audience_key
        return AudienceSpec(AudienceKind.INVITEES, key), counts.audience
    if kind is MailKind.REMINDER:
        spec = AudienceSpec(AudienceKind.REGISTRATIONS, event.key, NO_ANSWER)
        return spec, counts.silent if counts.invited else counts.audience
    states = COMING if kind is MailKind.PARTICIPANT_REMINDER else WAS_THERE
    return AudienceSpec(AudienceKind.REGISTRATIONS, event.key, states), counts.accepted


def _is_pointless(
    kind: MailKind, event: EventFacts, counts: EventCounts, history: History, reached: bool
) -> bool:
    if event.state is EventState.HELD and kind is not MailKind.LOOK_BACK:
        return True
    if kind is MailKind.SAVE_THE_DATE:
        invitation = history.mailings.get(_step_key(MailKind.INVITATION, event))
        return invitation is not None and invitation.state in GONE_OUT
    nobody = counts.silent if kind is MailKind.REMINDER else counts.accepted
    is_about_answers = kind is not MailKind.INVITATION
    # A reminder that once was sent stays in the plan, as what was done.
    return (
        reached and is_about_answers and not nobody and not _made(history, _step_key(kind, event))
    )


def _changes(
    event: EventFacts,
    rules: KindRules,
    counts: EventCounts,
    history: History,
    now: datetime,
    zone: ZoneInfo,
) -> Iterator[Due]:
    kind = MailKind.CANCELLATION if event.cancelled else MailKind.UPDATE
    key = f"{kind}:{event.key}:{event.revision}"
    step = rules.steps.get(kind)
    if step is None or not (counts.outdated or _made(history, key)):
        return
    until = event.changed_at + step.window
    if event.on_date is not None:
        until = min(until, max(_starts(event, zone), event.changed_at))
    yield _due(
        history,
        now,
        key=key,
        kind=kind,
        subject_key=event.key,
        due_at=event.changed_at,
        until=until,
        draft_at=event.changed_at,
        audience=AudienceSpec(AudienceKind.OUTDATED, event.key),
        count=counts.outdated,
        reason="the event is cancelled" if event.cancelled else "the event was changed",
        release=step.release,
    )


def _notices(
    event: EventFacts, counts: EventCounts, history: History, now: datetime
) -> Iterator[Due]:
    for kind in sorted(ANSWER_KINDS):
        count = counts.notices.get(kind, 0)
        if count:
            yield _due(
                history,
                now,
                key=f"{kind}:{event.key}",
                kind=kind,
                subject_key=event.key,
                due_at=now,
                until=None,
                draft_at=now,
                audience=AudienceSpec(AudienceKind.NOTICES, event.key, (kind.value,)),
                count=count,
                reason="answers that changed",
                release=Release.AUTOMATIC,
                standing=True,
            )


def _issues(
    rules: Rules,
    history: History,
    now: datetime,
    zone: ZoneInfo,
    since: datetime,
    until: datetime,
    closed: bool,
) -> Iterator[Due]:
    own = rules.newsletter
    # A date may be put off to the next working day, so look a fortnight further back.
    first = local_date(since, zone) - timedelta(days=14)
    for day in own.dates(first, local_date(until, zone)):
        on = working_day_after(day) if own.working_days_only else day
        due_at = at_local(on, own.at, zone)
        key = f"{MailKind.NEWSLETTER}:{day.isoformat()}"
        asked = due_at + own.window >= history.started_at or _made(history, key)
        if not asked and not closed:
            continue
        # News that came in later is for a later issue: what was skipped as empty stays skipped.
        items = sum(
            on - timedelta(days=own.news_days) <= item.published_on <= on
            and item.found_at <= due_at + own.window
            for item in history.news
        )
        due = _due(
            history,
            now,
            key=key,
            kind=MailKind.NEWSLETTER,
            subject_key=day.isoformat(),
            due_at=due_at,
            until=due_at + own.window,
            draft_at=due_at - timedelta(days=own.draft_days),
            audience=AudienceSpec(AudienceKind.READERS, own.audience_key),
            count=history.readers,
            reason=f"{own.cadence}; {items} news items so far",
            release=own.release,
            issue_on=on,
            empty=not items,
        )
        yield due if asked else _not_asked(due)


def _pending(history: History, now: datetime) -> Iterator[Due]:
    if history.pending:
        yield _due(
            history,
            now,
            key=f"{MailKind.SUBSCRIPTION}:nieuwsbrief",
            kind=MailKind.SUBSCRIPTION,
            subject_key=None,
            due_at=now,
            until=None,
            draft_at=now,
            audience=AudienceSpec(AudienceKind.PENDING, "nieuwsbrief"),
            count=history.pending,
            reason="asked for the newsletter",
            release=Release.AUTOMATIC,
            standing=True,
        )


def _others(history: History, found: dict[str, Due]) -> Iterator[Due]:
    """Yield the mailings that no rule makes: ad hoc ones, and what was sent under older rules."""
    for fact in history.mailings.values():
        if fact.key not in found:
            yield Due(
                key=fact.key,
                kind=MailKind(fact.kind),
                subject_key=fact.subject_key,
                due_at=fact.scheduled_at,
                until=fact.expires_at,
                draft_at=fact.scheduled_at,
                audience=fact.audience,
                count=fact.count,
                reason=fact.reason,
                release=Release.STAFF,
                state=fact.state,
                follows=False,
            )


def _made(history: History, key: str) -> bool:
    """Tell whether there is a mailing ``key`` that the rules did not take back."""
    fact = history.mailings.get(key)
    return fact is not None and not fact.dropped


def _due(
    history: History,
    now: datetime,
    *,
    key: str,
    kind: MailKind,
    subject_key: str | None,
    due_at: datetime,
    until: datetime | None,
    draft_at: datetime,
    audience: AudienceSpec,
    count: int,
    reason: str,
    release: Release,
    standing: bool = False,
    issue_on: date | None = None,
    empty: bool = False,
) -> Due:
    fact = history.mailings.get(key)
    if fact is not None and not fact.dropped:
        state: str = fact.state
        # What has been made keeps its own moment and what it went to.
        if fact.state in GONE_OUT and kind not in ALWAYS_OPEN:
            due_at, count = fact.scheduled_at, fact.count
    elif now < draft_at or (empty and now < due_at):
        state = DueState.PLANNED
    elif empty:
        state = DueState.SKIPPED
    elif until is not None and now > until:
        state = DueState.OVERDUE
    else:
        state = DueState.DUE if now >= due_at else DueState.TO_DRAFT
    return Due(
        key=key,
        kind=kind,
        subject_key=subject_key,
        due_at=due_at,
        until=until,
        draft_at=draft_at,
        audience=audience,
        count=count,
        reason=reason,
        release=release,
        state=str(state),
        standing=standing,
        issue_on=issue_on,
    )


def _moment(event: EventFacts, step: Step, zone: ZoneInfo) -> datetime:
    assert event.on_date is not None
    if step.days > 0:
        day = working_day_after((event.last_date or event.on_date) + timedelta(days=step.days))
    else:
        day = working_day_before(event.on_date + timedelta(days=step.days))
    return at_local(day, step.at, zone)


def _starts(event: EventFacts, zone: ZoneInfo) -> datetime:
    assert event.on_date is not None
    return event.starts_at or at_local(event.on_date, time(0), zone)


def _answers_close(event: EventFacts, zone: ZoneInfo) -> datetime:
    """Return the end of the last day to answer, else the start: an invitation is of use till then."""
    starts = _starts(event, zone)
    if event.answer_by_on is None:
        return starts
    return min(starts, at_local(event.answer_by_on + timedelta(days=1), time(0), zone))
