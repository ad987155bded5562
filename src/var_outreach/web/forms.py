"""Forms: where they come from, what they hold, and what is wrong with it.

*Reads*: a form that was sent in. *Writes*: nothing. *Next*: the routers act on ``Form`` or show
the page again with its errors and its input.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request
from starlette.datastructures import FormData

from var_outreach.errors import Forbidden, HeaderError
from var_outreach.message import checked_address, checked_name
from var_outreach.tokens import Signer

PURPOSE = "form"
KEPT_OPEN = timedelta(hours=24)
"""How long a form may stand open before it must be sent again."""
_LINE_LIMIT = 120
_TEXT_LIMIT = 1000


@dataclass
class Form:
    """The fields of one form, and the errors found in them, by the id of the field."""

    data: FormData
    errors: dict[str, str] = field(default_factory=dict)

    @classmethod
    def empty(cls) -> Form:
        """Return a form in which nothing was filled in yet."""
        return cls(FormData())

    def text(self, name: str) -> str:
        """Return what was filled in at ``name``, without space around it."""
        value = self.data.get(name, "")
        return value.strip() if isinstance(value, str) else ""

    def many(self, name: str) -> list[str]:
        """Return every value that was ticked at ``name``."""
        return [value for value in self.data.getlist(name) if isinstance(value, str)]

    def line(self, name: str, *, missing: str = "", too_long: str) -> str:
        """Return one line of text; notes an error if it is empty, too long or not plain text."""
        value = " ".join(_plain(self.text(name)).split())
        if not value and missing:
            self.errors[name] = missing
        elif len(value) > _LINE_LIMIT or not _is_name(value):
            self.errors[name] = too_long
        return value

    def note(self, name: str, *, too_long: str) -> str:
        """Return lines of text; notes an error if they are too long."""
        value = _plain(self.text(name).replace("\r\n", "\n").replace("\r", "\n"))
        if len(value) > _TEXT_LIMIT:
            self.errors[name] = too_long
        return value

    def address(self, name: str, *, wrong: str) -> str:
        """Return a checked mail address; notes the error ``wrong`` if it is none."""
        try:
            return checked_address(self.text(name))
        except HeaderError:
            self.errors[name] = wrong
            return self.text(name)


def _is_name(text: str) -> bool:
    """Tell whether ``text`` may stand in a header, where an encoded word hides what it holds."""
    try:
        checked_name(text)
    except HeaderError:
        return False
    return True


def _plain(text: str) -> str:
    """Return ``text`` composed (NFC), without control characters and other unseen marks."""
    return "".join(
        char
        for char in unicodedata.normalize("NFC", text)
        if char == "\n" or unicodedata.category(char) not in {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}
    )


async def _read_form(request: Request) -> Form:
    return Form(await request.form(max_files=0, max_fields=1000))


def check_origin(request: Request) -> None:
    """Refuse a form that another site sent.

    Sec-Fetch-Site decides where the browser gives it, else Origin against Host and our own
    address. Without either the sender is no browser, and carries no reader's rights.

    Raises:
        Forbidden: when the form came from another origin.
    """
    fetched_from = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if fetched_from in {"same-origin", "none"}:
        return
    if fetched_from is None:
        if origin is None:
            return
        base = urlsplit(request.app.state.site.app.settings.base_url)
        if urlsplit(origin).netloc in {base.netloc, request.headers.get("host", "")} - {""}:
            return
    raise Forbidden("this form was sent from another site", remedy="Open our own page and send it")


FormDep = Annotated[Form, Depends(_read_form)]
SameOrigin = Depends(check_origin)


def form_token(signer: Signer, page: str, now: datetime) -> str:
    """Return the hidden token that ties a form to ``page`` for as long as it may stand open."""
    return signer.sign(PURPOSE, page, until=now + KEPT_OPEN)


def is_our_form(signer: Signer, token: str, page: str, now: datetime) -> bool:
    """Tell whether ``token`` was given out for ``page`` and is not past its end."""
    if not re.fullmatch(r"[\w.-]{1,400}", token, re.ASCII):
        return False
    try:
        return signer.verify(PURPOSE, token, now=now) == page
    except Forbidden:
        return False
