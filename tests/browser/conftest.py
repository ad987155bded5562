"""The seeded site on a loopback port, and a tab to look at it with."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, Page

from tests.seeding.site import Seeded, build_site_app, seed_site
from var_outreach.app import App
from var_outreach.web.server import create_web


@dataclass(frozen=True)
class Live:
    """A running site."""

    base: str
    app: App
    seeded: Seeded


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Live]:
    """The seeded site, served by uvicorn in a thread."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        base = f"http://127.0.0.1:{listening.getsockname()[1]}"
        app = build_site_app(tmp_path / "site", base_url=base)
        seeded = seed_site(app.database)
        web = create_web(app, equal_seconds=0)
        server = uvicorn.Server(uvicorn.Config(web, log_level="warning", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield Live(base, app, seeded)
        finally:
            server.should_exit = True
            thread.join(timeout=20)
            app.database.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A tab without JavaScript, as wide as a phone."""
    context = browser.new_context(
        java_script_enabled=False, viewport={"width": 390, "height": 844}, locale="nl-NL"
    )
    context.set_default_timeout(20_000)
    yield context.new_page()
    context.close()
