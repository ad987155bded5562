"""The tables of news: items found in files, feeds and links, and the feeds themselves.

*Reads*: nothing. *Writes*: nothing. *Next*: ``news/store.py`` queries them.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from var_outreach.storage.base import Base, Id


class NewsItem(Base):
    """One item of news; goes into at most one issue of the newsletter."""

    __tablename__ = "news_item"
    __table_args__ = (UniqueConstraint("source", "source_key"),)

    id: Mapped[Id]
    source: Mapped[str]
    source_key: Mapped[str]
    title: Mapped[str]
    summary: Mapped[str]
    """Plain text of two or three sentences."""
    url: Mapped[str | None]
    topic_key: Mapped[str | None]
    partner: Mapped[str | None]
    language: Mapped[str] = mapped_column(default="nl")
    published_on: Mapped[date] = mapped_column(index=True)
    found_at: Mapped[datetime]
    image_sha256: Mapped[str | None]
    image_alt: Mapped[str] = mapped_column(default="")
    issue_key: Mapped[str | None] = mapped_column(index=True)
    """The issue that carried it; set when that issue is enqueued."""


class NewsImage(Base):
    """An image that we host ourselves, re-encoded; never changed."""

    __tablename__ = "news_image"

    sha256: Mapped[str] = mapped_column(primary_key=True)
    media_type: Mapped[str]
    width: Mapped[int]
    height: Mapped[int]
    body: Mapped[bytes] = mapped_column(LargeBinary)


class Feed(Base):
    """An RSS or Atom feed and what its server said last."""

    __tablename__ = "feed"

    id: Mapped[Id]
    url: Mapped[str] = mapped_column(unique=True)
    topic_key: Mapped[str | None]
    etag: Mapped[str | None]
    last_modified: Mapped[str | None]
    fetched_at: Mapped[datetime | None]
    error: Mapped[str | None]
