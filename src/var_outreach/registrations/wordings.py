"""What many people wrote in their own words, counted.

*Reads*: texts. *Writes*: nothing. *Next*: the caterer's totals, and what is kept of them once the
replies are erased.
"""

from __future__ import annotations

from collections.abc import Iterable

NOTHING = frozenset(
    {"geen", "nee", "nvt", "n.v.t", "-", "geen dieet", "geen wensen", "geen bijzonderheden"}
    | {"no", "none", "n/a"}
)
"""What people write who need nothing."""


def folded_wording(text: str) -> str:
    """Return ``text`` as wordings are compared: case, spaces and a last full stop do not count.

    Empty for who wrote that they need nothing.
    """
    folded = " ".join(text.casefold().split()).rstrip(".! ")
    return "" if folded in NOTHING else folded


def reply_texts(reply: object) -> list[str]:
    """Return a reply to a question as texts: yes is "Ja", each of several choices is one."""
    if isinstance(reply, bool):
        return ["Ja"] if reply else []
    if isinstance(reply, list):
        return [str(one) for one in reply]
    return [] if reply is None else [str(reply)]


def counted_wordings(texts: Iterable[str]) -> dict[str, int]:
    """Return how often each wording occurs, the most frequent first, as it was first written."""
    counts: dict[str, int] = {}
    shown: dict[str, str] = {}
    for text in texts:
        folded = folded_wording(text)
        if folded:
            counts[folded] = counts.get(folded, 0) + 1
            shown.setdefault(folded, " ".join(text.split()).rstrip("."))
    order = sorted(counts, key=lambda folded: (-counts[folded], folded))
    return {shown[folded]: counts[folded] for folded in order}
