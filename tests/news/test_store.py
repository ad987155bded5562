"""News is kept once, follows its source, and goes into one issue, on both databases."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from var_outreach.errors import FileError
from var_outreach.news.collect import collect_folder
from var_outreach.news.images import FoundImage, rewrite_image
from var_outreach.news.items import FoundItem
from var_outreach.news.model import NewsImage, NewsItem
from var_outreach.news.store import assign_news, store_items
from var_outreach.storage.engine import Database

TOPICS = {"mensenhandel": "Mensenhandel"}
ITEM = FoundItem(
    source="feed",
    source_key="a",
    title="Kop",
    summary="Tekst.",
    url="https://nieuws.example/a",
    published_on=date(2025, 1, 3),
)
ISSUE = "2025-02-04"


def picture(colour: str = "red") -> FoundImage:
    body = io.BytesIO()
    Image.new("RGB", (80, 60), colour).save(body, "PNG")
    return rewrite_image(body.getvalue(), where="x.png")


def keep(database: Database, *items: FoundItem, now: datetime, out: tuple[str, ...] = ()) -> object:
    with database.writing() as session:
        return store_items(session, [(item, None) for item in items], now=now, gone_out=out)


def titles(session: Session) -> list[str]:
    return list(session.scalars(select(NewsItem.title).order_by(NewsItem.id)))


def test_an_item_is_kept_once_however_often_it_is_found(database: Database, now: datetime) -> None:
    assert keep(database, ITEM, now=now) == (1, 0)
    assert keep(database, ITEM, ITEM, now=now + timedelta(days=1)) == (0, 0)
    other = replace(ITEM, source="files")
    assert keep(database, other, now=now) == (1, 0), "the same key of another source is another"


def test_the_same_item_twice_in_one_reading_is_one(database: Database, now: datetime) -> None:
    assert keep(database, ITEM, ITEM, now=now) == (1, 0)


def test_an_item_follows_its_source(database: Database, now: datetime) -> None:
    keep(database, ITEM, now=now)
    assert keep(database, replace(ITEM, title="Beter"), now=now) == (0, 1)
    assert keep(database, replace(ITEM, title="Beter"), now=now) == (0, 0)
    with database.reading() as session:
        assert titles(session) == ["Beter"]


def test_a_mistake_seen_in_a_draft_can_be_mended_in_the_source(
    database: Database, now: datetime
) -> None:
    keep(database, ITEM, now=now)
    with database.writing() as session:
        assign_news(session, ISSUE, [session.scalars(select(NewsItem.id)).one()])
    assert keep(database, replace(ITEM, title="Beter"), now=now) == (0, 1)
    with database.reading() as session:
        row = session.scalars(select(NewsItem)).one()
        assert (row.title, row.issue_key) == ("Beter", ISSUE)


def test_what_an_issue_carried_stays_as_it_was_sent(database: Database, now: datetime) -> None:
    keep(database, ITEM, now=now)
    with database.writing() as session:
        assign_news(session, ISSUE, [session.scalars(select(NewsItem.id)).one()])
    assert keep(database, replace(ITEM, title="Anders"), now=now, out=(ISSUE,)) == (0, 0)
    with database.reading() as session:
        assert titles(session) == ["Kop"]


def test_an_issue_carries_exactly_what_it_was_given_and_frees_the_rest(
    database: Database, now: datetime
) -> None:
    keep(database, *(replace(ITEM, source_key=key) for key in "abc"), now=now)
    with database.writing() as session:
        ids = list(session.scalars(select(NewsItem.id).order_by(NewsItem.id)))
        assign_news(session, ISSUE, ids[:2])
        assign_news(session, "2025-03-04", ids[2:])
        assign_news(session, ISSUE, ids[1:2])
        issues = list(session.scalars(select(NewsItem.issue_key).order_by(NewsItem.id)))
        assert issues == [None, ISSUE, "2025-03-04"]
        assign_news(session, ISSUE, [])
        issues = list(session.scalars(select(NewsItem.issue_key).order_by(NewsItem.id)))
        assert issues == [None, None, "2025-03-04"]


def test_a_day_that_the_source_does_not_give_is_that_of_the_find_and_stays(
    database: Database, now: datetime
) -> None:
    undated = replace(ITEM, published_on=None)
    keep(database, undated, now=now)
    assert keep(database, undated, now=now + timedelta(days=3)) == (0, 0)
    keep(database, replace(undated, title="Beter"), now=now + timedelta(days=9))
    with database.reading() as session:
        row = session.scalars(select(NewsItem)).one()
        assert (row.title, row.published_on) == ("Beter", now.date())


def test_a_picture_is_kept_once(database: Database, now: datetime) -> None:
    with database.writing() as session:
        pairs = [(ITEM, picture()), (replace(ITEM, source_key="b"), picture())]
        store_items(session, pairs, now=now)
    with database.writing() as session:
        assert store_items(session, [(ITEM, picture("blue"))], now=now) == (0, 1)
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(NewsImage)) == 2
        row = session.scalars(select(NewsItem).where(NewsItem.source_key == "a")).one()
        assert row.image_sha256 == picture("blue").sha256


def test_a_folder_is_brought_in_whole_or_not_at_all(
    database: Database, now: datetime, tmp_path: Path
) -> None:
    good = "---\ntitle: Kop\ntopic: mensenhandel\n---\n\nTekst.\n"
    (tmp_path / "a.md").write_text(good)
    report = collect_folder(database, tmp_path, topics=TOPICS, now=now)
    assert (report.new, report.changed) == (1, 0)
    (tmp_path / "b.md").write_text(good)
    (tmp_path / "c.md").write_text(good.replace("topic: ", "topic: x"))
    with pytest.raises(FileError, match="no topic"):
        collect_folder(database, tmp_path, topics=TOPICS, now=now)
    with database.reading() as session:
        assert titles(session) == ["Kop"]


def test_which_issues_are_out_is_asked_when_it_is_kept(
    database: Database, now: datetime, tmp_path: Path
) -> None:
    path = tmp_path / "a.md"
    path.write_text("---\ntitle: Kop\n---\n\nTekst.\n")
    collect_folder(database, tmp_path, topics=TOPICS, now=now)
    with database.writing() as session:
        assign_news(session, ISSUE, [session.scalars(select(NewsItem.id)).one()])
    path.write_text("---\ntitle: Anders\n---\n\nTekst.\n")
    report = collect_folder(
        database, tmp_path, topics=TOPICS, now=now, issues_out=lambda session: {ISSUE}
    )
    assert (report.new, report.changed) == (0, 0)
