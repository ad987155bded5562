"""Knows the mail that machines send by themselves: out of office, read receipts (RFC 3834).

*Reads*: a parsed message. *Writes*: nothing. *Next*: ``mailbox/read.py`` lets it change nothing.
"""

from __future__ import annotations

import re

from var_outreach.mailbox.parsed import ParsedMail, parameter

_SUBJECT = re.compile(
    r"^\s*(automatisch antwoord|automatic reply|auto(matic)?[ -]?re(ply|sponse)|out of (the )?office"
    r"|afwezig(heid)?\b|niet aanwezig|automatische antwort|abwesenheit|réponse automatique)",
    re.IGNORECASE,
)
_LEFT = re.compile(
    r"(niet (meer|langer) (werkzaam|in dienst)|uit dienst|werkt (hier )?niet meer"
    r"|no longer (works?|working|employed|with)|has left the|left the (company|organi[sz]ation))",
    re.IGNORECASE,
)


def is_auto_reply(mail: ParsedMail) -> bool:
    """Tell whether a machine wrote ``mail`` by itself.

    By Auto-Submitted (RFC 3834 5), the headers that older systems use, a read receipt
    (RFC 8098), or the subject of the usual mail programs.
    """
    submitted = mail.header("Auto-Submitted").partition(";")[0].strip().lower()
    if submitted:
        return submitted != "no"
    if any(mail.header(name) for name in ("X-Autoreply", "X-Autorespond", "X-Autoresponder")):
        return True
    if mail.header("Precedence").lower() in {"auto_reply", "auto-reply"}:
        return True
    if parameter(mail.root, "report-type") == "disposition-notification":
        return True
    return _SUBJECT.match(mail.header("Subject")) is not None


def says_left(mail: ParsedMail) -> bool:
    """Tell whether an automatic answer says that somebody works there no more."""
    return _LEFT.search(f"{mail.header('Subject')}\n{mail.text}") is not None
