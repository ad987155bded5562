"""People at their desk: they read the mail they got, open its link and press the page's button."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from html.parser import HTMLParser

from fastapi.testclient import TestClient

from tests.story.scene import Story
from tests.story.sink import Caught
from var_outreach.web.server import create_web

_LINK = re.compile(r"https://agenda\.var\.example(/antwoord/[a-z2-7]+)")


@dataclass
class Paper:
    """A browser on the site of a story, and the newest answer link that each mailbox got."""

    story: Story
    links: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        app = self.story.start()
        web = create_web(app, equal_seconds=0)
        self._client = TestClient(web, base_url=app.settings.base_url, follow_redirects=False)

    def read(self, mails: Iterable[Caught]) -> dict[str, Caught]:
        """Return ``mails`` by recipient, one each, and keep the links in them."""
        found: dict[str, Caught] = {}
        for one in mails:
            assert one.recipient not in found, f"{one.recipient} got two: {one.subject}"
            found[one.recipient] = one
            if link := _LINK.search(one.body):
                self.links[one.recipient] = link[1]
        return found

    def get(self, path: str) -> str:
        """Return a page."""
        answer = self._client.get(path)
        assert answer.status_code == 200, answer.status_code
        return str(answer.text)

    def page(self, address: str) -> str:
        """Return the answer page of ``address``."""
        return self.get(self.links[address])

    def answer(self, address: str, choice: str) -> None:
        """Open the link, choose ja, misschien or nee for every office, and press the button."""
        path = self.links[address]
        form = _Form(choice)
        form.feed(self.get(path))
        assert form.chosen, f"nothing to answer on {path}"
        sent = self._client.post(
            path, data=form.fields, headers={"Origin": self.story.settings().base_url}
        )
        wrong = re.sub(r"<[^>]+>|\s+", " ", sent.text)[:900]
        assert sent.status_code == 303, wrong
        assert sent.headers["location"] == f"{path}/klaar"


def read_fields(page: str, choice: str = "") -> dict[str, str]:
    """Return what a browser sends of ``page`` as it stands, every office answered ``choice``."""
    form = _Form(choice)
    form.feed(page)
    return form.fields


class _Form(HTMLParser):
    """The fields of a page as a browser would send them, every ``choice`` marked."""

    def __init__(self, choice: str) -> None:
        super().__init__()
        self._choice = choice
        self.fields: dict[str, str] = {}
        self.chosen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name, value = given.get("name"), given.get("value") or ""
        if tag not in {"input", "textarea"} or not name:
            return
        kind = given.get("type", "text")
        if kind == "radio":
            if value == self._choice:
                self.fields[name] = value
                self.chosen += 1
        elif kind in {"hidden", "text", "email"} or (kind == "checkbox" and "checked" in given):
            # An office without a holder asks who comes.
            self.fields[name] = value or ("Robin Zuidhoek" if name.startswith("naam-") else "")
