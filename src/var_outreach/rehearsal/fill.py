"""Fills the empty database of a rehearsal: with invented people, or with one's own.

*Reads*: the shipped samples, or the installation's database. *Writes*: the scratch database.
*Next*: ``year.py`` rehearses with it.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import delete, insert, select

from var_outreach import pipeline
from var_outreach.agenda.model import Event
from var_outreach.app import App
from var_outreach.errors import NotFound
from var_outreach.people.csv_import import import_people
from var_outreach.people.model import Subscription
from var_outreach.people.samples import sample_people
from var_outreach.settings import data_root
from var_outreach.staff import agenda as staff_agenda
from var_outreach.storage.base import Base

COPIED = (
    "organisation",
    "topic",
    "contact",
    "contact_topic",
    "function",
    "subscription",
    "consent_proof",
    "suppression",
    "audience",
    "event",
    "news_image",
    "news_item",
)
"""The tables that a rehearsal of one's own year starts from; of the past it takes nothing."""
BY = "rehearsal"


def fill_with_samples(app: App, plan: Path, *, full: bool) -> None:
    """Bring in the shipped people and news, and the agenda in ``plan``."""
    with app.database.writing() as session:
        import_people(
            session,
            sample_people(full=full),
            now=app.clock.now(),
            source="voorbeeldgegevens",
            signer=app.signer,
        )
    staff_agenda.import_agenda_file(app, plan, by=BY, with_undated=True)
    pipeline.collect_news_folder(app, data_root() / "samples" / "news")


def fill_with_own(own: App, app: App, year: int) -> None:
    """Copy agenda, people, audiences and news of ``own``; raises NotFound without an agenda."""
    with own.database.reading() as session:
        dated = session.scalars(select(Event.on_date).where(Event.on_date.is_not(None))).all()
        if not any(day.year == year for day in dated if day is not None):
            raise NotFound(
                f"the agenda has no event in {year}",
                remedy="Import that year's plan first: var-outreach agenda import FILE",
            )
        rows = {
            table.name: [dict(row) for row in session.execute(select(table)).mappings()]
            for table in Base.metadata.sorted_tables
            if table.name in COPIED
        }
    now = app.clock.now()
    for event in rows["event"]:
        # In the rehearsal all is known from its first day on.
        event["known_at"] = event["date_known_at"] = event["changed_at"] = now
        event["revision"] = event["date_revision"] = 0
    for item in rows["news_item"]:
        item["issue_key"] = None
    with app.database.writing() as session:
        # Themes and audiences were put there when the database was made; one's own count.
        for table in reversed(Base.metadata.sorted_tables):
            if table.name in COPIED:
                session.execute(delete(table))
        for table in Base.metadata.sorted_tables:
            if rows.get(table.name):
                session.execute(insert(table), rows[table.name])
        for subscription in session.scalars(select(Subscription)):
            subscription.notified_version = subscription.version
