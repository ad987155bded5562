"""A seeded site on an SQLite file, and a client that speaks to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from fastapi.testclient import TestClient

from tests.seeding.site import Seeded, build_site_app, seed_site
from var_outreach.app import App
from var_outreach.web.server import create_web


@dataclass
class Place:
    """The application, a client of its site, and what was put into the database."""

    app: App
    client: TestClient
    seeded: Seeded
    woken: list[bool] = field(default_factory=list)

    def get(self, path: str, *, headers: dict[str, str] | None = None) -> httpx.Response:
        """Ask for a page."""
        answer: httpx.Response = self.client.get(path, headers=headers)
        return answer

    def send(self, path: str, **fields: str) -> httpx.Response:
        """Send a form as a browser would: with the hidden token of its page, from our origin."""
        page = self.client.get(path).text
        if 'name="formulier"' in page:
            fields["formulier"] = page.split('name="formulier" value="')[1].split('"')[0]
        answer: httpx.Response = self.client.post(
            path, data=fields, headers={"Origin": "http://testserver"}
        )
        return answer


@pytest.fixture(scope="session")
def _seeded_file(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Seeded]:
    folder = tmp_path_factory.mktemp("site")
    app = build_site_app(folder / "seed")
    seeded = seed_site(app.database)
    app.database.close()
    return folder / "seed" / "site.sqlite", seeded


@pytest.fixture
def site(_seeded_file: tuple[Path, Seeded], tmp_path: Path) -> Iterator[Place]:
    """The seeded site, a copy of its own for every test."""
    file, seeded = _seeded_file
    app = build_site_app(tmp_path / "site", template=file)
    woken: list[bool] = []
    app.wake = lambda: woken.append(True)
    web = create_web(app, equal_seconds=0)
    with TestClient(web, follow_redirects=False) as client:
        yield Place(app, client, seeded, woken)
    app.database.close()
