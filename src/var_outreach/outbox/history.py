"""Gathers what planning needs of the past, as plain data.

*Reads*: mailings, deliveries, registrations, news, subscriptions. *Writes*: nothing. *Next*:
``planning/plan.py``. This closes the loop from what was sent to what is due, without an import
back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from var_outreach.agenda.model import Event
from var_outreach.news.model import NewsItem
from var_outreach.outbox.event_recipients import notice_kind
from var_outreach.outbox.mailings import is_dropped
from var_outreach.outbox.model import Delivery, Mailing
from var_outreach.outbox.speaker_recipients import speaker_facts
from var_outreach.people.list_checks import list_check_counts
from var_outreach.people.model import Subscription, SubscriptionState
from var_outreach.planning.due import (
    AudienceSpec,
    EventCounts,
    History,
    ListCheckFact,
    MailingFact,
    NewsFact,
)
from var_outreach.planning.mail_kinds import MailKind
from var_outreach.programme.store import due_programme_notices
from var_outreach.registrations.model import Invitation, Registration, RegistrationState
from var_outreach.registrations.store import due_notices

AudienceCount = Callable[[Event], int]
"""How many mailboxes an event's audience holds today."""


def gather_history(
    session: Session, *, started_at: datetime, audience_count: AudienceCount
) -> History:
    """Return the history in a fixed number of queries, whatever the number of recipients."""
    return History(
        started_at=started_at,
        mailings=_mailings(session),
        events=_events(session, audience_count),
        news=tuple(
            NewsFact(published_on, found_at)
            for published_on, found_at in session.execute(
                select(NewsItem.published_on, NewsItem.found_at).where(NewsItem.issue_key.is_(None))
            )
        ),
        readers=_count_subscriptions(session, SubscriptionState.ACTIVE),
        pending=session.scalar(
            select(func.count()).where(
                Subscription.state == SubscriptionState.PENDING,
                Subscription.version > Subscription.notified_version,
            )
        )
        or 0,
        list_checks=tuple(ListCheckFact(*facts) for facts in list_check_counts(session)),
    )


def _mailings(session: Session) -> dict[str, MailingFact]:
    counted = select(Delivery.mailing_id, func.count()).group_by(Delivery.mailing_id)
    sizes = dict(session.execute(counted).all())
    return {
        mailing.key: MailingFact(
            key=mailing.key,
            kind=mailing.kind,
            subject_key=mailing.subject_key,
            state=mailing.state.value,
            scheduled_at=mailing.scheduled_at,
            expires_at=mailing.expires_at,
            released=mailing.released_at is not None,
            count=sizes.get(mailing.id, mailing.approved_count or 0),
            reason=mailing.reason,
            audience=AudienceSpec.from_json(mailing.audience),
            dropped=is_dropped(mailing),
        )
        for mailing in session.scalars(select(Mailing))
    }


def _events(session: Session, audience_count: AudienceCount) -> dict[str, EventCounts]:
    invited: dict[int, tuple[int, int]] = {
        event_id: (told, outdated)
        for event_id, told, outdated in session.execute(
            select(
                Invitation.event_id,
                func.sum(case((Invitation.revision_sent >= 0, 1), else_=0)),
                func.sum(
                    case(
                        (
                            (Invitation.revision_sent >= 0)
                            & (Invitation.revision_sent < Event.revision),
                            1,
                        ),
                        else_=0,
                    )
                ),
            )
            .join(Event, Event.id == Invitation.event_id)
            .group_by(Invitation.event_id)
        )
    }
    silent = _mailboxes(session, RegistrationState.INVITED)
    accepted = _mailboxes(
        session, RegistrationState.ACCEPTED, RegistrationState.ATTENDED, RegistrationState.ABSENT
    )
    notices = _notices(session)
    before, waited = _before(session)
    speakers = speaker_facts(session)
    counts = {}
    for event in session.scalars(select(Event)):
        told, outdated = invited.get(event.id, (0, 0))
        counts[event.key] = EventCounts(
            audience=audience_count(event),
            invited=told,
            silent=silent.get(event.id, 0),
            accepted=accepted.get(event.id, 0),
            outdated=outdated,
            notices=notices.get(event.id, {}),
            accepted_before=before.get(event.replaces_id or 0, 0),
            waited_before=waited.get(event.replaces_id or 0, 0),
            speakers=speakers.get(event.id, ()),
        )
    return counts


def _before(session: Session) -> tuple[dict[int, int], dict[int, int]]:
    """Return how many had accepted each replaced event, and how many had waited for it."""
    if session.scalar(select(Event.id).where(Event.replaces_id.is_not(None)).limit(1)) is None:
        return {}, {}
    accepted, represented = RegistrationState.ACCEPTED, RegistrationState.REPRESENTED
    return _mailboxes(session, accepted, represented), _mailboxes(
        session, RegistrationState.WAITLISTED
    )


def _mailboxes(session: Session, *states: RegistrationState) -> dict[int, int]:
    counted = (
        select(Registration.event_id, func.count(func.distinct(Registration.invitation_id)))
        .where(Registration.state.in_(states))
        .group_by(Registration.event_id)
    )
    return dict(session.execute(counted).all())


def _notices(session: Session) -> Mapping[int, dict[MailKind, int]]:
    found: dict[int, dict[MailKind, int]] = {}
    for registration in due_notices(session):
        kind = notice_kind(session, registration)
        if kind is not None:
            counts = found.setdefault(registration.event_id, {})
            counts[kind] = counts.get(kind, 0) + 1
    for notice in due_programme_notices(session):
        counts = found.setdefault(notice.registration.event_id, {})
        counts[MailKind.PROGRAMME] = counts.get(MailKind.PROGRAMME, 0) + 1
    return found


def _count_subscriptions(session: Session, state: SubscriptionState) -> int:
    return session.scalar(select(func.count()).where(Subscription.state == state)) or 0
