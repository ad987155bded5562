"""Makes workbooks for tests: harmless ones, and what nobody should be able to hurt us with."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Sequence
from typing import Any

from openpyxl import Workbook


def book(rows: Iterable[Sequence[Any]], *, title: str = "Gasten") -> bytes:
    """Return a workbook of one sheet that holds ``rows``."""
    made = Workbook()
    sheet = made.active
    sheet.title = title
    for row in rows:
        sheet.append(list(row))
    return saved(made)


def saved(made: Workbook) -> bytes:
    """Return a workbook as the bytes of its file."""
    buffer = io.BytesIO()
    made.save(buffer)
    return buffer.getvalue()


def with_part(data: bytes, name: str, change: Any) -> bytes:
    """Return the workbook with part ``name`` as ``change`` makes it of what it was."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as old,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for info in old.infolist():
            content = old.read(info)
            new.writestr(info.filename, change(content) if info.filename == name else content)
    return buffer.getvalue()
