"""Writes composed mail into files that a person can open: .eml, .html, .txt and .ics.

*Reads*: composed content. *Writes*: files in a folder. *Next*: ``compose preview`` and
``mailing preview`` call it.
"""

from __future__ import annotations

from pathlib import Path

from var_outreach.agenda.facts import EventFacts
from var_outreach.app import App
from var_outreach.composing.calendar_entry import (
    CANCEL,
    REQUEST,
    freeze_calendar,
    frozen_calendar,
    invitee_entry,
)
from var_outreach.composing.content import Content, fill_places
from var_outreach.composing.ical.attach import compose_parts
from var_outreach.composing.mime import MessageHead, SenderFacts, prepare
from var_outreach.composing.samples import SAMPLE_EVENT, sample_places
from var_outreach.errors import FileError
from var_outreach.planning.mail_kinds import CALENDAR_KINDS, MailKind
from var_outreach.tokens import TOKEN_LENGTH

CANCELS = frozenset({MailKind.CANCELLATION, MailKind.WITHDRAWAL})
NO_ENTRY = frozenset({"declined", "cancelled"})
LIST_KINDS = frozenset({MailKind.NEWSLETTER})


def write_preview(
    app: App, content: Content, name: str, folder: Path, *, event: EventFacts | None = None
) -> list[Path]:
    """Write every variant of ``content`` into ``folder``; return the files.

    Personal places hold sample values. Raises FileError if the folder cannot be written.
    """
    written: list[Path] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for variant in content.variants:
            stem = folder / f"{name}.{variant.key.replace('/', '-')}"
            calendar = _calendar(app, MailKind(content.kind), variant.key, event or SAMPLE_EVENT)
            values = sample_places(app.network.base_url)
            own = app.settings.network
            is_list = content.kind in LIST_KINDS
            sender = SenderFacts(
                own.sender_name,
                own.sender_address,
                list_id=own.list_id if is_list else None,
                auto_submitted=content.kind != MailKind.AD_HOC,
            )
            head = MessageHead(
                to_name="Voorbeeld",
                to_address="voorbeeld@gemeente.example",
                message_id=f"<voorbeeld@{app.uid_domain}>",
                dated_at=app.clock.now().replace(microsecond=0),
                reply_to=own.contact_address,
                unsubscribe_url=values["unsubscribe_url"] if is_list else None,
            )
            message = prepare(variant, sender, with_calendar=calendar is not None).assemble(
                head, values, compose_parts(calendar) if calendar else None
            )
            files = {
                ".eml": message,
                ".html": fill_places(variant.html, values).encode(),
                ".txt": fill_places(variant.text, values).encode(),
                **({".ics": calendar} if calendar else {}),
            }
            for suffix, body in files.items():
                path = stem.with_name(stem.name + suffix)
                path.write_bytes(body)
                written.append(path)
    except OSError as error:
        raise FileError(
            f"the preview cannot be written ({error.strerror})",
            where=str(folder),
            remedy="Name another folder with --to",
        ) from error
    return written


def _calendar(app: App, kind: MailKind, variant: str, event: EventFacts) -> bytes | None:
    state = variant.partition("/")[2]
    if kind not in CALENDAR_KINDS or state in NO_ENTRY or event.on_date is None:
        return None
    token = "a" * TOKEN_LENGTH
    own = app.settings.network
    now = app.clock.now().replace(microsecond=0)
    entry = invitee_entry(
        event,
        app.network,
        uid=f"{token}@{app.uid_domain}",
        sequence=1 if kind in CANCELS or kind is MailKind.UPDATE else 0,
        organizer_name=own.sender_name,
        organizer_address=own.organiser_address.replace("{token}", token),
        attendee_name="Voorbeeld",
        attendee_address="voorbeeld@gemeente.example",
        answer_url=f"{app.network.base_url}/voorbeeld",
        partstat={"accepted": "ACCEPTED", "tentative": "TENTATIVE"}.get(state, "NEEDS-ACTION"),
        rsvp=True,
        language=variant.partition("/")[0],
    )
    frozen = freeze_calendar(entry, CANCEL if kind in CANCELS else REQUEST)
    if kind is MailKind.CANCELLATION:
        frozen["cancelled_event"] = True
    return frozen_calendar(frozen, now)
