"""Workshops and talks of two contacts that are one person become one's.

*Reads / Writes*: choices, notices, speakers. *Next*: ``staff/joining.py`` then takes away the
registrations that are no more.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from var_outreach.agenda.model import Event
from var_outreach.people.model import Contact
from var_outreach.programme.choosing import promote_in_workshops
from var_outreach.programme.model import ChoiceState, ProgrammeNotice, Speaker, WorkshopChoice
from var_outreach.registrations.model import Registration

_SAID = ("title", "starts_at", "ends_at", "confirmed_at", "declined_at", "slides_due_on",
         "slides_url", "remark")  # fmt: skip


def merge_choices(session: Session, gone: Mapping[int, int], *, now: datetime) -> None:
    """Give the workshops of registrations in ``gone`` to what these became.

    Of two places in one round the one that is kept stays; the other goes to who waits.
    """
    events = set()
    for gone_id, kept_id in gone.items():
        own = _choices(session, kept_id)
        for choice in _choices(session, gone_id):
            if _may_have(choice, own):
                choice.registration_id = kept_id
                own.append(choice)
            else:
                session.delete(choice)
                events.add(session.get_one(Registration, kept_id).event_id)
        session.execute(delete(ProgrammeNotice).where(ProgrammeNotice.registration_id == gone_id))
        session.flush()
    for event_id in sorted(events):
        promote_in_workshops(session, session.get_one(Event, event_id), now=now)


def merge_speakers(session: Session, keep: Contact, other: Contact) -> None:
    """Let ``keep`` speak where ``other`` would."""
    for speaker in session.scalars(select(Speaker).where(Speaker.contact_id == other.id)).all():
        own = session.scalar(
            select(Speaker).where(
                Speaker.contact_id == keep.id, Speaker.event_id == speaker.event_id
            )
        )
        if own is None:
            speaker.contact = keep
            continue
        for fact in _SAID:
            setattr(own, fact, getattr(own, fact) or getattr(speaker, fact))
        session.delete(speaker)
    session.flush()


def _choices(session: Session, registration_id: int) -> list[WorkshopChoice]:
    query = select(WorkshopChoice).where(WorkshopChoice.registration_id == registration_id)
    return list(session.scalars(query.order_by(WorkshopChoice.id)))


def _may_have(choice: WorkshopChoice, own: list[WorkshopChoice]) -> bool:
    if any(one.workshop_id == choice.workshop_id for one in own):
        return False
    chosen = choice.state is ChoiceState.CHOSEN
    return not any(
        one.round_id == choice.round_id and one.state is ChoiceState.CHOSEN and chosen
        for one in own
    )
