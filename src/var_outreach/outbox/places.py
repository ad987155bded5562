"""What is filled in for one person: names, links, numbers.

*Reads*: its arguments. *Writes*: nothing. *Next*: ``recipients`` keeps these with a delivery,
``composing/mime.py`` puts them in their places.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from var_outreach.composing.facts import NetworkFacts
from var_outreach.i18n import phrases
from var_outreach.people.model import Contact, Subscription
from var_outreach.registrations.model import Invitation, Registration
from var_outreach.tokens import Signer

CONFIRM_DAYS = 14
"""How long the link that confirms a subscription works."""
CONFIRM_LIFETIME = timedelta(days=CONFIRM_DAYS)
CONFIRM_PURPOSE = "subscribe"


def site(network: NetworkFacts, path: str, language: str) -> str:
    """Return the address of one of our pages in ``language``; Dutch ones have no prefix."""
    prefix = "" if language == "nl" else f"/{language}"
    return f"{network.base_url}{prefix}{path}"


def contact_places(network: NetworkFacts, contact: Contact) -> dict[str, str]:
    """Return the places that a mail to anybody may hold."""
    return person_places(network, contact.name, contact.token, contact.source, contact.language)


def person_places(
    network: NetworkFacts, name: str, token: str, source: str, language: str
) -> dict[str, str]:
    """Return the places of a person of whom only these facts were read."""
    _ = phrases(language).gettext
    return {
        "name": name,
        "my_page_url": site(network, f"/mijn/{token}", language),
        "preferences_url": site(network, f"/mijn/{token}", language),
        "source_line": _("Wij hebben uw adres van: %(source)s.") % {"source": source},
    }


def unsubscribe_url(network: NetworkFacts, token: str, language: str) -> str:
    """Return the link that leaves one list, for a reader and for RFC 8058 one-click."""
    return site(network, f"/uitschrijven/{token}", language)


def invitation_places(
    network: NetworkFacts, invitation: Invitation, registrations: Iterable[Registration]
) -> dict[str, str]:
    """Return the places of a mail about one event to one mailbox."""
    language = invitation.contact.language
    answer = site(network, f"/antwoord/{invitation.token}", language)
    rows = list(registrations)
    return {
        **contact_places(network, invitation.contact),
        "answer_url": answer,
        "workshops_url": f"{answer}/workshops",
        "accept_url": f"{answer}?keuze=ja",
        "tentative_url": f"{answer}?keuze=misschien",
        "decline_url": f"{answer}?keuze=nee",
        "offices": listed([office_in_words(row) for row in rows], language),
        "attendees": listed([_attendee(row) for row in rows if _attendee(row)], language),
        "named_by": listed([_named_by(row) for row in rows if row.answered_by], language),
    }


def confirm_url(
    network: NetworkFacts, subscription: Subscription, signer: Signer, language: str
) -> str:
    """Return the link that confirms a subscription; valid from its last change on."""
    token = signer.sign(
        CONFIRM_PURPOSE, str(subscription.id), until=subscription.changed_at + CONFIRM_LIFETIME
    )
    return site(network, f"/inschrijven/bevestig/{token}", language)


def office_in_words(registration: Registration) -> str:
    """Return whom a registration is for: an office with its organisation, or a name."""
    function = registration.function
    if function is None:
        brought = registration.brought_by_id is not None
        return registration.attendee_name if brought else registration.contact.name
    portfolio = f" {function.portfolio}" if function.portfolio else ""
    return f"{function.role}{portfolio}, {function.organisation.name}"


def _attendee(registration: Registration) -> str:
    """Return who comes: for an office that is represented, who comes instead."""
    substitute = registration.represented_by
    return registration.attendee_name if substitute is None else substitute.attendee_name


def _named_by(registration: Registration) -> str:
    """Return who said that somebody comes: the office, and who answered for it."""
    host, by = registration.brought_by, registration.answered_by or ""
    if host is None:
        return by
    office = office_in_words(host)
    return office if by in {"", office, host.attendee_name} else f"{office} ({by})"


def office_with_holder(registration: Registration) -> str:
    """Return what ``office_in_words`` does, and who holds the office."""
    function, words = registration.function, office_in_words(registration)
    if function is None or function.holder is None or not function.holder.name:
        return words
    return f"{words} ({function.holder.name})"


def listed(parts: list[str], language: str) -> str:
    """Return ``parts`` as a list in words, each once; semicolons where a part has a comma."""
    unique = list(dict.fromkeys(parts))
    if len(unique) < 2:
        return "".join(unique)
    word = "en" if language == "nl" else "and"
    separator = "; " if any("," in part for part in unique) else ", "
    return f"{separator.join(unique[:-1])} {word} {unique[-1]}"
