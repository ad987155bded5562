"""Serves the site on one address until it is told to stop.

*Reads*: the ``App``. *Writes*: nothing. *Next*: ``cli/serving.py`` calls it.
"""

from __future__ import annotations

from pathlib import Path

import uvicorn

from var_outreach.app import App
from var_outreach.web.caught import caught_router
from var_outreach.web.server import create_web


def serve_site(
    app: App, host: str, port: int, *, caught: Path | None = None, quiet: bool = False
) -> None:
    """Serve until SIGINT or SIGTERM; ``caught`` adds pages for the mail of a rehearsal."""
    routers = () if caught is None else (caught_router(caught),)
    config = uvicorn.Config(
        create_web(app, routers),
        host=host,
        port=port,
        log_level="warning" if quiet else "info",
        server_header=False,
        # A line of it would hold the token of a personal link.
        access_log=False,
        timeout_graceful_shutdown=20,
    )
    uvicorn.Server(config).run()
