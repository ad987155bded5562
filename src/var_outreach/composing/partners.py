"""The partners that share a header with us, read from ``config/partners.yaml``.

*Reads*: the partners file. *Writes*: nothing. *Next*: mails and pages name them by key.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from var_outreach.errors import ConfigError, InputError, RowErrors
from var_outreach.yaml_nodes import Reading

_KEY = re.compile(r"[a-z0-9][a-z0-9-]*")
MEDIA_TYPES = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg"}


@dataclass(frozen=True)
class Partner:
    """A partner; ``logo`` is a file that exists, or None."""

    key: str
    name: str
    logo: Path | None = None


def load_partners(path: Path) -> dict[str, Partner]:
    """Return the partners by key; raises ConfigError with file and line."""
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ConfigError(
            f"the partners cannot be read: {reason}",
            where=str(path),
            remedy="Put back config/partners.yaml; without partners it says: partners: []",
        ) from error
    reading = Reading(str(path))
    try:
        return _read(reading, text, path.parent / "logos")
    except ConfigError:
        raise
    except RowErrors as error:
        every = "".join(f"\n  {row}" for row in error.rows)
        raise ConfigError(
            f"{error.what}:{every}\n", where=error.where, remedy=error.remedy
        ) from error
    except InputError as error:
        raise ConfigError(error.what, where=error.where, remedy=error.remedy) from error


def _read(reading: Reading, text: str, logos: Path) -> dict[str, Partner]:
    root = reading.compose(text)
    found: dict[str, Partner] = {}
    if root is None:
        raise ConfigError(
            "the file of partners is empty",
            where=reading.name,
            remedy="Restore it; without partners it says: partners: []",
        )
    top = reading.mapping(root, "the file", ["partners"])
    if "partners" not in top:
        reading.wrong(root, "there is no 'partners' list", "Start the file with 'partners:'")
    for node in reading.items(top["partners"], "partners") if "partners" in top else ():
        fields = reading.mapping(node, "a partner", ["key", "name", "logo"])
        if "key" not in fields or "name" not in fields:
            reading.wrong(node, "a partner lacks its key or name", "Give it both")
            continue
        key = reading.text(fields["key"], "key") or ""
        if not _KEY.fullmatch(key):
            # It stands in addresses of pages, and is looked up in lowercase.
            reading.wrong(fields["key"], f"'{key}' is no key", "Use small letters, digits and '-'")
        if key in found:
            reading.wrong(fields["key"], f"the partner '{key}' is there twice", "Keep one")
        logo = None
        if "logo" in fields:
            logo = logos / Path(reading.text(fields["logo"], "logo") or "").name
            if not logo.is_file() or logo.suffix.lower() not in MEDIA_TYPES:
                reading.wrong(fields["logo"], f"there is no PNG or JPG '{logo.name}' in {logos}")
        found[key] = Partner(key, reading.text(fields["name"], "name") or key, logo)
    reading.finish()
    return found
