"""The values that every mail needs around its own: who sends, with whom, in which colours.

*Reads*: nothing. *Writes*: nothing. *Next*: each composer adds its own values and renders.
"""

from __future__ import annotations

from collections.abc import Sequence

from var_outreach.composing.cleaning import web_link
from var_outreach.composing.event_words import WRITTEN_IN
from var_outreach.composing.facts import NetworkFacts, PartnerFacts
from var_outreach.composing.markdown import EMPTY
from var_outreach.i18n import phrases


def frame_values(
    network: NetworkFacts, partners: Sequence[PartnerFacts], language: str
) -> dict[str, object]:
    """Return the values of header and footer; raises InputError for a link that is none.

    A network that stands among its own partners is not named twice.
    """
    for url, what in (
        (network.base_url, "base_url"),
        (network.website, "website"),
        (network.privacy_url, "privacy_url"),
        *((partner.logo or "", f"logo of {partner.name}") for partner in partners),
    ):
        if url:
            web_link(url, what=what)
    own = {network.name.casefold(), network.short_name.casefold()}
    others = tuple(one for one in partners if one.name.casefold() not in own)
    return {
        "network": network,
        "website_words": network.website.split("://", 1)[-1].rstrip("/"),
        "partners": others,
        "partner_names": listed([one.name for one in others], language),
        "topics": (),
        "summary": "",
        "own_word": EMPTY,
        "written_in": WRITTEN_IN,
    }


def listed(names: Sequence[str], language: str) -> str:
    """Return names as a list in words: "A, B en C"."""
    if len(names) < 2:
        return "".join(names)
    last = phrases(language).gettext("en")
    return f"{', '.join(names[:-1])} {last} {names[-1]}"
