"""The colours of the themes, in light and in dark; always shown with the theme's name.

*Reads*: nothing. *Writes*: nothing. *Next*: the newsletter and the agenda page use them.
Contrast on white and on the dark surface is at least 5.9 and 7.9 to 1 (WCAG formula).
"""

from __future__ import annotations

COLOURS = {
    "digitale-veiligheid": ("#1F5FA8", "#8DBBF0"),
    "mensenhandel": ("#8A2B6B", "#E6A3CF"),
    "zorg-en-veiligheid": ("#1F6B4A", "#86D3AE"),
    "jeugd-en-veiligheid": ("#8A4B00", "#F0B878"),
    "maatschappelijk-ongenoegen": ("#5A4A8F", "#BDB1EC"),
}
OTHER = ("#0E5A63", "#7FD0D6")


def theme_colours(key: str) -> tuple[str, str]:
    """Return the colour of theme ``key`` in light and in dark; the brand's for another."""
    return COLOURS.get(key, OTHER)
