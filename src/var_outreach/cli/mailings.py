"""``var-outreach mailing``: look at mailings and let them go.

*Reads / Writes*: mailings. *Next*: the tick sends what is released.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy import select

from var_outreach import pipeline
from var_outreach.agenda.facts import EventFacts, event_facts
from var_outreach.agenda.model import Event
from var_outreach.app import App
from var_outreach.cli.arguments import By, Json
from var_outreach.cli.context import the_app, whoami
from var_outreach.cli.mailing_words import copies_in_words, dutch_first, state_words
from var_outreach.cli.output import local, print_json, print_table, say
from var_outreach.cli.preview import write_preview
from var_outreach.clock import at_local
from var_outreach.composing.content import fill_places
from var_outreach.composing.samples import sample_places
from var_outreach.dispatch.pauses import all_pauses
from var_outreach.errors import FileError, InputError, OutreachError
from var_outreach.outbox.ledger import delivery_rows, state_counts
from var_outreach.outbox.mailings import content_of, find_mailing, goes_at
from var_outreach.outbox.model import DeliveryState, Mailing, MailingState
from var_outreach.planning.mail_kinds import MailKind
from var_outreach.staff import mailings as staff_mailings

group = typer.Typer(no_args_is_help=True)
GONE = frozenset({DeliveryState.SENT, DeliveryState.CLAIMED, DeliveryState.TRANSMITTING})
"""States of a copy that went, or that the service, another process, has in hand."""


@group.command("list")
def list_(
    as_json: Json = False,
    state: Annotated[str | None, typer.Option(help="Only those in this state.")] = None,
    tests: Annotated[bool, typer.Option("--tests", help="Copies to yourself too.")] = False,
) -> None:
    """List the mailings there are."""
    if state is not None and state not in set(MailingState):
        raise InputError(
            f"'{state}' is no state of a mailing", remedy=f"Use one of: {', '.join(MailingState)}"
        )
    app = the_app()
    zone = app.settings.zone
    query = select(Mailing).order_by(Mailing.scheduled_at, Mailing.id)
    if not tests:
        query = query.where(~Mailing.key.startswith(staff_mailings.TEST))
    rows, words = [], []
    with app.database.reading() as session:
        for mailing in session.scalars(query):
            if state is not None and mailing.state.value != state:
                continue
            counts = state_counts(session, mailing.id)
            rows.append({**_facts(mailing, app), "deliveries": counts})
            words.append(state_words(mailing, counts, zone))
    if as_json:
        print_json(rows)
        return
    table = [
        (
            local(row["goes_at"] or row["enqueued_at"] or row["scheduled_at"], zone),
            shown,
            row["kind"],
            _to(app, row),
            row["key"],
        )
        for row, shown in zip(rows, words, strict=True)
    ]
    print_table("Mailings", ("at", "state", "mail", "# to", "key"), table)


def _to(app: App, row: dict[str, Any]) -> int | None:
    """Return to how many a mailing went, was approved for or would go."""
    number: int | None = sum(row["deliveries"].values()) or row["approved_count"]
    if number is None and row["state"] in {MailingState.DRAFT, MailingState.HELD}:
        try:
            number, _ = pipeline.count_recipients(app, row["key"])
        except OutreachError:
            # The list is to be seen although one mailing in it is wrong; "show" says how.
            return None
    return number


@group.command()
def show(key: str, as_json: Json = False) -> None:
    """Show one mailing: subject, state, to whom, and what became of every delivery."""
    app = the_app()
    with app.database.reading() as session:
        mailing = find_mailing(session, key)
        facts = _facts(mailing, app)
        waits = mailing.enqueued_at is None
        counts = state_counts(session, mailing.id)
        shown_state = state_words(mailing, counts, app.settings.zone)
        variant = dutch_first(content_of(session, mailing))
        deliveries = delivery_rows(session, mailing.id)
    facts["subject"] = fill_places(variant.subject, sample_places(app.network.base_url))
    if waits:
        facts["to"], facts["left_out"] = pipeline.count_recipients(app, key)
    if as_json:
        print_json({**facts, "counts": counts, "deliveries": deliveries})
        return
    facts["state"] = shown_state
    if facts["goes_at"]:
        # It was planned for another moment, perhaps; this one holds.
        del facts["scheduled_at"]
    for name, value in facts.items():
        if value not in (None, ""):
            shown = local(value, app.settings.zone) if isinstance(value, datetime) else value
            say(f"{name:>15}  {shown}")
    if counts:
        total = " + ".join(f"{count} {state}" for state, count in sorted(counts.items()))
        say(f"{'deliveries':>15}  {sum(counts.values())} = {total}")
    rows = [
        (row["name"], row["address"], row["state"], row["why"], local(row["at"], app.settings.zone))
        for row in deliveries
        if row["state"] != "sent"
    ]
    if rows:
        print_table("Not sent", ("name", "address", "state", "why", "next or last"), rows)


@group.command()
def preview(
    key: str,
    to: Annotated[Path, typer.Option("--to", help="Folder to write into.")],
    as_json: Json = False,
) -> None:
    """Write a mailing as .eml, .html, .txt and .ics, one of each variant."""
    app = the_app()
    event: EventFacts | None = None
    with app.database.reading() as session:
        mailing = find_mailing(session, key)
        content = content_of(session, mailing)
        if mailing.subject_key is not None and mailing.kind != MailKind.NEWSLETTER:
            row = session.scalar(select(Event).where(Event.key == mailing.subject_key))
            event = None if row is None else event_facts(row)
    paths = write_preview(app, content, key.replace(":", "-"), to, event=event)
    if as_json:
        print_json(paths)
        return
    for path in paths:
        say(str(path))


@group.command("test")
def send_test(
    key: str,
    to: Annotated[str, typer.Option("--to", help="Your own address.")],
    by: By = None,
    as_json: Json = False,
) -> None:
    """Send a copy to yourself."""
    app = the_app()
    copy = staff_mailings.queue_test(app, key, to=to, by=whoami(by))
    pipeline.dispatch_mailings(app, pipeline.TickReport())
    with app.database.reading() as session:
        rows = delivery_rows(session, find_mailing(session, copy).id)
        reasons = [pause.reason for pause in all_pauses(session, now=app.clock.now())]
    gone = [row for row in rows if row["state"] in GONE]
    if as_json:
        print_json({"key": copy, "deliveries": Counter(row["state"] for row in rows)})
    elif gone:
        say(f"Sent: {copies_in_words([row['variant'] for row in gone])}, to {to}.")
    stuck = [row for row in rows if row["state"] not in GONE]
    if stuck:
        raise _not_sent(stuck, reasons, to)


def _not_sent(stuck: list[dict[str, Any]], pauses: list[str], to: str) -> OutreachError:
    """Return what became of the copies of a test that did not go, and why."""
    said = [row["why"] for row in stuck if row["why"]] or pauses or [stuck[0]["state"]]
    gave_up = any(row["state"] == DeliveryState.FAILED for row in stuck)
    return OutreachError(
        f"not sent: {copies_in_words([row['variant'] for row in stuck])}, to {to} "
        f"({said[0].rstrip('.')})",
        remedy="Mend that and test again"
        if gave_up
        else "It waits and is tried again; see: var-outreach outbox status",
    )


@group.command()
def approve(key: str, by: By = None, as_json: Json = False) -> None:
    """Say that a mailing is right; it does not go by this."""
    app = the_app()
    done = staff_mailings.approve_mailing(app, key, by=whoami(by))
    if as_json:
        print_json(
            {
                "key": key,
                "state": "approved",
                "to": done.count,
                "left_out": dict(done.excluded),
                "scheduled_at": done.scheduled_at,
            }
        )
        return
    say(
        f"Approved for {done.count} recipients, planned at "
        f"{local(done.scheduled_at, app.settings.zone)}."
    )
    for reason, count in sorted(done.excluded.items()):
        say(f"  left out, {reason}: {count}")
    say(f"It goes after: var-outreach mailing release {key}")


@group.command()
def release(
    key: str,
    now: Annotated[bool, typer.Option("--now", help="Do not wait for its moment.")] = False,
    by: By = None,
    as_json: Json = False,
) -> None:
    """Let an approved mailing go."""
    app = the_app()
    goes = staff_mailings.release_mailing(app, key, by=whoami(by), at_once=now)
    if as_json:
        print_json({"key": key, "goes_at": goes})
        return
    say(f"Goes at {local(goes, app.settings.zone)}. Until then: var-outreach mailing hold {key}")


@group.command()
def hold(key: str, by: By = None, as_json: Json = False) -> None:
    """Take a release back, or stop a mailing that is being sent; it can be released again."""
    staff_mailings.hold_mailing(the_app(), key, by=whoami(by))
    if as_json:
        print_json({"key": key, "state": "held"})
        return
    say("Held: nothing more goes out.")
    say(f"Let it go after all: var-outreach mailing release {key}")


@group.command()
def cancel(key: str, by: By = None, as_json: Json = False) -> None:
    """End a mailing for good."""
    skipped = staff_mailings.cancel_mailing(the_app(), key, by=whoami(by))
    if as_json:
        print_json({"key": key, "state": "cancelled", "skipped": skipped})
        return
    say(f"Cancelled; {skipped} that had not gone will not go.")


@group.command()
def settle(
    key: str,
    send: Annotated[bool, typer.Option("--send/--let-go", help="Send again, or take as sent.")],
    as_json: Json = False,
) -> None:
    """Decide about deliveries of which nobody knows whether they arrived."""
    count = staff_mailings.settle_uncertain(the_app(), key, send=send)
    if as_json:
        print_json({"key": key, "count": count, "sent_again": send})
        return
    say(f"{count} {'will be sent again' if send else 'taken as sent'}.")


@group.command()
def new(
    file: Annotated[Path, typer.Argument(help="The text, in Markdown.")],
    to: Annotated[str, typer.Option("--to", help="The audience.")],
    subject: Annotated[str, typer.Option("--subject")],
    at: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d %H:%M"], help="Default now.")
    ] = None,
    by: By = None,
    as_json: Json = False,
) -> None:
    """Make an ad hoc mail to an audience, as a draft."""
    markdown = _read_markdown(file)
    app = the_app()
    key = staff_mailings.write_ad_hoc(
        app,
        subject=subject,
        markdown=markdown,
        audience_key=to,
        by=whoami(by),
        at=at_local(at.date(), at.time(), app.settings.zone) if at else None,
        where=str(file),
    )
    if as_json:
        print_json({"key": key, "state": "draft"})
        return
    say(f"Draft made: {key}")
    say(f"Look at it: var-outreach mailing preview {key} --to preview")


def _read_markdown(file: Path) -> str:
    """Return the text of ``file``; raises FileError with the line that is no text."""
    try:
        data = file.read_bytes()
    except OSError as error:
        raise FileError(
            f"the text cannot be read ({error.strerror})", where=str(file), remedy="Check the path"
        ) from error
    try:
        text = data.decode("utf-8-sig")
        wrong = text.find("\0")
    except UnicodeDecodeError as error:
        text, wrong = data[: error.start].decode("latin-1"), error.start
    if wrong >= 0:
        raise FileError(
            "this is not UTF-8 text",
            where=f"{file}:{text.count(chr(10), 0, wrong) + 1}",
            remedy="Save it as plain text in UTF-8",
        )
    if not text.strip():
        raise FileError("the file is empty", where=str(file), remedy="Write the mail first")
    return text


def _facts(mailing: Mailing, app: App) -> dict[str, Any]:
    waits = mailing.enqueued_at is None and mailing.state is MailingState.APPROVED
    recall = timedelta(0) if mailing.released_by == pipeline.BY_RULE else app.recall
    facts = {
        name: getattr(mailing, name)
        for name in (
            "key",
            "kind",
            "state",
            "subject_key",
            "scheduled_at",
            "expires_at",
            "reason",
            "held_because",
            "version",
            "approved_by",
            "approved_at",
            "approved_count",
            "released_by",
            "released_at",
            "enqueued_at",
            "finished_at",
        )
    }
    facts["goes_at"] = goes_at(mailing, recall) if waits else None
    return facts
