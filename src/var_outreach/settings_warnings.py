"""What in the settings can work and yet is surely not meant.

*Reads*: the settings, and whether the files that they name can be read. *Writes*: nothing.
*Next*: ``outbox status`` and the start of the service show it.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from var_outreach.errors import ConfigError
from var_outreach.settings import Security, Settings, TransportKind

INVENTED = "example"
"""The top-level domain that belongs to nobody (RFC 2606 section 2)."""
HERE = frozenset({"localhost", "127.0.0.1", "::1"})


def settings_warnings(settings: Settings) -> list[str]:
    """Return one sentence for each setting that is surely not meant, with what to do."""
    found = _about_domains(settings)
    if settings.transport.kind is TransportKind.SMTP:
        found += [*_about_invented(settings), *_about_pages(settings), *_about_login(settings)]
    return found


def _about_domains(settings: Settings) -> list[str]:
    own = settings.network
    sender = _domain(own.sender_address)
    organiser = _domain(own.organiser_address)
    if organiser == sender:
        return []
    return [
        f"network.organiser_address is in {organiser} and network.sender_address in {sender}: "
        "calendars may refuse such an entry. Use one domain for both."
    ]


def _about_invented(settings: Settings) -> list[str]:
    own = settings.network
    addresses = {
        "network.sender_address": own.sender_address,
        "network.organiser_address": own.organiser_address,
        "network.contact_address": own.contact_address,
        **({"network.bounce_address": own.bounce_address} if settings.transport.verp else {}),
    }
    names = [name for name, value in addresses.items() if _is_invented(_domain(value))]
    if not names:
        return []
    return [
        f"{', '.join(names)}: still at an invented domain (.{INVENTED}), so nothing comes back. "
        "Fill in addresses of your own."
    ]


def _about_pages(settings: Settings) -> list[str]:
    parts = urlsplit(settings.base_url)
    if parts.hostname in HERE or _is_invented(parts.hostname or ""):
        return [
            f"base_url is {settings.base_url}: links in mail work for nobody else. "
            "Fill in the address at which people reach the pages."
        ]
    if parts.scheme != "https":
        return [f"base_url is {settings.base_url}: personal links go unprotected. Use https."]
    return []


def _about_login(settings: Settings) -> list[str]:
    smtp = settings.smtp
    found = []
    try:
        secret = smtp.secret()
    except ConfigError as error:
        found.append(f"{error}.")
    else:
        if smtp.username and not secret:
            found.append(
                "smtp.username is set and there is no password. Set smtp.password_file, "
                "or leave the username empty."
            )
        elif secret and not smtp.username:
            found.append(
                "smtp has a password and no username, so it does not log in. Set smtp.username."
            )
    if smtp.security is Security.NONE and smtp.host not in HERE and smtp.username:
        found.append(
            f"smtp.security is none: the password goes to {smtp.host} for all to read. "
            'Use "starttls" or "tls".'
        )
    if smtp.ca_file is not None and not Path(smtp.ca_file).is_file():
        found.append(f"smtp.ca_file: there is no file {smtp.ca_file}. Check the path.")
    return found


def _domain(address: str) -> str:
    return address.rpartition("@")[2].lower()


def _is_invented(domain: str) -> bool:
    return domain == INVENTED or domain.endswith(f".{INVENTED}")
