"""Composes the mail that asks to confirm a subscription (double opt-in).

*Reads*: ``templates/email/subscription``. *Writes*: nothing. *Next*: the outbox freezes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from var_outreach.composing.cleaning import cleaned
from var_outreach.composing.content import Content, Variant
from var_outreach.composing.facts import MailKind, NetworkFacts
from var_outreach.composing.frame import frame_values
from var_outreach.composing.render import render_mail
from var_outreach.i18n import LANGUAGES


def compose_subscription(network: NetworkFacts, *, folders: Sequence[Path] = ()) -> Content:
    """Return the request to confirm, in both languages; its place is ``confirm_url``.

    It holds nothing that the asker typed: a stranger's words would reach a stranger by our hand.
    """
    network = cleaned(network)
    variants = []
    for language in LANGUAGES:
        values = frame_values(network, (), language)
        mail = render_mail(MailKind.SUBSCRIPTION, language, values, folders=folders)
        variants.append(Variant(language, language, mail.subject, mail.text, mail.html))
    return Content(MailKind.SUBSCRIPTION.value, tuple(variants))
