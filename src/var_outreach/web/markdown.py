"""Staff text in Markdown as HTML: no raw HTML, no images, links to the web and mail only.

*Reads*: nothing. *Writes*: nothing. *Next*: templates show it through the ``markdown`` filter.
"""

from __future__ import annotations

from collections.abc import Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token

_ALLOWED = ("https://", "http://", "mailto:", "tel:")
_DEEPEST = 6


class _Reader(MarkdownIt):
    """CommonMark without what a page may not hold."""

    def __init__(self) -> None:
        super().__init__("commonmark", {"html": False})
        self.disable(["image", "html_block", "html_inline"])

    def validateLink(self, url: str) -> bool:  # noqa: N802 - the library's own hook name
        """Tell whether ``url`` may be linked to."""
        return url.strip().lower().startswith(_ALLOWED)


_READER = _Reader()


def render_markdown(text: str | None, *, under: int = 2) -> str:
    """Return ``text`` as HTML; its highest heading becomes the one below level ``under``."""
    if not text:
        return ""
    tokens = _READER.parse(text)
    _lower_headings(tokens, under)
    return str(_READER.renderer.render(tokens, _READER.options, {}))


def _lower_headings(tokens: Sequence[Token], under: int) -> None:
    levels = sorted({token.tag for token in tokens if token.type == "heading_open"})
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            # By rank, so that a text that starts at h3 or skips a level reads as one that does not.
            token.tag = f"h{min(under + 1 + levels.index(token.tag), _DEEPEST)}"
