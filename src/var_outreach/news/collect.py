"""Brings news in from the folder and the feeds; one source that fails stops no other.

*Reads*: files and feeds. *Writes*: news items, images, what a feed's server said last. *Next*:
``outbox/drafts.py`` composes an issue of them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from var_outreach.errors import FetchError, OutreachError, StorageError
from var_outreach.fetch import FetchPolicy, NotModified
from var_outreach.news.feeds import collect_feed
from var_outreach.news.files import read_news_folder
from var_outreach.news.images import FoundImage, image_from_file, image_from_web
from var_outreach.news.items import FoundItem
from var_outreach.news.model import Feed
from var_outreach.news.store import store_items
from var_outreach.storage.engine import Database

IssuesOut = Callable[[Session], Collection[str]]
"""Tells which issues have gone out: the news in those stays as it was sent."""


def _none_out(session: Session) -> Collection[str]:
    return ()


@dataclass
class NewsReport:
    """What a collection brought."""

    new: int = 0
    changed: int = 0
    notes: list[str] = field(default_factory=list)


def collect_folder(
    database: Database,
    folder: Path,
    *,
    topics: Mapping[str, str],
    now: datetime,
    issues_out: IssuesOut = _none_out,
) -> NewsReport:
    """Bring in the Markdown files of ``folder``; a bad file stops all of it (FileError)."""
    found = read_news_folder(folder, topics=topics)
    pictured: list[tuple[FoundItem, FoundImage | None]] = [
        (item, image_from_file(item.image) if isinstance(item.image, Path) else None)
        for item in found.items
    ]
    with database.writing() as session:
        new, changed = store_items(session, pictured, now=now, gone_out=issues_out(session))
    return NewsReport(new, changed, list(found.notes))


def collect_feeds(
    database: Database,
    urls: tuple[str, ...],
    *,
    policy: FetchPolicy,
    zone: ZoneInfo,
    topics: Mapping[str, str],
    now: datetime,
    issues_out: IssuesOut = _none_out,
) -> NewsReport:
    """Ask every feed for what is new since the last time; a feed that fails is noted."""
    report = NewsReport()
    for url in urls:
        try:
            _collect_one(database, url, policy, zone, topics, now, issues_out, report)
        except StorageError:
            raise
        except OutreachError as error:
            # Whatever is wrong with one feed is noted, and the next one is asked.
            report.notes.append(str(error))
            with database.writing() as session:
                row = session.scalar(select(Feed).where(Feed.url == url)) or Feed(url=url)
                row.error, row.fetched_at = str(error), now
                session.add(row)
    return report


def _collect_one(
    database: Database,
    url: str,
    policy: FetchPolicy,
    zone: ZoneInfo,
    topics: Mapping[str, str],
    now: datetime,
    issues_out: IssuesOut,
    report: NewsReport,
) -> None:
    with database.reading() as session:
        row = session.scalar(select(Feed).where(Feed.url == url))
        etag, modified, topic = (
            (row.etag, row.last_modified, row.topic_key) if row else (None, None, None)
        )
    reading = collect_feed(
        url,
        policy=policy,
        zone=zone,
        topics=topics,
        topic=topic,
        etag=etag,
        last_modified=modified,
    )
    pictured: list[tuple[FoundItem, FoundImage | None]] = []
    if not isinstance(reading, NotModified):
        report.notes += reading.news.notes
        pictured = [(item, _picture(item, policy, report)) for item in reading.news.items]
    with database.writing() as session:
        new, changed = store_items(session, pictured, now=now, gone_out=issues_out(session))
        row = session.scalar(select(Feed).where(Feed.url == url)) or Feed(url=url)
        row.fetched_at, row.error = now, None
        row.etag, row.last_modified = reading.etag or etag, reading.last_modified or modified
        session.add(row)
    report.new += new
    report.changed += changed


def _picture(item: FoundItem, policy: FetchPolicy, report: NewsReport) -> FoundImage | None:
    if not isinstance(item.image, str):
        return None
    try:
        return image_from_web(item.image, policy=policy)
    except FetchError as error:
        # News without its picture is still news.
        report.notes.append(str(error))
        return None
