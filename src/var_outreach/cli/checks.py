"""What can be wrong between two settings that are each right by themselves.

*Reads*: settings, rules, the saved audiences. *Writes*: nothing. *Next*: ``context`` asks before a
command begins.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from var_outreach.app import App
from var_outreach.audiences.model import Audience
from var_outreach.audiences.store import get_audience
from var_outreach.cli.output import warn
from var_outreach.errors import ConfigError, NotFound
from var_outreach.settings import Settings, config_dir, setting_place
from var_outreach.settings_warnings import settings_warnings
from var_outreach.staff.audiences import differing_audiences

_REMEDY = "Use sqlite:///FILE or postgresql://USER@HOST/NAME"


def check_database_url(text: str) -> None:
    """Raise ConfigError if ``text`` names no database that can be opened by this program."""
    try:
        if not text.isprintable():
            raise ValueError("control characters")
        url = make_url(text)
        if url.get_backend_name() in {"sqlite", "postgresql"}:
            url.get_dialect().import_dbapi()
    except (ArgumentError, ValueError, ImportError) as error:
        shown = text.rsplit("@", 1)[-1]
        raise ConfigError(
            f"'{shown}' is not a database URL", where="database_url", remedy=_REMEDY
        ) from error


def check_audiences_of_rules(app: App) -> None:
    """Raise ConfigError, with the line, if the rules name an audience that is not there."""
    rules = app.rules
    wanted = {
        rules.default.audience_key,
        rules.newsletter.audience_key,
        *(kind.audience_key for kind in rules.kinds.values()),
    }
    with app.database.reading() as session:
        missing = sorted(wanted - set(session.scalars(select(Audience.key))))
        if not missing:
            return
        try:
            get_audience(session, missing[0])
        except NotFound as error:
            where = setting_place(Path(rules.source), "audience", missing[0])
            raise ConfigError(error.what, where=where, remedy=error.remedy) from error


def warn_of_audiences(app: App) -> None:
    """Say so if the file of audiences was changed since it was read: that alone does nothing."""
    differ = differing_audiences(app)
    if differ:
        file = config_dir() / "audiences.yaml"
        warn(
            f"{file}: not in force as it stands there: {', '.join(differ)}. "
            f"See the difference: var-outreach audience import {file} --dry-run"
        )


def warn_of_settings(settings: Settings) -> None:
    """Say what in the settings works and is surely not meant."""
    for warning in settings_warnings(settings):
        warn(f"Note: {warning}")
