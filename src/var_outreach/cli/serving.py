"""``var-outreach serve``, ``run``, ``demo`` and ``rehearse``: the service, and its rehearsal.

*Reads / Writes*: everything, through ``scheduler``, ``pipeline`` and ``rehearsal``. *Next*:
nothing; these run until they are done or stopped.
"""

from __future__ import annotations

import gc
import logging
import shutil
import socket
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from var_outreach import pipeline
from var_outreach.app import App
from var_outreach.cli.checks import warn_of_audiences, warn_of_settings
from var_outreach.cli.context import Context, the_app
from var_outreach.cli.mailing_words import tick_lines
from var_outreach.cli.output import console, print_table, say
from var_outreach.errors import InputError
from var_outreach.rehearsal.fill import fill_with_own, fill_with_samples
from var_outreach.rehearsal.script import ScriptStep, read_script
from var_outreach.rehearsal.summary import write_summary
from var_outreach.rehearsal.year import Rehearsal, rehearse_year, shown_at
from var_outreach.reporting.figures import YearFigures
from var_outreach.scheduler import Ticker
from var_outreach.settings import Settings, data_root, load_settings
from var_outreach.web.run import serve_site

DEMO_YEAR = 2025
MARK = ".var-outreach-rehearsal"
"""Stands in a folder that a rehearsal made, and may therefore empty."""
LEFT_BEHIND = (
    "mail",
    "inbox",
    "state",
    "outreach.db",
    "outreach.db-wal",
    "outreach.db-shm",
    "summary.json",
)
Host = Annotated[str, typer.Option(help="Address to listen on.")]
Port = Annotated[int, typer.Option(help="Port to listen on.")]


def serve(host: Host = "127.0.0.1", port: Port = 8025) -> None:
    """Run pages, scheduler and dispatch until stopped; messages in flight are finished."""
    start_log()
    app = the_app()
    warn_of_audiences(app)
    warn_of_settings(app.settings)
    ticker = Ticker(app)
    ticker.start()
    try:
        serve_site(app, host, port)
    finally:
        say("Stopping after the messages in flight.")
        ticker.stop()


def run() -> None:
    """Do once what is due now."""
    app = the_app()
    warn_of_audiences(app)
    warn_of_settings(app.settings)
    for line in tick_lines(pipeline.tick(app)):
        say(line)


