"""Text as it stands in keys and addresses: lowercase ASCII words joined by hyphens.

*Reads*: nothing. *Writes*: nothing. *Next*: every stage that makes a key from a name or a title.
"""

from __future__ import annotations

import re
import unicodedata


def slug(text: str, *, longest: int | None = None, otherwise: str = "") -> str:
    """Return ``text`` as a slug: "Zorg- en Veiligheid" becomes "zorg-en-veiligheid".

    It is cut after ``longest`` characters; ``otherwise`` stands in where no letter is left.
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")
    words = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")
    return words[:longest].rstrip("-") or otherwise
