"""Which mail domains belong to an organisation, and which to anybody.

*Reads*: nothing. *Writes*: nothing. *Next*: ``registrations/forwarded.py`` asks whether somebody
belongs to the organisation that was invited.
"""

from __future__ import annotations

from var_outreach.message import domain_of
from var_outreach.people.model import Contact, Organisation

PUBLIC_PROVIDERS = frozenset(
    """
    aol.com casema.nl chello.nl fastmail.com freedom.nl gmail.com gmx.com gmx.net googlemail.com
    hetnet.nl home.nl hotmail.com hotmail.nl icloud.com kliksafe.nl kpnmail.nl kpnplanet.nl
    live.com live.nl mac.com mail.com me.com msn.com online.nl outlook.com outlook.nl planet.nl
    proton.me protonmail.com quicknet.nl solcon.nl tele2.nl telfort.nl telfortglasvezel.nl
    tutanota.com upcmail.nl versatel.nl xs4all.nl yahoo.com yahoo.nl zeelandnet.nl ziggo.nl
    zonnet.nl
    """.split()
)
"""Mail providers where anybody can have an address: it tells nothing of where somebody works."""


def is_of_organisation(
    address: str, organisation: Organisation | None, mailbox: Contact | None = None
) -> bool:
    """Tell whether the owner of ``address`` works for ``organisation``, by the domain alone.

    Where the organisation's domain is not known, that of ``mailbox``, its own, stands in for it.
    """
    domain = domain_of(address).lower()
    if domain in PUBLIC_PROVIDERS:
        return False
    if organisation is not None and organisation.domain:
        return domain == organisation.domain.lower()
    if mailbox is None or mailbox.address is None:
        return False
    return domain == domain_of(mailbox.address).lower()
