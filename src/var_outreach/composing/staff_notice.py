"""Composes the mail that tells staff what waits for them or went wrong.

*Reads*: ``templates/email/staff-notice``. *Writes*: nothing. *Next*: ``noticing.py`` puts it into
the outbox.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from var_outreach.composing.cleaning import clean_text, cleaned, web_link
from var_outreach.composing.content import Content, Variant
from var_outreach.composing.facts import MailKind, NetworkFacts
from var_outreach.composing.frame import frame_values
from var_outreach.composing.render import render_mail
from var_outreach.composing.staff_words import notice_lines, notice_subject
from var_outreach.errors import InputError
from var_outreach.i18n import LANGUAGES
from var_outreach.planning.notices import Notice


@dataclass(frozen=True)
class NoticeLine:
    """One line of a notice; a line that is a link and nothing else is shown as one."""

    words: str
    url: str = ""


def compose_notice(
    notice: Notice, network: NetworkFacts, *, folders: Sequence[Path] = ()
) -> Content:
    """Return the mail to staff that tells ``notice``."""
    zone = network.zone
    lines = notice_lines(notice, zone)
    return compose_staff_notice(notice_subject(notice, zone), lines, network, folders=folders)


def compose_staff_notice(
    subject: str, lines: Sequence[str], network: NetworkFacts, *, folders: Sequence[Path] = ()
) -> Content:
    """Return a notice of plain lines, each a paragraph or a link.

    ``subject`` and ``lines`` may quote what came from outside: they are cleaned, never refused,
    for a notice that fails to go out hides what it was about.
    """
    network = cleaned(network)
    shown = tuple(_line(clean_text(line)) for line in lines if line.strip())
    variants = []
    for language in LANGUAGES:
        values = {
            **frame_values(network, (), language),
            "title": clean_text(subject) or network.short_name,
            "lines": shown,
        }
        mail = render_mail(MailKind.STAFF_NOTICE, language, values, folders=folders)
        variants.append(Variant(language, language, mail.subject, mail.text, mail.html))
    return Content(MailKind.STAFF_NOTICE.value, tuple(variants))


def _line(text: str) -> NoticeLine:
    try:
        return NoticeLine(text, web_link(text, what="notice"))
    except InputError:
        return NoticeLine(text)
