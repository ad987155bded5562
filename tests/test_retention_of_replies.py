"""The service forgets diets and replies by itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.registrations.scene import Scene
from tests.story.scene import read_files
from var_outreach import pipeline
from var_outreach.agenda.model import Event
from var_outreach.app import App
from var_outreach.audiences.definition import load_audiences
from var_outreach.audiences.store import seed_audiences
from var_outreach.clock import MovableClock
from var_outreach.people.topics import seed_topics
from var_outreach.registrations.model import Registration, RegistrationState
from var_outreach.settings import NoticeDays, Settings, StaffSettings, config_dir
from var_outreach.storage.engine import Database
from var_outreach.tokens import Signer

DAY = datetime(2025, 3, 10, 13, 0, tzinfo=UTC)


def test_a_tick_erases_replies_after_their_days_and_keeps_the_totals(
    database: Database, clock: MovableClock, signer: Signer, tmp_path: Path
) -> None:
    settings = Settings(
        data_dir=tmp_path,
        reply_retention_days=7,
        staff=StaffSettings(notice_days=NoticeDays.NEVER),
    )
    app = App(settings, database, clock, signer)
    vars(app).update(read_files())
    with database.writing() as session:
        seed_topics(session)
        seed_audiences(session, load_audiences(config_dir() / "audiences.yaml"), now=clock.now())
        event = Scene(clock.now()).event(session, day=DAY)
        rows = Scene(clock.now()).invited(session, event, 3)
        for row in rows:
            row.state, row.diet = RegistrationState.ATTENDED, "Vegetarisch"
            row.replies = {"toegankelijkheid": "rolstoel"}
        event_id = event.id
    seen = []
    for days in (0, 7, 8):
        clock.move_to(DAY + timedelta(days=days))
        pipeline.tick(app)
        with database.reading() as session:
            seen.append({(row.diet, str(row.replies)) for row in session.query(Registration)})
    assert seen == [seen[0], seen[0], {("", "{}")}]
    assert seen[0] != seen[2]
    with database.reading() as session:
        assert session.get_one(Event, event_id).reply_totals == {
            "diet": {"Vegetarisch": 3},
            "toegankelijkheid": {"rolstoel": 3},
        }
