"""The mail of a rehearsal, as pages: what would have been in everybody's mailbox.

*Reads*: the Maildir of the catcher. *Writes*: nothing. *Next*: nothing. Only a rehearsal adds
these pages to the site; a real installation has none of them.
"""

from __future__ import annotations

import email.policy
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.parser import BytesHeaderParser, BytesParser
from functools import lru_cache
from pathlib import Path

from fastapi import APIRouter, Response

from var_outreach.errors import NotFound
from var_outreach.web.newsletter import at_present_address
from var_outreach.web.site import HereDep

PER_PAGE = 60
PARTS = {"html": "text/html", "tekst": "text/plain", "agenda": "text/calendar"}


@dataclass(frozen=True)
class CaughtMail:
    """One caught message, as a list shows it."""

    number: int
    to: str
    subject: str
    at: datetime | None
    kind: str
    """nieuwsbrief, agenda or bericht: what it carries."""


def caught_router(folder: Path) -> APIRouter:
    """Return the pages that show the mail in the Maildir ``folder``."""
    router = APIRouter(prefix="/post")
    box = _Box(folder / "new")

    @router.get("")
    def show_list(here: HereDep, zoek: str = "", soort: str = "", pagina: int = 1) -> Response:
        """List the caught mail, the newest first."""
        mails = [mail for mail in box.mails() if _matches(mail, zoek, soort)]
        last = max(1, -(-len(mails) // PER_PAGE))
        page = min(max(pagina, 1), last)
        return here.page(
            "caught.html",
            mails=mails[(page - 1) * PER_PAGE : page * PER_PAGE],
            total=len(mails),
            page=page,
            last=last,
            sought=zoek,
            kind=soort,
        )

    @router.get("/{number}")
    def show_mail(here: HereDep, number: int) -> Response:
        """Show one message: its head, its letter in a frame, its text and its calendar."""
        message = box.message(number)
        parts = {name: _part(message, kind) for name, kind in PARTS.items()}
        names = ("From", "To", "Reply-To", "Subject", "Date", "List-Unsubscribe", "Return-Path")
        heads = [(name, str(message[name])) for name in names if message[name]]
        return here.page(
            "caught_mail.html",
            number=number,
            subject=str(message["Subject"] or ""),
            heads=heads,
            parts=parts,
            count=len(box.mails()),
        )

    @router.get("/{number}/brief")
    def show_letter(here: HereDep, number: int) -> Response:
        """Send the HTML part by itself, under a policy that lets it run nothing."""
        policy = (
            "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; form-action 'none'; "
            "frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox "
            "allow-top-navigation-by-user-activation"
        )
        headers = {"Content-Security-Policy": policy, "X-Frame-Options": "SAMEORIGIN"}
        html = at_present_address(_part(box.message(number), "text/html"), here.app.settings)
        html = html.replace("<head>", '<head><base target="_top">', 1)
        return Response(html, headers=headers, media_type="text/html; charset=utf-8")

    @router.get("/{number}/bron")
    def show_source(here: HereDep, number: int) -> Response:
        """Send the message as it came."""
        return Response(box.source(number), media_type="text/plain; charset=utf-8")

    return router


class _Box:
    """The folder, read once: a rehearsal is over when it is looked at."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._mails: list[CaughtMail] | None = None

    def mails(self) -> list[CaughtMail]:
        if self._mails is None:
            paths = sorted(self._folder.iterdir(), reverse=True)
            self._mails = [_summary(path) for path in paths]
        return self._mails

    def source(self, number: int) -> bytes:
        for path in self._folder.glob(f"{number:08d}.*"):
            return path.read_bytes()
        raise NotFound("there is no such mail")

    def message(self, number: int) -> EmailMessage:
        return _parsed(self.source(number))


@lru_cache(maxsize=32)
def _parsed(source: bytes) -> EmailMessage:
    message = BytesParser(policy=email.policy.default).parsebytes(source)
    assert isinstance(message, EmailMessage)
    return message


def _summary(path: Path) -> CaughtMail:
    with path.open("rb") as file:
        head = BytesHeaderParser(policy=email.policy.default).parse(file)
    kind = "bericht"
    if head["List-Id"]:
        kind = "nieuwsbrief"
    elif head.get_content_type() == "multipart/mixed":
        kind = "agenda"
    date = head["Date"]
    return CaughtMail(
        number=int(path.name.partition(".")[0]),
        to=str(head["To"] or ""),
        subject=str(head["Subject"] or ""),
        at=date.datetime if date is not None else None,
        kind=kind,
    )


def _matches(mail: CaughtMail, sought: str, kind: str) -> bool:
    words = f"{mail.to} {mail.subject}".casefold()
    return (not kind or mail.kind == kind) and sought.casefold() in words


def _part(message: EmailMessage, kind: str) -> str:
    for part in message.walk():
        if part.get_content_type() == kind:
            return str(part.get_content()) if kind != "text/calendar" else _calendar_text(part)
    return ""


def _calendar_text(part: EmailMessage) -> str:
    payload = part.get_payload(decode=True)
    return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
