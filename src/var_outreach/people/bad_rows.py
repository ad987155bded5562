"""Rows that were not taken, back to whoever sent them: the same table with a column of reasons.

*Reads*: a table and what is wrong in it. *Writes*: a file. *Next*: whoever sent it corrects it;
the column of reasons is passed over when it comes in again.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from var_outreach.errors import FileError
from var_outreach.people.csv_table import undefused, written
from var_outreach.people.import_report import BadRow
from var_outreach.people.table import Table
from var_outreach.people.xlsx_table import written_xlsx

REASON = "Reden"


def write_bad_rows(table: Table, bad: Sequence[BadRow], path: Path) -> int:
    """Write the rows of ``table`` that ``bad`` speaks of to ``path``; return how many.

    The format is that of the table. Raises FileError for a file name of the other format, or a
    file that is there already or cannot be written.
    """
    reasons: dict[int, list[str]] = {}
    for one in bad:
        place = one.where.partition(", ")[2]
        said = f"{place}: {one.reason}" if place else one.reason
        reasons.setdefault(one.row, []).append(f"{said}. {one.remedy}" if one.remedy else said)
    header = [*table.titles, REASON]
    rows = [
        [*(undefused(cell) for cell in row.cells), "; ".join(reasons[row.number])]
        for row in table.rows
        if row.number in reasons
    ]
    if table.is_workbook:
        content = written_xlsx(table.sheet, header, rows)
    else:
        content = written(header, rows).encode("utf-8-sig")
    try:
        with path.open("xb") as file:
            file.write(content)
    except OSError as error:
        raise FileError(
            f"the bad rows cannot be written ({error.strerror})",
            where=str(path),
            remedy="Name another file with --bad-rows-to",
        ) from error
    return len(rows)


def check_bad_rows_path(table: Table, path: Path | None) -> None:
    """Refuse, before anything is imported, a file that ``write_bad_rows`` could not write."""
    if path is None:
        return
    suffix = ".xlsx" if table.is_workbook else ".csv"
    if path.suffix.lower() != suffix:
        raise FileError(
            f"the bad rows come back as {suffix}, as the file came",
            where=str(path),
            remedy=f"End the name of --bad-rows-to with {suffix}",
        )
    if path.exists():
        raise FileError(
            "the file for the bad rows is there already",
            where=str(path),
            remedy="Name another with --bad-rows-to, or take it away",
        )
    if not path.parent.is_dir():
        raise FileError(
            "there is no such folder", where=str(path.parent), remedy="Make it, or name another"
        )
