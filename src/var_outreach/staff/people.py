"""Bring people in.

*Reads / Writes*: people. *Next*: audiences find them.
"""

from __future__ import annotations

from pathlib import Path

from var_outreach.app import App
from var_outreach.errors import FileError, InputError, RowErrors
from var_outreach.people.bad_rows import check_bad_rows_path
from var_outreach.people.csv_files import read_rows
from var_outreach.people.csv_import import ImportReport, import_people, sift
from var_outreach.people.laposta import is_laposta
from var_outreach.staff.lists import ListChoices, layout_in, open_table, refuse_bad, return_bad_rows


def import_people_file(
    app: App,
    path: Path,
    *,
    source: str | None = None,
    dry_run: bool = False,
    update: bool = False,
    choices: ListChoices | None = None,
) -> ImportReport:
    """Bring people in from CSV or Excel; return what that did. With ``dry_run`` nothing is kept.

    Without ``update`` only what we do not know is filled in: what staff entered stays. ``source``
    says where the addresses come from, for rows that do not. Raises FileError or RowErrors for a
    file that cannot be used, InputError if nothing says a row's source.
    """
    choices = choices or ListChoices()
    table = open_table(app, path, sheet=choices.sheet)
    if is_laposta(table.titles):
        raise FileError(
            "this is a Laposta export",
            where=str(path),
            remedy=f"Take it over with: var-outreach people import-laposta {path.name}",
        )
    layout = layout_in(app, table, choices)
    check_bad_rows_path(layout.table, choices.bad_rows_to)
    rows, errors = read_rows(layout)
    silent = [row.row for row in rows if not row.source]
    if source is None and silent:
        # People are told where we have their address from (AVG art. 14), so it must be known.
        raise InputError(
            "this row does not say where the address comes from",
            where=f"{path}, row {silent[0]}",
            remedy="Fill in its column 'bron', or give --source for all such rows",
        )
    opened = app.database.trying() if dry_run else app.database.writing()
    with opened as session:
        good, more = sift(session, rows, now=app.clock.now())
        errors.extend(layout.placed(error) for error in more)
        if not dry_run:
            refuse_bad(errors, choices, str(path))
        try:
            report = import_people(
                session,
                good,
                now=app.clock.now(),
                source=source or path.name,
                signer=app.signer,
                update=update,
            )
        except RowErrors as error:
            raise RowErrors(error.what, error.rows, where=str(path), remedy=error.remedy) from error
        report.rows = len(layout.table.rows)
        report.note_bad(errors)
        report.note_source(layout.table, layout.name)
        return_bad_rows(layout.table, report, choices)
        return report
