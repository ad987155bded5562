"""What the programmes of events say of a person who is erased, and what is known of a speaker.

*Reads / Writes*: speakers, programmes and what an import or a change said of them. *Next*:
``staff/privacy.py`` does this with all else that is kept of the person.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from var_outreach.agenda.model import Event, EventChange
from var_outreach.people.model import Contact
from var_outreach.programme.model import Speaker, WorkshopChoice
from var_outreach.registrations.model import Registration
from var_outreach.storage.redaction import redact
from var_outreach.tokens import random_token


def forget_speaker(session: Session, contact: Contact, names: Sequence[str]) -> int:
    """Empty what is kept of a speaker, and take the name out of programmes; return how often.

    The talk itself stays in the programme. A later import of the same file would bring the name
    back, so staff take it out there too.
    """
    speakers = session.scalars(select(Speaker).where(Speaker.contact_id == contact.id)).all()
    for speaker in speakers:
        speaker.title = speaker.remark = speaker.slides_url = ""
        speaker.token = random_token()
    session.flush()
    events, changes = Event.__table__, EventChange.__table__
    columns = [events.c.programme, events.c.imported, changes.c.before, changes.c.after]
    named = redact(session, names, columns)
    session.expire_all()
    return len(speakers) + named


def export_programme(
    session: Session, contact: Contact, registration_ids: Sequence[int]
) -> dict[str, Any]:
    """Return what is kept of a person's workshops and talks, as plain JSON values."""
    speakers = session.scalars(
        select(Speaker).where(Speaker.contact_id == contact.id).order_by(Speaker.id)
    )
    choices = session.scalars(
        select(WorkshopChoice)
        .join(Registration, Registration.id == WorkshopChoice.registration_id)
        .where(WorkshopChoice.registration_id.in_(registration_ids))
        .order_by(WorkshopChoice.id)
    )
    return {
        "workshops": [
            {
                "event": one.registration.event.title,
                "workshop": one.workshop.title,
                "state": one.state.value,
                "since": one.since_at.isoformat(),
            }
            for one in choices
        ],
        "talks": [
            {
                "event": one.event.title,
                "talk": one.title,
                "asked_at": one.asked_at.isoformat(),
                "confirmed_at": one.confirmed_at.isoformat() if one.confirmed_at else None,
                "declined_at": one.declined_at.isoformat() if one.declined_at else None,
                "slides": one.slides_url,
                "remark": one.remark,
            }
            for one in speakers
        ],
    }
