"""Lists as one web page that needs nothing else and prints well.

*Reads*: a ``Sheet``, ``templates/list.html`` beside this file. *Writes*: nothing. *Next*: the
command line writes it to a file; a browser shows or prints it.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from var_outreach.reporting.sheet import Sheet

WIDE = 4
"""A table with more columns than this is printed lying."""


def sheet_as_html(sheet: Sheet, *, network: str) -> str:
    """Return ``sheet`` as a page in Dutch; every value is escaped."""
    wide = any(len(section.columns) > WIDE for section in sheet.sections)
    return _template().render(sheet=sheet, network=network, wide=wide) + "\n"


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
    )
    return environment.get_template("list.html")
