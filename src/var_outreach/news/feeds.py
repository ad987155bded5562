"""News from RSS and Atom feeds, which are written by strangers.

*Reads*: the bytes of a feed, or its address through ``fetch``. *Writes*: nothing. *Next*: the store
of this stage keeps each item once. A feed brings plain text, a web link and the address of a
picture into our mail, and nothing else.
"""

from __future__ import annotations

import calendar
import hashlib
import html
import io
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from xml.parsers import expat
from zoneinfo import ZoneInfo

import feedparser  # type: ignore[import-untyped,unused-ignore]
import nh3

from var_outreach.clock import local_date
from var_outreach.errors import FetchError
from var_outreach.fetch import FetchPolicy, NotModified, fetch
from var_outreach.news.decoding import decode_text
from var_outreach.news.items import (
    FoundItem,
    FoundNews,
    bounded_key,
    link_key,
    plain_line,
    shorten,
    topic_names,
    web_link,
)

FEED_TYPES = (
    "application/atom+xml, application/rss+xml, application/xml;q=0.9, text/xml;q=0.8, */*;q=0.1"
)
MAX_FEED_BYTES = 3 * 1024 * 1024
MAX_ITEMS = 50
_MAX_ELEMENTS = 30_000  # a feed of 500 items has some 10,000
_MAX_BROKEN_BYTES = 256 * 1024  # feedparser reads broken XML some hundred times slower
_MAX_TITLE = 200
_MAX_HTML = 20_000  # characters of one entry that are looked at for a summary

