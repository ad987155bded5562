"""Composes a mail that staff wrote by hand, in Markdown.

*Reads*: ``templates/email/ad-hoc``. *Writes*: nothing. *Next*: the outbox freezes the ``Content``.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from var_outreach.composing.cleaning import cleaned
from var_outreach.composing.content import Content, Variant, without_places
from var_outreach.composing.facts import MailKind, NetworkFacts, PartnerFacts
from var_outreach.composing.frame import frame_values
from var_outreach.composing.markdown import compose_prose
from var_outreach.composing.render import render_mail
from var_outreach.errors import InputError
from var_outreach.i18n import LANGUAGES
from var_outreach.message import checked_text


def compose_ad_hoc(
    subject: str,
    markdown: str,
    network: NetworkFacts,
    *,
    is_news: bool,
    partners: tuple[PartnerFacts, ...] = (),
    where: str = "text",
    folders: Sequence[Path] = (),
) -> Content:
    """Return staff's text in the frame of each language.

    ``is_news`` says whether it goes to subscribers, who may leave, or to the network. ``where``
    names the text in errors. Raises InputError for an empty subject or text, a field in the
    subject, or an unknown field in the text; HeaderError for a line break in the subject.
    """
    title = without_places(checked_text(subject, what="subject"))
    if not title or "{{" in title:
        raise InputError(
            "the subject is empty" if not title else "a subject cannot hold a field",
            where="subject",
            remedy="Write one that is the same for everybody",
        )
    if not markdown.strip():
        raise InputError("the text is empty", where=where, remedy="Write something")
    network = cleaned(network)
    variants = []
    for language in LANGUAGES:
        values = {
            **frame_values(network, cleaned(partners), language),
            "title": title,
            "own_word": compose_prose(markdown, language, where=where),
            "is_news": is_news,
        }
        mail = render_mail(MailKind.AD_HOC, language, values, folders=folders)
        variants.append(Variant(language, language, mail.subject, mail.text, mail.html))
    return Content(MailKind.AD_HOC.value, tuple(variants))