def start_log() -> None:
    """Let the log say what happens, without the lines of the scheduler for every tick."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("apscheduler").setLevel(logging.WARNING)


def demo(
    no_serve: Annotated[
        bool, typer.Option("--no-serve", help="End when the year is over.")
    ] = False,
    folder: Annotated[
        Path | None, typer.Option("--dir", help="Where to leave mail and figures.")
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="2,000 readers instead of 400.")] = False,
    host: Host = "127.0.0.1",
    port: Port = 8025,
) -> None:
    """Rehearse the whole year 2025 with invented people, then show pages and mail."""
    root = data_root()

    def fill(app: App) -> None:
        fill_with_samples(app, root / "calendars" / f"{DEMO_YEAR}.yaml", full=full)

    steps = read_script(root / "samples" / f"rehearsal-{DEMO_YEAR}.yaml")
    _rehearse(DEMO_YEAR, folder, fill, steps, host, port, serve_after=not no_serve)


def rehearse(
    year: Annotated[int, typer.Argument(min=2000, max=2100)],
    no_serve: Annotated[
        bool, typer.Option("--no-serve", help="End when the year is over.")
    ] = False,
    folder: Annotated[
        Path | None, typer.Option("--dir", help="Where to leave mail and figures.")
    ] = None,
    host: Host = "127.0.0.1",
    port: Port = 8025,
) -> None:
    """Rehearse a year of your own, with your agenda, people and rules; nothing is sent."""
    own = the_app()

    def fill(app: App) -> None:
        fill_with_own(own, app, year)

    key = own.settings.signing_key().decode()
    _rehearse(year, folder, fill, (), host, port, serve_after=not no_serve, own_key=key)


def _rehearse(
    year: int,
    folder: Path | None,
    fill: Callable[[App], None],
    steps: tuple[ScriptStep, ...],
    host: str,
    port: int,
    *,
    serve_after: bool,
    own_key: str = "",
) -> None:
    own = load_settings(Context.config)
    target = _scratch(folder, own)
    # A year of rows comes and goes: looking for circles among them at Python's own pace takes a
    # tenth of the time (measured: 132 s of processor time against 119).
    gc.set_threshold(100_000, 50, 50)
    if serve_after:
        port = _free_port(host, port)
    base_url = f"http://{'127.0.0.1' if host in {'0.0.0.0', '::'} else host}:{port}"
    started = time.monotonic()
    columns = (
        TextColumn("{task.fields[day]}"),
        BarColumn(),
        TextColumn("{task.fields[words]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=366, day=str(year), words="")

        def tell(day: date, words: str) -> None:
            shown = words if len(words) < 60 else f"{words[:57]}..."
            progress.update(
                task, completed=day.timetuple().tm_yday, day=day.isoformat(), words=shown
            )
            if words and not console.is_terminal:
                say(f"{day}  {words}")

        app = rehearse_year(
            Rehearsal(year, target, steps),
            own,
            fill,
            tell,
            own_key=own_key,
        )
    figures = write_summary(app, year, target)
    _print_figures(figures)
    seconds = time.monotonic() - started
    say(f"\nRehearsed {year} in {seconds:.0f} seconds; nothing left this machine.")
    say(f"Caught mail: {target / 'mail'}    Figures: {target / 'summary.json'}")
    if serve_after:
        say(f"\nPages: {base_url}/agenda    Caught mail: {base_url}/post    (stop with Ctrl+C)")
        serve_site(shown_at(app, base_url), host, port, caught=target / "mail", quiet=True)
    app.database.close()


def _scratch(folder: Path | None, own: Settings) -> Path:
    """Return an empty folder to rehearse in; what is emptied is only what a rehearsal left.

    Raises InputError for a folder with anything else in it, above all a real installation's.
    """
    if folder is None:
        return _marked(Path(tempfile.mkdtemp(prefix="var-outreach-")))
    if folder.exists() and not folder.is_dir():
        raise InputError("this is a file, not a folder", where=str(folder), remedy="Name another")
    target = folder.resolve()
    for kept in (own.data_dir.resolve(), own.maildir.resolve()):
        if kept == target or kept.is_relative_to(target) or target.is_relative_to(kept):
            raise InputError(
                "this folder belongs to the installation itself",
                where=str(folder),
                remedy="Name another, for example rehearsal",
            )
    if folder.is_dir() and any(folder.iterdir()):
        if not (folder / MARK).is_file():
            other = min(path.name for path in folder.iterdir())
            raise InputError(
                f"the folder holds other things ({other})",
                where=str(folder),
                remedy="Name an empty folder, or one of an earlier rehearsal",
            )
        for name in LEFT_BEHIND:
            path = folder / name
            if path.is_dir():
                shutil.rmtree(path)
            path.unlink(missing_ok=True)
    folder.mkdir(parents=True, exist_ok=True)
    return _marked(folder)


def _marked(folder: Path) -> Path:
    (folder / MARK).write_text("Made by var-outreach; a next rehearsal here empties it.\n", "utf-8")
    return folder


def _free_port(host: str, port: int) -> int:
    """Return ``port``, or another that is free if somebody listens there already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            with socket.socket() as other:
                other.bind((host, 0))
                return int(other.getsockname()[1])
    return port


def _print_figures(figures: YearFigures) -> None:
    answers = {event.key: event.registrations for event in figures.events}
    rows = []
    for mailing in figures.mailings:
        given = answers.get(mailing.subject or "", {})
        counted = ", ".join(f"{count} {state}" for state, count in given.items())
        shows = mailing.kind in {"invitation", "update", "cancellation"}
        rows.append(
            (
                mailing.on,
                mailing.kind,
                mailing.subject,
                mailing.total,
                mailing.deliveries.get("sent", 0),
                counted if shows else "",
            )
        )
    print_table(
        f"Mailings of {figures.year}", ("date", "mail", "about", "# to", "# sent", "answers"), rows
    )
    total = sum(figures.deliveries.values())
    parts = " + ".join(f"{count} {state}" for state, count in sorted(figures.deliveries.items()))
    say(f"\nDeliveries: {total} = {parts}")
