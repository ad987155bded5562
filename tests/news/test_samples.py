"""The sample news: it reads, is spread over the year, and keeps to the rules for our Dutch."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from var_outreach.news.files import read_news_folder
from var_outreach.news.images import image_from_file
from var_outreach.news.items import FoundItem

FOLDER = Path(__file__).parents[2] / "samples" / "news"
TOPICS = {
    "digitale-veiligheid": "Digitale veiligheid",
    "mensenhandel": "Mensenhandel",
    "zorg-en-veiligheid": "Zorg en veiligheid",
    "jeugd-en-veiligheid": "Jeugd",
    "maatschappelijk-ongenoegen": "Maatschappelijk ongenoegen",
}


@pytest.fixture(scope="module")
def items() -> tuple[FoundItem, ...]:
    news = read_news_folder(FOLDER, topics=TOPICS, partners=("riec",))
    assert news.notes == ()
    return news.items


def test_every_month_of_2025_has_at_least_two_and_every_theme_some(
    items: tuple[FoundItem, ...],
) -> None:
    days = [item.published_on for item in items if item.published_on is not None]
    assert len(days) == len(items) >= 30
    assert {day.year for day in days} == {2025}
    months = Counter(day.month for day in days)
    assert all(months[month] >= 2 for month in range(1, 13)), months
    themes = Counter(item.topic for item in items)
    assert set(themes) == set(TOPICS)
    assert min(themes.values()) >= 5
    assert sum(item.partner == "riec" for item in items) == 2


def test_sentences_have_at_most_fifteen_words_and_summaries_fit(
    items: tuple[FoundItem, ...],
) -> None:
    for item in items:
        assert len(item.summary) <= 300, item.source_key
        text = f"{item.title}. {item.body_markdown}".replace("\n", " ")
        for sentence in re.split(r"(?<=[.!?:;])\s+", text):
            assert len(sentence.split()) <= 15, f"{item.source_key}: {sentence}"


def test_links_go_to_the_example_site(items: tuple[FoundItem, ...]) -> None:
    links = [item.url or "" for item in items]
    assert all(
        link.startswith("https://www.veiligheidsalliantie.example/nieuws/") for link in links
    )
    assert len(set(links)) == len(links)


def test_pictures_are_small_described_and_ready_for_mail(items: tuple[FoundItem, ...]) -> None:
    pictures = [item for item in items if isinstance(item.image, Path)]
    assert 6 <= len(pictures) <= 8
    for item in pictures:
        assert isinstance(item.image, Path)
        assert item.image_alt
        assert item.image.stat().st_size < 60_000
        ready = image_from_file(item.image)
        assert (ready.width, ready.height) == (1200, 600)
        assert len(ready.body) < 120_000
    used = {item.image.name for item in pictures if isinstance(item.image, Path)}
    assert used == {path.name for path in (FOLDER / "images").iterdir()}
