"""A link that staff paste: what the page behind it says of itself.

*Reads*: the bytes of a web page, or its address through ``fetch``. *Writes*: nothing. *Next*: staff
correct the item before it goes into an issue; the page only proposes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

from var_outreach.errors import FetchError
from var_outreach.fetch import FetchPolicy, NotModified, fetch
from var_outreach.news.decoding import decode_text
from var_outreach.news.feeds import html_to_text
from var_outreach.news.items import FoundItem, link_key, plain_line, shorten, web_link

_MAX_HEAD = 200_000  # characters in which a page must have said what it is
_MAX_TAG = 4_000
_MAX_TITLE = 200
_BODY = re.compile(r"<body\b|</head\b", re.IGNORECASE)
_FOREIGN = re.compile(r"<(script|style|noscript|template)\b|<!--", re.IGNORECASE)
# Bounded, so that quotes that are never closed cost no quadratic time.
_TAGS = re.compile(
    r"""<title\b[^<>]*>[^<]*</title|<(?:html|meta)\b(?:[^<>"']|"[^"]{0,2000}"|'[^']{0,2000}')*>""",
    re.IGNORECASE,
)


def collect_link(
    url: str, *, policy: FetchPolicy, zone: ZoneInfo, topic: str | None = None
) -> FoundItem:
    """Fetch the page at ``url`` and return the item that it proposes. Raises: FetchError."""
    answer = fetch(url.strip(), policy=policy, accept="text/html, application/xhtml+xml;q=0.9")
    if isinstance(answer, NotModified):
        raise FetchError("the server sent no page", where=url, remedy="Try again later")
    return read_page(
        answer.body, url=answer.url, content_type=answer.content_type, zone=zone, topic=topic
    )


def read_page(
    body: bytes,
    *,
    url: str,
    zone: ZoneInfo,
    content_type: str = "text/html",
    topic: str | None = None,
) -> FoundItem:
    """Return the item that a page proposes: its title, description, picture, date and language.

    Open Graph first, then the plain HTML names. Raises: FetchError when it is no page or has no
    title.
    """
    if content_type and not re.match(r"(text/html|application/xhtml\+xml)\b", content_type, re.I):
        raise FetchError(
            f"this is not a web page but {plain_line(content_type)[:60]}",
            where=url,
            remedy="Paste the address of the page that tells about it",
        )
    try:
        text = decode_text(body, content_type)
    except ValueError as error:
        raise FetchError(
            f"the page cannot be read ({error})", where=url, remedy="Type the item yourself"
        ) from error
    said = _HeadReader.read(text)
    title = html_to_text(said.get("og:title") or said.get("title") or "")
    if not title:
        raise FetchError("the page has no title", where=url, remedy="Type the item yourself")
    words = html_to_text(
        said.get("og:description") or said.get("description") or said.get("og:title") or title
    )
    link = web_link(url)
    image = web_link(said.get("og:image", ""), url)
    return FoundItem(
        source="link",
        source_key=link_key(link or url),
        title=shorten(title, _MAX_TITLE),
        summary=shorten(words),
        url=link,
        image=image,
        image_alt=html_to_text(said.get("og:image:alt", "")) if image else None,
        topic=topic,
        published_on=_date(said.get("article:published_time", ""), zone),
        language="en" if _says_english(said) else "nl",
    )


class _HeadReader(HTMLParser):
    """Collects title, ``<meta>`` and language from the tags of a page's head."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.said: dict[str, str] = {}
        self._in_title = False

    @classmethod
    def read(cls, text: str) -> Mapping[str, str]:
        """Return what the head says, by lower-case name; the first of a name counts.

        html.parser takes quadratic time on crafted input (CVE-2025-6069), so that it is handed
        only the few tags that count, each of a bounded length.
        """
        head = text[:_MAX_HEAD]
        end = _BODY.search(head)
        reader = cls()
        for found in _TAGS.finditer(_without_foreign(head[: end.start()] if end else head)):
            if len(found[0]) <= _MAX_TAG:
                reader.feed(f"{found[0]}>" if found[0].endswith("</title") else found[0])
        reader.close()
        return reader.said

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self._in_title = tag == "title"
        if tag == "html":
            self.said.setdefault("lang", values.get("lang", ""))
        name = (values.get("property") or values.get("name") or "").strip().lower()
        if tag == "meta" and name and values.get("content"):
            self.said.setdefault(name, values["content"])

    def handle_endtag(self, tag: str) -> None:
        self._in_title = False

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.said.setdefault("title", data)


def _without_foreign(head: str) -> str:
    """Leave out scripts, styles and comments, to the end where one is not closed."""
    parts: list[str] = []
    done = 0
    while (opening := _FOREIGN.search(head, done)) is not None:
        parts.append(head[done : opening.start()])
        closing = re.compile(f"</{opening[1]}" if opening[1] else "-->", re.IGNORECASE)
        found = closing.search(head, opening.end())
        if found is None:
            return "".join(parts)
        done = found.end()
    return "".join((*parts, head[done:]))


def _says_english(said: Mapping[str, str]) -> bool:
    return (said.get("lang") or said.get("og:locale", "")).lower().startswith("en")


def _date(moment: str, zone: ZoneInfo) -> date | None:
    """Return the local date of an ISO 8601 moment, or None."""
    try:
        instant = datetime.fromisoformat(moment.strip())
    except ValueError:
        return None
    return instant.date() if instant.tzinfo is None else instant.astimezone(zone).date()
