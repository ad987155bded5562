"""Turns the Markdown of staff into HTML for mail and into plain text, with a closed set of fields.

*Reads*: nothing. *Writes*: nothing. *Next*: ``ad_hoc.py``, ``newsletter.py`` and ``event_mail.py``
put both forms into a mail.

Staff text is never a template: the fields are looked up in ``FIELDS``, nothing is evaluated. HTML
is off, links go to pages and mail addresses only, headings start below the mail's own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from var_outreach.composing.cleaning import clean_text
from var_outreach.composing.content import OPEN_MARK, place
from var_outreach.composing.palette import INLINE
from var_outreach.composing.text_layout import lay_out, underlined
from var_outreach.errors import InputError
from var_outreach.i18n import phrases

FIELDS = {
    "naam": "name",
    "functie": "offices",
    "organisatie": "offices",
    "antwoordlink": "answer_url",
    "mijn_pagina": "my_page_url",
}
"""What staff may write between double braces, and the place of the person it stands for."""

_FIELD = re.compile(r"\{\{(.*?)\}\}|\{\{")
_LINK_DESTINATION = re.compile(r"\]\(\s*<?\s*\Z")


@dataclass(frozen=True)
class Prose:
    """Running text in both forms; empty if there was none."""

    html: Markup
    text: str

    def __bool__(self) -> bool:
        return bool(self.text)


EMPTY = Prose(Markup(""), "")


def compose_prose(
    markdown: str, language: str = "nl", *, where: str = "text", fields: bool = True
) -> Prose:
    """Return Markdown as HTML with inline styles, and as text of 72 columns.

    ``where`` names the text in errors; ``fields`` allows ``FIELDS``. Raises InputError, with the
    line, for an unknown field, an image, or a link to anything but a page or a mail address.
    """
    source = clean_text(markdown, several_lines=True)
    if not source:
        return EMPTY
    source = _put_in_places(source, language, where, fields)
    parser = _StaffMarkdown()
    tokens = parser.parse(source)
    _refuse(parser, tokens, source, where)
    text = lay_out(_text_blocks(tokens))
    _lower_headings(tokens)
    _dress(tokens)
    html = Markup(parser.renderer.render(tokens, parser.options, {}).strip())
    return Prose(html, text.strip("\n"))


class _StaffMarkdown(MarkdownIt):
    """CommonMark without HTML and images, that knows the places of a person as links."""

    def __init__(self) -> None:
        super().__init__("commonmark", {"html": False, "linkify": False})
        self.disable(["html_block", "html_inline", "entity", "code", "fence"])
        self.refused: list[str] = []

    def validateLink(self, url: str) -> bool:
        if url.startswith(OPEN_MARK):
            return True
        try:
            parts = urlsplit(url)
        except ValueError:
            parts = urlsplit("")
        if (parts.scheme in {"http", "https"} and parts.hostname) or (
            parts.scheme == "mailto" and "@" in parts.path
        ):
            return True
        self.refused.append(url)
        return False

    def normalizeLink(self, url: str) -> str:
        return url if url.startswith(OPEN_MARK) else super().normalizeLink(url)


def _put_in_places(source: str, language: str, where: str, fields: bool) -> str:
    words = {
        "answer_url": phrases(language).gettext("Geef uw antwoord"),
        "my_page_url": phrases(language).gettext("Uw eigen pagina"),
    }

    def put_in(found: re.Match[str]) -> str:
        name = (found.group(1) or "").strip()
        if not fields or name not in FIELDS:
            line = source.count("\n", 0, found.start()) + 1
            known = ", ".join(f"{{{{ {one} }}}}" for one in FIELDS) if fields else "none here"
            raise InputError(
                f"{{{{ {name} }}}} is not a field that can be filled in",
                where=f"{where}:{line}",
                remedy=f"Known are: {known}",
            )
        mark = place(FIELDS[name])
        if FIELDS[name] in words and not _LINK_DESTINATION.search(source[: found.start()]):
            return f"[{words[FIELDS[name]]}]({mark})"
        return mark

    return _FIELD.sub(put_in, source)


def _refuse(parser: _StaffMarkdown, tokens: Sequence[Token], source: str, where: str) -> None:
    for token in tokens:
        if any(child.type == "image" for child in token.children or ()):
            raise InputError(
                "an image cannot stand in this text",
                where=f"{where}:{(token.map or [0])[0] + 1}",
                remedy="Take it out, or link to a page that shows it",
            )
    if parser.refused:
        url = parser.refused[0]
        lines = source.split("\n")
        at = next((n for n, line in enumerate(lines, start=1) if url in line), None)
        raise InputError(
            f"'{url}' is not a link to a page or a mail address",
            where=f"{where}:{at}" if at else where,
            remedy="Use a link like https://... or mailto:naam@gemeente.example",
        )


def _lower_headings(tokens: Sequence[Token]) -> None:
    """Make the highest heading an h2, and let none be more than one level below the last."""
    headings = [token for token in tokens if token.type in {"heading_open", "heading_close"}]
    highest = min((int(token.tag[1]) for token in headings), default=1)
    level = 1
    for token in headings:
        if token.type == "heading_open":
            level = min(int(token.tag[1]) - highest + 2, level + 1, 4)
        token.tag = f"h{level}"


def _dress(tokens: Sequence[Token]) -> None:
    """Take out italics (hard to read) and put the inline styles on."""
    for token in tokens:
        if token.tag == "em":
            token.tag = "strong"
        if token.nesting >= 0 and token.tag in INLINE and not token.hidden:
            token.attrSet("style", INLINE[token.tag])
        _dress(token.children or ())


def _text_blocks(tokens: Sequence[Token]) -> str:
    """Return paragraphs, headings and lists as text, a blank line between all but list items."""
    text = ""
    lists: list[int | None] = []
    bullet = ""
    heading = False
    for token in tokens:
        if token.type in {"bullet_list_open", "ordered_list_open"}:
            lists.append(int(token.attrGet("start") or 1) if "ordered" in token.type else None)
            text += "\n"
        elif token.type in {"bullet_list_close", "ordered_list_close"}:
            lists.pop()
        elif token.type == "list_item_open":
            bullet, lists[-1] = _bullet(lists[-1])
        elif token.type == "heading_open":
            heading = True
        elif token.type == "inline":
            indent = "  " * max(0, len(lists) - 1)
            line, links = _inline_text(token.children or ())
            block = underlined(line) if heading else f"{indent}{bullet}{line}"
            text += ("\n" if bullet else "\n\n") + "\n".join([block, *links])
            bullet, heading = "", False
        elif token.type == "hr":
            text += "\n\n" + "-" * 24
    return text


def _bullet(number: int | None) -> tuple[str, int | None]:
    return ("- ", None) if number is None else (f"{number}. ", number + 1)


def _inline_text(children: Sequence[Token]) -> tuple[str, list[str]]:
    """Return the words of a paragraph, and the lines of its links that follow it."""
    parts: list[str] = []
    links: list[tuple[str, str]] = []
    inside = False
    for child in children:
        if child.type == "link_open":
            links.append((str(child.attrGet("href")), ""))
            inside = True
        elif child.type in {"softbreak", "hardbreak"}:
            parts.append(" " if child.type == "softbreak" else "\n")
        elif child.type == "link_close":
            inside = False
        elif child.content:
            parts.append(child.content)
            if inside:
                links[-1] = (links[-1][0], links[-1][1] + child.content)
    lines: list[str] = []
    for url, words in links:
        shown = url.removeprefix("mailto:")
        if shown == words:
            continue
        lines += [shown] if len(links) == 1 else [f"{words}:", shown]
    return "".join(parts), lines
