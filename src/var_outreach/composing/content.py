"""The composed content of a mailing: a few variants, with the places of the person cut out.

*Reads*: nothing. *Writes*: nothing. *Next*: the outbox freezes a variant as bytes;
``composing/mime.py`` splices a person's values into it.

A place is a name between two private-use characters, so that no text of ours or of the news can
be mistaken for one; ``without_places`` strips them from everything that comes from outside.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property

from var_outreach.errors import InputError

OPEN_MARK = "\ue000"
CLOSE_MARK = "\ue001"
_PLACE = re.compile(f"{OPEN_MARK}([a-z_]+){CLOSE_MARK}")

PLACES = frozenset(
    {
        "name",
        "offices",
        "remaining_offices",
        "organisation",
        "attendees",
        "named_by",
        "answer_url",
        "accept_url",
        "tentative_url",
        "decline_url",
        "my_page_url",
        "preferences_url",
        "unsubscribe_url",
        "confirm_url",
        "list_url",
        "workshops_url",
        *(f"workshop_{letter}" for letter in "abcdefgh"),
        "speaker_url",
        "talk",
        "slides_due",
        "waitlist_number",
        "source_line",
        "staff_body",
    }
)
"""Everything that may differ from person to person within one variant."""


def place(name: str) -> str:
    """Return the mark of the place ``name``; raises InputError for a name outside ``PLACES``."""
    if name not in PLACES:
        raise InputError(
            f"'{name}' is not a place that is filled in per person",
            remedy=f"Use one of: {', '.join(sorted(PLACES))}",
        )
    return f"{OPEN_MARK}{name}{CLOSE_MARK}"


def split_places(text: str) -> list[str]:
    """Return ``text`` cut at its places: text, name, text, name, ..., text (odd length)."""
    return _PLACE.split(text)


def fill_places(text: str, values: Mapping[str, str]) -> str:
    """Return ``text`` with every place filled; a value that is not given becomes empty."""
    return _PLACE.sub(lambda found: values.get(found.group(1), ""), text)


def without_places(text: str) -> str:
    """Return ``text`` without the characters that mark a place."""
    return text.replace(OPEN_MARK, "").replace(CLOSE_MARK, "")


@dataclass(frozen=True)
class Variant:
    """One text of a mailing: for one language and, where it matters, one state."""

    key: str
    """``nl``, ``en``, ``nl/accepted``."""
    language: str
    subject: str
    text: str
    html: str

    def serialise(self) -> bytes:
        """Return the variant as UTF-8 JSON, equal variants as equal bytes."""
        return self._serialised

    @cached_property
    def fingerprint(self) -> str:
        """A hash over all of it; kept, for a draft is compared at every tick."""
        return hashlib.sha256(self._serialised).hexdigest()

    @cached_property
    def _serialised(self) -> bytes:
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True).encode()

    @classmethod
    def deserialise(cls, data: bytes) -> Variant:
        """Return the variant that ``serialise`` wrote."""
        return cls(**json.loads(data))


@dataclass(frozen=True)
class Content:
    """All variants of one version of a mailing's content."""

    kind: str
    variants: tuple[Variant, ...]

    def variant(self, key: str) -> Variant:
        """Return the variant ``key``, else the one of its language, else the first."""
        by_key = {variant.key: variant for variant in self.variants}
        return by_key.get(key) or by_key.get(key.split("/")[0]) or self.variants[0]

    def fingerprint(self) -> str:
        """Return a hash over the kind and every variant."""
        return content_fingerprint(
            self.kind, {variant.key: variant.fingerprint for variant in self.variants}
        )


def content_fingerprint(kind: str, variants: Mapping[str, str]) -> str:
    """Return the fingerprint of a content of ``kind`` from those of its variants, by key."""
    parts = [kind, *(f"{key}={variants[key]}" for key in sorted(variants))]
    return hashlib.sha256("|".join(parts).encode()).hexdigest()
