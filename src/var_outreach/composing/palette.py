"""The colours and type of all mail, each in light and in dark, and the inline styles made of them.

*Reads*: nothing. *Writes*: nothing. *Next*: ``render.py`` hands them to the templates,
``markdown.py`` puts them on staff text.

Colours stand inline, for many clients drop style sheets; the dark ones stand in a media query.
Both colours of a pair are always set: clients that turn colours around turn both.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from var_outreach.errors import ConfigError

LEAST_CONTRAST = 4.5
"""WCAG 2.2, 1.4.3: contrast of text with its ground."""

FONTS = "Arial, Helvetica, sans-serif"
_HEX = re.compile(r"#[0-9A-Fa-f]{6}\Z")


@dataclass(frozen=True)
class Palette:
    """The colours of one mode."""

    page: str
    surface: str
    sunken: str
    ink: str
    muted: str
    brand: str
    on_brand: str
    line: str
    attention: str
    attention_tint: str
    ok: str
    ok_tint: str


LIGHT = Palette(
    page="#F7F6F3",
    surface="#FFFFFF",
    sunken="#ECEFEE",
    ink="#1C262B",
    muted="#4F5D64",
    brand="#0E5A63",
    on_brand="#FFFFFF",
    line="#CFD6D8",
    attention="#754600",
    attention_tint="#FCF0D9",
    ok="#1F5F3B",
    ok_tint="#E4F2E9",
)
DARK = Palette(
    page="#11181B",
    surface="#1A2327",
    sunken="#0C1214",
    ink="#EAF0F1",
    muted="#A8B6BB",
    brand="#7FD0D6",
    on_brand="#0B2A2E",
    line="#37454B",
    attention="#F2C36B",
    attention_tint="#3A2A0B",
    ok="#8FD6AC",
    ok_tint="#173326",
)

TEXT_PAIRS = (
    ("ink", "page"),
    ("ink", "surface"),
    ("ink", "sunken"),
    ("muted", "page"),
    ("muted", "surface"),
    ("muted", "sunken"),
    ("brand", "page"),
    ("brand", "surface"),
    ("brand", "sunken"),
    ("on_brand", "brand"),
    ("attention", "attention_tint"),
    ("ok", "ok_tint"),
)
"""Every pair of text and ground that the templates use."""

_BADGE = "display:inline-block;padding:4px 12px;border-radius:4px;font-size:14px;line-height:20px;"
_LINE = f"border-bottom:1px solid {LIGHT.line}"

INLINE = {
    "h1": "margin:0;font-size:28px;line-height:36px;font-weight:700",
    "h2": "margin:32px 0 12px;font-size:20px;line-height:28px;font-weight:700",
    "h2_first": "margin:8px 0 12px;font-size:20px;line-height:28px;font-weight:700",
    "h2_last": "margin:0;font-size:20px;line-height:28px;font-weight:700",
    "h3": "margin:24px 0 8px;font-size:18px;line-height:26px;font-weight:700",
    "h4": "margin:16px 0 4px;font-size:16px;line-height:24px;font-weight:700",
    "p": "margin:0 0 16px",
    "last": "margin:0",
    "ul": "margin:0 0 16px;padding:0 0 0 22px",
    "ol": "margin:0 0 16px;padding:0 0 0 22px",
    "li": "margin:0 0 8px",
    "blockquote": f"margin:0 0 16px;padding:0 0 0 16px;border-left:4px solid {LIGHT.line}",
    "hr": f"margin:24px 0;border:0;border-top:1px solid {LIGHT.line}",
    "a": f"color:{LIGHT.brand};text-decoration:underline",
    "small": "margin:0 0 12px",
    "meta": f"margin:0;font-size:14px;line-height:20px;color:{LIGHT.muted}",
    # The header: a wordmark in text, and partners on a plate that stays light.
    "mark": "padding:8px 10px;white-space:nowrap;border-radius:4px;font-size:18px;"
    f"line-height:24px;font-weight:700;letter-spacing:1px;color:{LIGHT.on_brand};background-color:{LIGHT.brand}",
    "name": "padding:0 0 0 12px;font-size:16px;line-height:20px;font-weight:700",
    "plate": "display:inline-block;margin:4px 0 4px 4px;padding:8px 10px;border-radius:4px;"
    f"border:1px solid {LIGHT.line};background-color:#FFFFFF;color:{LIGHT.ink};"
    "font-size:14px;line-height:20px;font-weight:700",
    "logo": "display:block;height:auto;max-width:100%",
    # Status words above the title.
    "kicker": "margin:0 0 12px",
    "badge": f"{_BADGE}font-weight:700;background-color:{LIGHT.sunken};color:{LIGHT.ink}",
    "badge_ok": f"{_BADGE}font-weight:700;background-color:{LIGHT.ok_tint};color:{LIGHT.ok}",
    "badge_attention": f"{_BADGE}font-weight:700;"
    f"background-color:{LIGHT.attention_tint};color:{LIGHT.attention}",
    # Tables.
    "fact_label": "padding:4px 12px 4px 0;white-space:nowrap;font-weight:700;text-align:left",
    "fact_value": "padding:4px 0",
    "column": f"padding:0 12px 8px 0;font-size:14px;line-height:20px;font-weight:700;{_LINE}",
    "row": f"padding:10px 12px 10px 0;font-weight:700;{_LINE}",
    "cell": f"padding:10px 12px 10px 0;{_LINE}",
    "speaker": f"font-size:14px;line-height:20px;color:{LIGHT.muted}",
    # The newsletter.
    "issue": f"margin:0 0 4px;font-size:16px;line-height:24px;color:{LIGHT.muted}",
    "theme": "margin:40px 0 16px;padding:0 0 8px;border-bottom:2px solid;font-size:20px;"
    "line-height:28px;font-weight:700",
    "item": "margin:20px 0 4px;font-size:18px;line-height:26px;font-weight:700",
    "figure": "margin:0 0 16px",
    "image": "display:block;width:100%;height:auto;border-radius:4px",
    "event": "margin:2px 0;font-size:18px;line-height:26px;font-weight:700",
    "where": "margin:0 0 8px",
}
"""The inline style of an element of running text, in light."""


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours ``#rrggbb``, from 1 to 21 (WCAG 2.2)."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def checked_colour(text: str, *, ground: str, where: str) -> str:
    """Return ``text`` if it is a colour that can be read on ``ground``.

    It ends up in a style sheet, where escaping protects nothing: hence the strict form. Raises
    ConfigError if it is not ``#rrggbb`` or its contrast is below ``LEAST_CONTRAST``.
    """
    if not _HEX.match(text):
        raise ConfigError(f"'{text}' is not a colour", where=where, remedy="Write it like #0E5A63")
    measured = contrast(text, ground)
    if measured < LEAST_CONTRAST:
        raise ConfigError(
            f"the colour {text} has a contrast of {measured:.1f} on {ground}",
            where=where,
            remedy=f"Choose one of at least {LEAST_CONTRAST}",
        )
    return text


def _luminance(colour: str) -> float:
    parts = (int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5))
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
