"""A conference with two rounds of workshops, guests in them, and a speaker; on the seeded site."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from tests.seeding.site import DOMAIN, NOW, Invited, add_contact, make_event
from var_outreach.agenda.model import Event, Visibility
from var_outreach.agenda.yaml_rounds import RoundPlan, SpeakerPlan, WorkshopPlan
from var_outreach.programme.arranging import arrange, find_workshop
from var_outreach.programme.choosing import choose
from var_outreach.programme.speaking import put_speaker, record_speaker
from var_outreach.registrations.answers import Answer, record_answer
from var_outreach.registrations.invitees import invite
from var_outreach.registrations.model import Invitation, RegistrationState
from var_outreach.storage.engine import Database

ZONE = ZoneInfo("Europe/Amsterdam")
ROUNDS = (
    RoundPlan(
        "ronde-1", "Ronde 1", time(10), time(10, 45),
        (
            WorkshopPlan(
                "zorg", "Samen kijken naar zorgmijders",
                "Drie situaties uit de praktijk.\n\n- Wie ziet wat\n- Wie doet wat", "Maaszaal", 1,
            ),
            WorkshopPlan("wijk", "Signalen van ondermijning in de wijk", "", "Havenkamer", 25),
            WorkshopPlan("jeugd", "Jongeren op tijd zien", "", "Zuidzaal"),
        ),
    ),
    RoundPlan(
        "ronde-2", "Ronde 2", time(11), time(11, 45),
        (
            WorkshopPlan("onrust", "In gesprek bij onrust in de wijk", "", "Havenkamer", 2),
            WorkshopPlan("gegevens", "Welke gegevens mag u delen?", "", "Zuidzaal", 40),
        ),
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Programme:
    """The secrets that the tests need to find their pages."""

    guest: str
    """Answer token: one guest, nothing chosen yet."""
    waiting: str
    """Answer token: in one workshop and waiting for a full one."""
    speaker: str
    """Speaker token: asked, no answer yet."""
    confirmed: str


def seed_programme(database: Database) -> Programme:
    """Add the conference to the seeded site and return the secrets."""
    with database.writing() as session:
        event = make_event(
            "conferentie-workshops", "Regionale conferentie", "conferentie", date(2025, 11, 24),
            visibility=Visibility.PUBLIC, place="De Kuip",
            programme=[{"from": "09.30", "to": "10.00", "title": "Welkom"}],
        )  # fmt: skip
        session.add(event)
        session.flush()
        arrange(session, event, ROUNDS, zone=ZONE, now=NOW)
        full, guest, waiting = (
            _guest(session, event, name) for name in ("Aart Vol", "Bea Gast", "Cees Wacht")
        )
        for who, key in ((full, "zorg"), (waiting, "wijk"), (waiting, "zorg")):
            workshop = find_workshop(session, event, f"ronde-1/{key}")
            choose(session, who.registrations[0], workshop, now=NOW)
        plan = SpeakerPlan(
            "Noor Spreker", "noor@spreker.example", "Wat wij leerden van een jaar samenwerken",
            time(10), time(10, 30), date(2025, 11, 17),
        )  # fmt: skip
        asked, *_ = put_speaker(session, event, plan, zone=ZONE, now=NOW)
        other = SpeakerPlan("Piet Spreker", "piet@spreker.example", "Welkom")
        sure, *_ = put_speaker(session, event, other, zone=ZONE, now=NOW)
        record_speaker(
            session, sure, confirms=True, slides_url="https://dia.example/welkom",
            remark="Een lessenaar", now=NOW,
        )  # fmt: skip
        return Programme(guest.token, waiting.token, asked.token, sure.token)


def _guest(session: Session, event: Event, name: str) -> Invitation:
    contact = add_contact(session, name, f"{name.split()[0].lower()}@brielle.example")
    row = invite(session, event, Invited(contact.id), uid_domain=DOMAIN, now=NOW)
    session.refresh(row)
    record_answer(
        session, row.registrations[0], Answer(RegistrationState.ACCEPTED), via="page", now=NOW
    )
    return row
