"""``var-outreach news``: bring news in and look at it.

*Reads*: files and feeds. *Writes*: news items. *Next*: the newsletter carries each item once.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import select

from var_outreach.cli.arguments import Json
from var_outreach.cli.context import the_app
from var_outreach.cli.output import print_json, print_table, say, warn
from var_outreach.errors import ConfigError
from var_outreach.news.collect import NewsReport
from var_outreach.news.model import NewsItem
from var_outreach.pipeline import collect_news, collect_news_folder

group = typer.Typer(no_args_is_help=True)


@group.command("import")
def import_(
    folder: Annotated[Path, typer.Argument(help="Folder of Markdown files.")],
    as_json: Json = False,
) -> None:
    """Bring in a folder of Markdown with front matter."""
    _tell(collect_news_folder(the_app(), folder), as_json=as_json)


@group.command()
def fetch(as_json: Json = False) -> None:
    """Bring in what the configured folder and feeds have that is new."""
    app = the_app()
    if app.settings.news.folder is None and not app.settings.news.feeds:
        raise ConfigError(
            "no source of news is set up",
            where="news",
            remedy="Set news.folder or news.feeds in config/outreach.toml",
        )
    _tell(collect_news(app), as_json=as_json)


@group.command("list")
def list_(as_json: Json = False) -> None:
    """List the news, newest first, with the issue that carried it."""
    app = the_app()
    with app.database.reading() as session:
        items = [
            {
                "published_on": item.published_on,
                "title": item.title,
                "topic": item.topic_key,
                "source": item.source,
                "url": item.url,
                "issue": item.issue_key,
            }
            for item in session.scalars(
                select(NewsItem).order_by(NewsItem.published_on.desc(), NewsItem.id)
            )
        ]
    if as_json:
        print_json(items)
        return
    rows = [(i["published_on"], i["topic"], i["title"], i["issue"]) for i in items]
    print_table("News", ("date", "theme", "title", "issue"), rows)


def _tell(report: NewsReport, *, as_json: bool) -> None:
    if as_json:
        print_json(report)
        return
    say(f"{report.new} new, {report.changed} changed.")
    for note in report.notes:
        warn(note)
