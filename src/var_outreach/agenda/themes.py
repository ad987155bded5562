"""Which theme a title or a heading of the plan is about.

*Reads*: nothing. *Writes*: nothing. *Next*: the plan reader sets ``AgendaEntry.topic`` by it. A
heading "Thema: ..." that is not in the table below still gives a key: its own words.
"""

from __future__ import annotations

import re

from var_outreach.slugs import slug

# Key of the theme and what recognises it, in any spacing or hyphens.
_THEMES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (key, re.compile(pattern, re.IGNORECASE))
    for key, pattern in (
        ("mensenhandel", r"mensenhandel|human trafficking"),
        ("digitale-veiligheid", r"digitale veiligheid|cyber|gedigitaliseerde criminaliteit"),
        ("jeugd-en-veiligheid", r"\bjeugd"),
        ("maatschappelijk-ongenoegen", r"maatschappelijk(?:e)? on(?:genoegen|rust)|polarisatie"
         r"|radicalisering"),
        ("zorg-en-veiligheid", r"zorg\s?-?\s?(?:en|&)\s?veiligheid"),
    )
)  # fmt: skip


def topic_of(title: str) -> str | None:
    """Return the key of the theme that ``title`` names, or None."""
    for key, pattern in _THEMES:
        if pattern.search(title):
            return key
    return None


def topic_key(heading: str) -> str:
    """Return the key of the theme called ``heading`` ("Zorg- en Veiligheid")."""
    return topic_of(heading) or slug(heading)
