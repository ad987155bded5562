"""Says when speakers are asked, reminded of their slides, and thanked.

*Reads*: its arguments. *Writes*: nothing. *Next*: ``plan.py`` adds these to what is due.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from var_outreach.agenda.facts import EventFacts
from var_outreach.agenda.model import EventState
from var_outreach.clock import at_local
from var_outreach.planning.due import AudienceKind, AudienceSpec, Due, History, SpeakerFact
from var_outreach.planning.list_checks import Maker
from var_outreach.planning.mail_kinds import MailKind
from var_outreach.planning.rules import Release, Step
from var_outreach.planning.working_days import working_day_after, working_day_before


@dataclass(frozen=True)
class _Asked:
    """One mail to speakers before its moment is compared with now."""

    kind: MailKind
    step: Step
    due_at: datetime
    until: datetime
    count: int
    reason: str
    day: date | None = None
    """For a reminder: the last day for the slides, which stands in its key."""


def speaker_dues(
    event: EventFacts,
    steps: Mapping[MailKind, Step],
    speakers: tuple[SpeakerFact, ...],
    draft_days: int,
    history: History,
    now: datetime,
    zone: ZoneInfo,
    *,
    make: Maker,
) -> Iterator[Due]:
    """Yield the mail to the speakers of one event: each of them gets each kind once."""
    if event.on_date is None or event.cancelled or not speakers:
        return
    starts = event.starts_at or at_local(event.on_date, time(0), zone)
    for asked in (
        *(_requests(event, steps, speakers, starts, zone) if now < starts else ()),
        *_reminders(event, steps, speakers, starts, zone),
        *_thanks(event, steps, speakers, zone),
    ):
        drafted = timedelta(days=draft_days if asked.step.release is Release.STAFF else 0)
        states = () if asked.day is None else (asked.day.isoformat(),)
        yield make(
            history,
            now,
            key=":".join((asked.kind, event.key, *states)),
            kind=asked.kind,
            subject_key=event.key,
            due_at=asked.due_at,
            until=asked.until,
            draft_at=asked.due_at - drafted,
            audience=AudienceSpec(AudienceKind.SPEAKERS, event.key, states),
            count=asked.count,
            reason=asked.reason,
            release=asked.step.release,
            standing=True,
        )


def _requests(
    event: EventFacts,
    steps: Mapping[MailKind, Step],
    speakers: tuple[SpeakerFact, ...],
    starts: datetime,
    zone: ZoneInfo,
) -> Iterator[_Asked]:
    step = steps.get(MailKind.SPEAKER_REQUEST)
    silent = sum(not one.confirmed and not one.declined for one in speakers)
    if step is None or not silent or event.state is EventState.HELD:
        return
    assert event.on_date is not None
    due_at = at_local(working_day_before(event.on_date + timedelta(days=step.days)), step.at, zone)
    reason = f"{abs(step.days)} days before the event, or when a speaker is added"
    yield _Asked(MailKind.SPEAKER_REQUEST, step, due_at, starts, silent, reason)


def _reminders(
    event: EventFacts,
    steps: Mapping[MailKind, Step],
    speakers: tuple[SpeakerFact, ...],
    starts: datetime,
    zone: ZoneInfo,
) -> Iterator[_Asked]:
    step = steps.get(MailKind.SPEAKER_REMINDER)
    if step is None or event.state is EventState.HELD:
        return
    for day in sorted({one.slides_due_on for one in speakers if one.slides_due_on is not None}):
        due_at = at_local(working_day_before(day + timedelta(days=step.days)), step.at, zone)
        until = min(due_at + step.window, starts)
        # Who was asked after this closed was told the day in the request itself.
        owing = sum(
            one.slides_due_on == day
            and not one.declined
            and not one.handed_in
            and one.asked_at <= until
            for one in speakers
        )
        if owing:
            reason = f"{abs(step.days)} days before the last day for the slides"
            yield _Asked(MailKind.SPEAKER_REMINDER, step, due_at, until, owing, reason, day)


def _thanks(
    event: EventFacts,
    steps: Mapping[MailKind, Step],
    speakers: tuple[SpeakerFact, ...],
    zone: ZoneInfo,
) -> Iterator[_Asked]:
    step = steps.get(MailKind.SPEAKER_THANKS)
    if step is None or event.last_date is None:
        return
    due_at = at_local(working_day_after(event.last_date + timedelta(days=step.days)), step.at, zone)
    until = due_at + step.window
    spoke = sum(one.confirmed and one.asked_at <= until for one in speakers)
    if spoke:
        reason = f"{step.days} days after the event"
        yield _Asked(MailKind.SPEAKER_THANKS, step, due_at, until, spoke, reason)
