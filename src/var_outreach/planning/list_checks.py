"""Says when organisations are asked whether their list of offices is right, and once more.

*Reads*: its arguments. *Writes*: nothing. *Next*: ``plan.py`` adds these to what is due.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from var_outreach.clock import at_local
from var_outreach.planning.due import AudienceKind, AudienceSpec, Due, History
from var_outreach.planning.mail_kinds import MailKind
from var_outreach.planning.rules import Release
from var_outreach.planning.working_days import working_day_before

REMINDER = "reminder"
REMIND_BEFORE = timedelta(days=7)
REMIND_AT = time(9)


class Maker(Protocol):
    """Makes a ``Due`` with the state that it is in."""

    def __call__(
        self,
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
        standing: bool = ...,
    ) -> Due:
        """Return it."""
        ...


def list_check_dues(
    history: History, now: datetime, zone: ZoneInfo, *, make: Maker
) -> Iterator[Due]:
    """Yield the request for each day until which lists are asked about, and its one reminder.

    Staff release the request. The reminder goes by itself, to who did not answer.
    """
    for fact in history.list_checks:
        day = fact.until_on.isoformat()
        key = f"{MailKind.LIST_CHECK}:{day}"
        ends = at_local(fact.until_on + timedelta(days=1), time(0), zone)
        if fact.unsent or key in history.mailings:
            yield make(
                history,
                now,
                key=key,
                kind=MailKind.LIST_CHECK,
                subject_key=None,
                due_at=fact.asked_at,
                until=ends,
                draft_at=fact.asked_at,
                audience=AudienceSpec(AudienceKind.LIST_CHECKS, day),
                count=fact.unsent,
                reason="staff ask whether lists are right",
                release=Release.STAFF,
                standing=True,
            )
        remind_at = at_local(working_day_before(fact.until_on - REMIND_BEFORE), REMIND_AT, zone)
        key = f"{key}:{REMINDER}"
        if remind_at < fact.asked_at or not (fact.silent or key in history.mailings):
            continue
        yield make(
            history,
            now,
            key=key,
            kind=MailKind.LIST_CHECK,
            subject_key=None,
            due_at=remind_at,
            until=ends,
            draft_at=remind_at,
            audience=AudienceSpec(AudienceKind.LIST_CHECKS, day, (REMINDER,)),
            count=fact.silent,
            reason=f"a week before {day}, no answer",
            release=Release.AUTOMATIC,
        )