# ``<!DOCTYPE`` is where entities are declared, and an entity may hold a thousand others.
_DECLARATION = re.compile(r"<!\s*(DOCTYPE|ENTITY|ELEMENT|ATTLIST|NOTATION)\b", re.IGNORECASE)
_HTML_DOCTYPE = re.compile(r"<!DOCTYPE\s{1,20}html[^<>\[\]]{0,300}>", re.IGNORECASE)
_XML_HEAD = re.compile(r"\A\s*<\?xml[^>]{0,200}\?>")
_BLOCK_END = re.compile(r"</?(?:p|div|br|li|ul|ol|h[1-6]|tr|td|blockquote)\b", re.IGNORECASE)
_GLOBAL_KEY = re.compile(r"^(?:https?://|tag:|urn:)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class FeedReading:
    """What one visit to a feed brought, and what to say on the next (RFC 9110 13.1)."""

    news: FoundNews
    etag: str | None
    last_modified: str | None


def collect_feed(
    url: str,
    *,
    policy: FetchPolicy,
    zone: ZoneInfo,
    topics: Mapping[str, str],
    topic: str | None = None,
    etag: str | None = None,
    last_modified: str | None = None,
) -> FeedReading | NotModified:
    """Fetch the feed at ``url`` unless it is what we had, and read it. Raises: FetchError."""
    answer = fetch(url, policy=policy, etag=etag, last_modified=last_modified, accept=FEED_TYPES)
    if isinstance(answer, NotModified):
        return answer
    news = read_feed(
        answer.body,
        feed_url=answer.url,
        content_type=answer.content_type,
        zone=zone,
        topics=topics,
        topic=topic,
    )
    return FeedReading(news, answer.etag, answer.last_modified)


def read_feed(
    body: bytes,
    *,
    feed_url: str,
    zone: ZoneInfo,
    topics: Mapping[str, str],
    content_type: str = "",
    topic: str | None = None,
    language: str = "nl",
    max_items: int = MAX_ITEMS,
) -> FoundNews:
    """Return the items of a feed in its own order, each once, at most ``max_items``.

    An entry's category decides its topic when it is one of ``topics`` (key -> name), else
    ``topic`` does. Dates are those of the wall calendar in ``zone``. What is left out is in the
    notes. Raises: FetchError when it is no feed or not a safe one.
    """
    text = _safe_text(body, feed_url, content_type)
    xml = text.encode("utf-8", "replace")
    well_formed = _is_well_formed(xml, feed_url)
    parsed = feedparser.parse(
        # A stream, for feedparser opens a bare string as a file or address.
        io.BytesIO(xml),
        response_headers={
            "content-type": "application/xml; charset=utf-8",
            "content-location": feed_url,
        },
        sanitize_html=False,  # nothing of the HTML is kept; nh3 reduces it to text
        resolve_relative_uris=False,
    )
    if not parsed.entries and not parsed.get("version"):
        raise FetchError(
            "this is not an RSS or Atom feed",
            where=feed_url,
            remedy="Look for the feed's own address on the page, often /feed or /rss",
        )
    notes: list[str] = []
    if not well_formed:
        notes.append(f"{feed_url}: the feed is not well-formed; what could be read was")
    reader = _EntryReader(feed_url, zone, topic_names(topics), topic, language, notes)
    items = list(_once(parsed.entries, reader))
    if len(items) > max_items:
        notes.append(
            f"{feed_url}: {len(items) - max_items} items past the first {max_items} are left out"
        )
    return FoundNews(tuple(items[:max_items]), tuple(notes))


def html_to_text(markup: str) -> str:
    """Return the words of ``markup`` on one line: no tags, no scripts, entities resolved."""
    spaced = _BLOCK_END.sub(lambda found: f" {found[0]}", markup[:_MAX_HTML])
    return plain_line(html.unescape(nh3.clean(spaced, tags=set())))


def _safe_text(body: bytes, feed_url: str, content_type: str) -> str:
    """Return the feed's text when it declares nothing. Raises: FetchError."""
    if len(body) > MAX_FEED_BYTES:
        raise FetchError(
            f"the feed is larger than {MAX_FEED_BYTES // 1024} kB",
            where=feed_url,
            remedy="Ask its owner for a feed with the latest items only",
        )
    try:
        text = decode_text(body, content_type)
    except ValueError as error:
        raise FetchError(
            f"the feed cannot be read ({error})", where=feed_url, remedy="It should be UTF-8"
        ) from error
    text = _XML_HEAD.sub("", text, count=1)
    # An article pasted whole into CDATA may start with its own HTML doctype: harmless there, and
    # taken out so that afterwards no declaration at all is left, wherever a parser may see one.
    text = _without_html_doctypes(text)
    declaration = _DECLARATION.search(text)
    if declaration is not None:
        raise FetchError(
            f"the feed holds a {declaration[1].upper()} declaration, which is refused",
            where=feed_url,
            remedy="Ask its owner to leave it out; no feed needs one",
        )
    return text


def _without_html_doctypes(text: str) -> str:
    """Take HTML doctypes out of CDATA sections; ``find`` is linear where a pattern is not."""
    parts: list[str] = []
    done = 0
    while (start := text.find("<![CDATA[", done)) >= 0:
        end = text.find("]]>", start)
        if end < 0:
            break
        parts += (text[done:start], _HTML_DOCTYPE.sub(" ", text[start:end]))
        done = end
    return "".join((*parts, text[done:]))


def _is_well_formed(xml: bytes, feed_url: str) -> bool:
    """Say whether expat reads it; refuse what would keep feedparser busy. Raises: FetchError."""
    count = 0

    def start(name: str, attributes: object) -> None:
        nonlocal count
        count += 1
        if count > _MAX_ELEMENTS:
            raise FetchError(
                f"the feed holds more than {_MAX_ELEMENTS} elements",
                where=feed_url,
                remedy="Ask its owner for a feed with the latest items only",
            )

    parser = expat.ParserCreate("utf-8", " ")
    parser.StartElementHandler = start
    try:
        parser.Parse(xml, True)
    except expat.ExpatError as error:
        if len(xml) <= _MAX_BROKEN_BYTES:
            return False
        raise FetchError(
            f"the feed is broken XML and larger than {_MAX_BROKEN_BYTES // 1024} kB",
            where=feed_url,
            remedy="Ask its owner to mend it",
        ) from error
    return True


def _once(entries: list[Mapping[str, object]], reader: _EntryReader) -> Iterator[FoundItem]:
    """Yield each item the first time that its key or its link is seen."""
    seen: set[str] = set()
    for entry in entries:
        item = reader.item(entry)
        if item is None:
            continue
        marks = {item.source_key} | ({link_key(item.url)} if item.url else set())
        if not marks & seen:
            yield item
        seen |= marks


class _EntryReader:
    """Turns entries as feedparser gives them into items; everything in them may be missing."""

    def __init__(
        self,
        feed_url: str,
        zone: ZoneInfo,
        names: Mapping[str, str],
        topic: str | None,
        language: str,
        notes: list[str],
    ) -> None:
        self._feed_url = feed_url
        self._zone = zone
        self._names = names
        self._topic = topic
        self._language = language
        self._notes = notes

    def item(self, entry: Mapping[str, object]) -> FoundItem | None:
        """Return the item, or None with a note when it has no words."""
        content = next((_text(part, "value") for part in _parts(entry, "content")), "")
        words = html_to_text(_text(entry, "summary") or content) or html_to_text(content)
        title = shorten(html_to_text(_text(entry, "title")) or words, _MAX_TITLE)
        if not title:
            self._notes.append(f"{self._feed_url}: an item without title and text is left out")
            return None
        url = self._link(_text(entry, "link"), title)
        image, image_alt = self._image(entry)
        return FoundItem(
            source="feed",
            source_key=self._key(_text(entry, "id"), url, title),
            title=title,
            summary=shorten(words) or title,
            url=url,
            image=image,
            image_alt=image_alt,
            topic=self._topic_of(entry),
            published_on=self._date(entry),
            language=self._language,
        )

    def _link(self, link: str, title: str) -> str | None:
        url = web_link(link, self._feed_url)
        if link and url is None:
            self._notes.append(
                f"{self._feed_url}: the link of {title!r} is not a web address and is left out"
            )
        return url

    def _key(self, guid: str, url: str | None, title: str) -> str:
        """Return a key that is the same on every visit: the feed's own, else the link."""
        guid = plain_line(guid)
        if _GLOBAL_KEY.match(guid):
            web = web_link(guid)
            return link_key(web) if web else bounded_key(guid)
        if guid:
            return bounded_key(f"{link_key(self._feed_url)}#{guid}")
        if url:
            return link_key(url)
        digest = hashlib.sha256(title.encode("utf-8", "replace")).hexdigest()[:32]
        return bounded_key(f"{link_key(self._feed_url)}#title:{digest}")

    def _topic_of(self, entry: Mapping[str, object]) -> str | None:
        terms = (plain_line(_text(tag, "term")).casefold() for tag in _parts(entry, "tags"))
        return next((self._names[term] for term in terms if term in self._names), self._topic)

    def _date(self, entry: Mapping[str, object]) -> date | None:
        """Return the local date on which the entry appeared; feedparser gives UTC."""
        for field in ("published_parsed", "updated_parsed"):
            # Past feedparser's own get, which answers for a missing field with another.
            moment = dict.get(entry, field) if isinstance(entry, dict) else None
            if isinstance(moment, time.struct_time):
                try:
                    instant = datetime.fromtimestamp(calendar.timegm(moment), UTC)
                    return local_date(instant, self._zone)
                except (ValueError, OverflowError, OSError):
                    continue
        return None

    def _image(self, entry: Mapping[str, object]) -> tuple[str | None, str | None]:
        """Return the address of the first picture and its alt, empty when the feed gives none."""
        for part in (
            *_parts(entry, "media_content"),
            *_parts(entry, "enclosures"),
            *_parts(entry, "media_thumbnail"),
        ):
            kind = _text(part, "type") or f"{_text(part, 'medium') or 'image'}/"
            address = web_link(_text(part, "url") or _text(part, "href"), self._feed_url)
            if address and kind.startswith("image/"):
                return address, ""
        return None, None


def _text(entry: Mapping[str, object], field: str) -> str:
    value = entry.get(field)
    return value if isinstance(value, str) else ""


def _parts(entry: Mapping[str, object], field: str) -> list[Mapping[str, object]]:
    value = entry.get(field)
    return [part for part in value if isinstance(part, Mapping)] if isinstance(value, list) else []
