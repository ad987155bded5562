"""What came of a rehearsal: a table for people, ``summary.json`` for programs.

*Reads*: the rehearsed database. *Writes*: ``summary.json``. *Next*: the demo prints it.
"""

from __future__ import annotations

import json
from pathlib import Path

from var_outreach.app import App
from var_outreach.reporting.figures import YearFigures, summarise_year


def write_summary(app: App, year: int, folder: Path) -> YearFigures:
    """Write ``folder/summary.json`` and return the figures.

    ``mailings``: a list with key, kind, date, to, deliveries by state; ``deliveries``: counts by
    state over all; ``registrations``: by event key, counts by state.
    """
    with app.database.reading() as session:
        figures = summarise_year(session, year, app.settings.zone)
    data = {
        "year": year,
        "mailings": [
            {
                "key": mailing.key,
                "kind": mailing.kind,
                "about": mailing.subject,
                "date": mailing.on.isoformat(),
                "state": mailing.state,
                "to": mailing.total,
                "deliveries": mailing.deliveries,
            }
            for mailing in figures.mailings
        ],
        "deliveries": figures.deliveries,
        "registrations": {event.key: event.registrations for event in figures.events},
        "events": [
            {
                "key": event.key,
                "kind": event.kind,
                "title": event.title,
                "date": event.on_date.isoformat() if event.on_date else None,
                "state": event.state,
            }
            for event in figures.events
        ],
    }
    path = folder / "summary.json"
    path.write_text(json.dumps(data, ensure_ascii=False, indent=2) + "\n", "utf-8")
    return figures
