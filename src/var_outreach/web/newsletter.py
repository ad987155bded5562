"""The archive of the newsletter: by year, an issue as a page, and the pictures in it.

*Reads*: sent mailings and their frozen content. *Writes*: nothing. *Next*: nothing; readers
come here from the mail.

A letter brings its own inline styles, so it is shown in a frame of its own, under a policy that
allows it styles and our pictures and nothing else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from urllib.parse import urlsplit

from fastapi import APIRouter, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from var_outreach.clock import local_date
from var_outreach.composing.content import CLOSE_MARK, OPEN_MARK, Variant, fill_places
from var_outreach.errors import NotFound
from var_outreach.news.model import NewsImage
from var_outreach.outbox.model import Mailing, MailingContent, MailingState
from var_outreach.planning.mail_kinds import MailKind
from var_outreach.settings import Settings
from var_outreach.web.site import Here, HereDep

router = APIRouter()
pictures = APIRouter()

_ISSUE = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")
_HASH = re.compile(r"[0-9a-f]{64}")
_PERSONAL_LINK = re.compile(
    r"""(?:\s*(?:&\#183;|&middot;|·)\s*)?<a\b[^>]*\bhref="MARK"[^>]*>.*?</a>""".replace(
        "MARK", f"{OPEN_MARK}[a-z_]+{CLOSE_MARK}"
    ),
    re.DOTALL,
)
"""A link to a page of the reader's own, with the dot that parts it from the one before."""
_HEAD = re.compile(r"<head(\s[^>]*)?>", re.IGNORECASE)


@dataclass(frozen=True)
class Issue:
    """One issue that went out."""

    key: str
    title: str
    on_date: date
    html: str
    language: str


@router.get("/nieuwsbrief")
def show_archive(here: HereDep) -> Response:
    """Show every issue by year, the newest first."""
    with here.app.database.reading() as session:
        issues = sent_issues(session, here)
    years = [
        (year, list(group)) for year, group in groupby(issues, key=lambda one: one.on_date.year)
    ]
    return here.page("archive.html", years=years)


@router.get("/nieuwsbrief/{issue_key}")
def show_issue(here: HereDep, issue_key: str) -> Response:
    """Show one issue with its way back, its neighbours and the letter in its frame."""
    with here.app.database.reading() as session:
        issues = sent_issues(session, here)
    at = _index_of(issues, issue_key)
    return here.page(
        "issue.html",
        issue=issues[at],
        newer=issues[at - 1] if at > 0 else None,
        older=issues[at + 1] if at + 1 < len(issues) else None,
    )


@router.get("/nieuwsbrief/{issue_key}/brief")
def show_letter(here: HereDep, issue_key: str) -> Response:
    """Send the letter as it was mailed, without anything of a person."""
    with here.app.database.reading() as session:
        issues = sent_issues(session, here)
    issue = issues[_index_of(issues, issue_key)]
    html = at_present_address(issue.html, here.app.settings)
    html = _HEAD.sub(lambda head: f'{head[0]}<base target="_top">', html, count=1)
    base = urlsplit(here.app.settings.base_url)
    policy = (
        f"default-src 'none'; style-src 'unsafe-inline'; img-src 'self' "
        f"{base.scheme}://{base.netloc}; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox "
        "allow-top-navigation-by-user-activation"
    )
    headers = {"Content-Security-Policy": policy, "X-Frame-Options": "SAMEORIGIN"}
    return Response(html, headers=headers, media_type="text/html; charset=utf-8")


@pictures.get("/afbeelding/{sha256}")
def show_picture(here: HereDep, sha256: str) -> Response:
    """Send a picture of the newsletter; its address is the hash of its bytes."""
    response = None
    if _HASH.fullmatch(sha256):
        with here.app.database.reading() as session:
            picture = session.get(NewsImage, sha256)
            if picture is not None:
                response = Response(picture.body, media_type=picture.media_type)
    if response is None:
        raise NotFound("there is no such picture")
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    response.headers["ETag"] = f'"{sha256}"'
    return response


def at_present_address(html: str, settings: Settings) -> str:
    """Return a letter with links to a former address of this site turned to the present one."""
    for former in settings.former_base_urls:
        html = html.replace(former, settings.base_url)
    return html


def sent_issues(session: Session, here: Here) -> list[Issue]:
    """Return the issues that went out, the newest first, in the language of the page if it was."""
    rows = session.execute(
        select(Mailing, MailingContent)
        .join(MailingContent, MailingContent.mailing_id == Mailing.id)
        .where(
            Mailing.kind == MailKind.NEWSLETTER.value,
            Mailing.state.in_((MailingState.SENDING, MailingState.SENT)),
            Mailing.subject_key.is_not(None),
            MailingContent.version == Mailing.version,
        )
    ).all()
    found: dict[int, tuple[Mailing, dict[str, MailingContent]]] = {}
    for mailing, content in rows:
        found.setdefault(mailing.id, (mailing, {}))[1][content.variant] = content
    issues = [_issue(here, mailing, contents) for mailing, contents in found.values()]
    return sorted(issues, key=lambda one: (one.on_date, one.key), reverse=True)


def _issue(here: Here, mailing: Mailing, contents: dict[str, MailingContent]) -> Issue:
    wanted = (f"{here.language}/archive", here.language, "nl/archive", "nl")
    key = next((key for key in wanted if key in contents), min(contents))
    variant = Variant.deserialise(contents[key].body)
    sent_at = mailing.enqueued_at or mailing.scheduled_at
    return Issue(
        key=mailing.subject_key or "",
        title=fill_places(variant.subject, {}).strip(),
        on_date=local_date(sent_at, here.app.settings.zone),
        html=fill_places(_PERSONAL_LINK.sub("", variant.html), {}),
        language=variant.language,
    )


def _index_of(issues: list[Issue], key: str) -> int:
    for index, issue in enumerate(issues):
        if _ISSUE.fullmatch(key) and issue.key == key:
            return index
    raise NotFound("there is no such issue", remedy="Look in the archive")
