"""What every command needs: the settings it was called with, opened once.

*Reads*: settings and configuration files. *Writes*: nothing. *Next*: a command asks ``the_app``
for the application.
"""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from var_outreach.app import App


class Context:
    """The options given before the command."""

    config: Path | None = None


def the_app() -> App:
    """Return the application; raises ConfigError, StorageError or DatabaseBehind.

    All configuration is read before the database is opened, so that a mistake in it changes
    nothing, whichever command meets it first.
    """
    from var_outreach.agenda.kinds import load_kinds
    from var_outreach.app import build_app
    from var_outreach.cli.checks import check_audiences_of_rules, check_database_url
    from var_outreach.composing.partners import load_partners
    from var_outreach.planning.rules import load_rules
    from var_outreach.settings import config_dir, load_settings

    settings = load_settings(Context.config)
    check_database_url(settings.database)
    rules = load_rules(config_dir() / "rules.yaml")
    kinds = load_kinds(config_dir() / "kinds.yaml")
    partners = load_partners(config_dir() / "partners.yaml")
    app = build_app(settings)
    app.rules, app.kinds, app.partners = rules, kinds, partners
    check_audiences_of_rules(app)
    return app


def whoami(by: str | None = None) -> str:
    """Return in whose name something is done: ``by``, else the name of the login."""
    if by:
        return by
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "staff"
