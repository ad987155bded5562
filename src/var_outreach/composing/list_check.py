"""Composes the mail that asks an organisation whether its list of offices is still right.

*Reads*: ``templates/email/list-check``. *Writes*: nothing. *Next*: the outbox freezes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from var_outreach.composing.cleaning import cleaned
from var_outreach.composing.content import Content, Variant
from var_outreach.composing.facts import MailKind, NetworkFacts
from var_outreach.composing.frame import frame_values
from var_outreach.composing.render import render_mail
from var_outreach.i18n import LANGUAGES, format_date

REMINDER = "reminder"
"""The variant for who was asked before."""


@dataclass(frozen=True)
class ListCheckFacts:
    """What the mail is made of; whose list it is stands in its places."""

    network: NetworkFacts
    until_on: date
    """The last day on which the page takes corrections."""


def compose_list_check(facts: ListCheckFacts, *, folders: Sequence[Path] = ()) -> Content:
    """Return the request and its reminder, in both languages; its place is ``list_url``."""
    network = cleaned(facts.network)
    variants = []
    for language in LANGUAGES:
        for state in ("", REMINDER):
            values = {
                **frame_values(network, (), language),
                "until_day": format_date(facts.until_on, language),
                "state": state,
            }
            mail = render_mail(MailKind.LIST_CHECK, language, values, folders=folders)
            key = f"{language}/{state}" if state else language
            variants.append(Variant(key, language, mail.subject, mail.text, mail.html))
    return Content(MailKind.LIST_CHECK.value, tuple(variants))
