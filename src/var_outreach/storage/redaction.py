"""Takes a name or an address out of whatever columns hold it.

*Reads / Writes*: text and JSON of the columns it is given. *Next*: ``staff/privacy.py`` leaves
nothing of a person who is erased.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    Enum,
    String,
    Table,
    Text,
    cast,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session

from var_outreach.storage.base import Base


def text_columns(*tables: Table) -> Iterator[Column[Any]]:
    """Yield the columns of ``tables`` (of all there are, if none is named) that hold words."""
    for table in tables or Base.metadata.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, JSON | String | Text) and not isinstance(column.type, Enum):
                yield column


def redact(
    session: Session,
    needles: Sequence[str],
    columns: Iterable[ColumnElement[Any]],
    *,
    where: ColumnElement[bool] | None = None,
) -> int:
    """Take ``needles`` out of ``columns`` in whatever case they stand there; return of how many.

    Only whole words are taken out, so that "Jan Vos" leaves "Jan Vossen" alone. ``where`` narrows
    the rows; without it all are looked through.
    """
    wanted = [needle for needle in needles if needle]
    if not wanted:
        return 0
    pattern = re.compile(
        r"(?<![\w.+-])(?:" + "|".join(re.escape(one) for one in wanted) + r")(?![\w-])",
        re.IGNORECASE,
    )
    return sum(_redact_column(session, wanted, pattern, column, where) for column in columns)


def _redact_column(
    session: Session,
    needles: Sequence[str],
    pattern: re.Pattern[str],
    column: ColumnElement[Any],
    where: ColumnElement[bool] | None,
) -> int:
    assert isinstance(column, Column)
    table = column.table
    keys = list(table.primary_key.columns)
    is_json = isinstance(column.type, JSON)
    query = select(*keys, column).where(_may_hold(column, needles, is_json))
    if where is not None:
        query = query.where(where)
    count = 0
    for row in session.execute(query).all():
        value = row[-1]
        cleaned = _without(pattern, value)
        if cleaned == value:
            continue
        session.execute(
            update(table)
            .where(*(key == part for key, part in zip(keys, row[:-1], strict=True)))
            .values({column.name: cleaned})
        )
        count += 1
    return count


def _may_hold(column: Column[Any], needles: Sequence[str], is_json: bool) -> ColumnElement[bool]:
    text = func.lower(cast(column, Text)) if is_json else func.lower(column)
    # A letter with an accent may be folded or escaped in another way than here: look at each.
    parts = [max(re.findall(r"[a-z0-9@.+-]+", one.lower()) or [""], key=len) for one in needles]
    return or_(*(text.contains(json.dumps(part)[1:-1], autoescape=True) for part in parts))


def _without(pattern: re.Pattern[str], value: object) -> object:
    if isinstance(value, str):
        return pattern.sub("", value)
    if isinstance(value, list):
        return [_without(pattern, one) for one in value]
    if isinstance(value, dict):
        return {key: _without(pattern, one) for key, one in value.items()}
    return value
