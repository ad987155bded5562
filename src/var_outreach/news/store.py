"""Keeps the news that was found, and which issue carried it.

*Reads / Writes*: news items, images and feeds. *Next*: ``outbox/drafts.py`` composes an issue of
what no issue has carried.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from var_outreach.news.images import FoundImage
from var_outreach.news.items import FoundItem
from var_outreach.news.model import NewsImage, NewsItem


def store_items(
    session: Session,
    items: Iterable[tuple[FoundItem, FoundImage | None]],
    *,
    now: datetime,
    gone_out: Collection[str] = (),
) -> tuple[int, int]:
    """Keep ``items``; return how many were new and how many had changed.

    An item is known by its source and key, so that it is kept once however often it is found.
    It changes with its source, also while a draft holds it; what an issue of ``gone_out`` has
    carried is not changed any more.
    """
    new = changed = 0
    for item, image in items:
        sha256 = _keep_image(session, image)
        row = session.scalar(
            select(NewsItem).where(
                NewsItem.source == item.source, NewsItem.source_key == item.source_key
            )
        )
        values = {
            "title": item.title,
            "summary": item.summary,
            "url": item.url,
            "topic_key": item.topic,
            "partner": item.partner,
            "language": item.language,
            "published_on": item.published_on or (row.published_on if row else now.date()),
            "image_sha256": sha256,
            "image_alt": item.image_alt or "",
        }
        if row is None:
            session.add(
                NewsItem(source=item.source, source_key=item.source_key, found_at=now, **values)
            )
            new += 1
        elif row.issue_key not in gone_out and any(
            getattr(row, name) != value for name, value in values.items()
        ):
            for name, value in values.items():
                setattr(row, name, value)
            changed += 1
    session.flush()
    return new, changed


def assign_news(session: Session, issue_key: str, item_ids: Sequence[int]) -> None:
    """Let ``issue_key`` carry exactly ``item_ids``; what it carried before is free again."""
    session.execute(update(NewsItem).where(NewsItem.issue_key == issue_key).values(issue_key=None))
    if item_ids:
        session.execute(
            update(NewsItem).where(NewsItem.id.in_(item_ids)).values(issue_key=issue_key)
        )


def _keep_image(session: Session, image: FoundImage | None) -> str | None:
    if image is None:
        return None
    if session.get(NewsImage, image.sha256) is None:
        session.add(
            NewsImage(
                sha256=image.sha256,
                media_type=image.media_type,
                width=image.width,
                height=image.height,
                body=image.body,
            )
        )
        session.flush()
    return image.sha256
