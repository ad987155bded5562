"""What every command needs: the settings it was called with, opened once.

*Reads*: settings. *Writes*: nothing. *Next*: a command asks ``the_app`` for the application.
"""

from __future__ import annotations

import getpass
from pathlib import Path

from var_outreach.app import App, build_app
from var_outreach.settings import load_settings


class Context:
    """The options given before the command."""

    config: Path | None = None


def the_app() -> App:
    """Return the application; raises ConfigError or DatabaseBehind."""
    return build_app(load_settings(Context.config))


def whoami(by: str | None = None) -> str:
    """Return in whose name something is done: ``by``, else the name of the login."""
    if by:
        return by
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "staff"
