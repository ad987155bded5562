"""The place in a line of a plan: after "locatie:", in brackets, or at the end of the title.

*Reads*: nothing. *Writes*: nothing. *Next*: ``plan_entry`` and ``plan_prose``. A bare word at the end
of a title counts as a place only if it is a known municipality or a building, so that a title is
never cut short on a guess.
"""

from __future__ import annotations

import re

MUNICIPALITIES = (
    "Alblasserdam", "Albrandswaard", "Barendrecht", "Capelle aan den IJssel", "Dordrecht",
    "Goeree-Overflakkee", "Gorinchem", "Hardinxveld-Giessendam", "Hendrik-Ido-Ambacht",
    "Hoeksche Waard", "Krimpen aan den IJssel", "Lansingerland", "Maassluis", "Molenlanden",
    "Nissewaard", "Papendrecht", "Ridderkerk", "Rotterdam", "Schiedam", "Sliedrecht",
    "Vlaardingen", "Voorne aan Zee", "Zwijndrecht",
)  # fmt: skip
_TOWNS = (
    *MUNICIPALITIES, "Amsterdam", "Breda", "Brielle", "Delft", "Den Haag", "Gouda",
    "Hellevoetsluis", "Hoek van Holland", "Leiden", "Middelharnis", "Oud-Beijerland",
    "Spijkenisse", "Utrecht", "Zoetermeer", "Bleiswijk", "Bergschenhoek", "Rhoon",
)  # fmt: skip
_TOWN = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, _TOWNS))})(?!\w)")
_BUILDING = re.compile(
    r"(?<!\w)(?:De Kuip|Ahoy|[\w-]*(?:stadhuis|gemeentehuis|raadhuis|raadzaal|stadskantoor|"
    r"politiebureau|hoofdbureau|schouwburg|theater|museum|hotel|congrescentrum|zalencentrum|"
    r"provinciehuis|kazerne|stadion|bibliotheek|restaurant|vergaderzaal|vergadercentrum)|"
    r"World Port Cent(?:er|re)|Beurs(?:gebouw| van Berlage)|Van Nelle ?fabriek)(?!\w)",
    re.IGNORECASE,
)
# What may stand before the building: an article, a room, or the capitalised name of the building.
_BEFORE = re.compile(
    r"^(?:(?:[Dd]e|[Hh]et|'t)\s+)?(?:(?:zaal|aula|foyer)\s[^,]*,\s*|"
    r"(?!\w*(?:conferentie|huis|carrousel|webinar|bijeenkomst|training|sessie|overleg)\b)[A-Z][a-z]+\s+)?$"
)
_ONLINE = re.compile(
    r"(?:online|digitaal|hybride|via (?:MS |Microsoft )?Teams|(?:MS |Microsoft )?Teams|via Zoom)",
    re.IGNORECASE,
)
_LABEL = re.compile(
    r"[(,;–-]?\s*(?<!\w)(?:locatie|plaats|waar|adres)\s*:\s*(?P<p>[^|;)]+)\)?", re.IGNORECASE
)
_LABEL_BARE = re.compile(r"[,;(–-]\s*locatie\s+(?P<p>[^|;)]+)\)?\s*$", re.IGNORECASE)
_BRACKETS = re.compile(r"\s*[(\[](?P<p>[^()\[\]]{2,80})[)\]]\s*$")
_AFTER_MARK = re.compile(r"^(?P<t>.+?)(?:\s*[,;@]\s*|\s+[–—-]\s+|\s*\|\s*)(?P<p>[^,;@|]+)$")
_AFTER_IN = re.compile(
    r"^(?P<t>.*?)[,;]?\s*(?<!\w)(?:in|te|bij|op locatie|at)\s+(?P<p>(?:(?:de|het|een|'t|the)\s+)?\S.*)$"
)

_AFTER_TITLE = re.compile(
    rf"^(?P<t>.*[\w)])\s+(?P<p>(?=[A-Z])(?i:{_BUILDING.pattern})(?:,?\s+[A-Z][\w-]+)*)$"
)


def is_place(text: str) -> bool:
    """Return whether all of ``text`` reads as a place: a known town, a building, or online."""
    text = text.strip(" .,;")
    if len(text) > 100:
        return False
    if _ONLINE.fullmatch(text):
        return True
    if not text or len(text.split()) > 7 or re.search(r"\d{3}", text):
        return False
    town, building = _TOWN.search(text), _BUILDING.search(text)
    if building:
        return bool(_BEFORE.match(text[: building.start()]))
    if not (text[0].isupper() or re.match(r"(?:de|het|'t)\s", text)):
        return False
    # "Rotterdam", "Dordrecht (stadhuis)" or "Zaal 3, Dordrecht", but not "Netwerk Rotterdam".
    return town is not None and (
        town.start() == 0 or "," in text or text.lower().startswith("zaal")
    )


def take_place(title: str) -> tuple[str, str | None]:
    """Return ``title`` without its place, and the place, or None if it names none."""
    for label in (_LABEL, _LABEL_BARE):
        match = label.search(title)
        if match and match["p"].strip(" .,"):
            return _rest(title, match), match["p"].strip(" .,)")
    match = _BRACKETS.search(title)
    if match:
        inside = re.sub(r"^(?:in|te|bij|locatie)\s+(?=\S)", "", match["p"].strip())
        if is_place(inside) or (inside != match["p"].strip() and inside[:1].isupper()):
            return _rest(title, match), inside
    match = _AFTER_MARK.match(title)
    if match and is_place(re.sub(r"^(?:in|te|bij)\s+", "", match["p"].strip())):
        place = re.sub(r"^(?:in|te|bij)\s+", "", match["p"].strip(" ."))
        # "Leerhuis, De Kuip, Rotterdam": the building before the town belongs to the place.
        shorter, before = take_place(match["t"].strip())
        return (shorter, f"{before}, {place}") if before else (match["t"].strip(), place)
    match = _AFTER_IN.match(title)
    if match and is_place(match["p"]):
        return match["t"].strip(" ,;"), match["p"].strip(" .")
    match = _AFTER_TITLE.match(title)
    if match and is_place(match["p"]):
        return match["t"].strip(), match["p"]
    return title, None


def take_last_column(columns: list[str]) -> str | None:
    """Return the last of several columns of a line if it reads as a place."""
    if len(columns) > 1 and is_place(columns[-1]):
        return columns[-1].strip(" .")
    return None


def _rest(title: str, match: re.Match[str]) -> str:
    return " ".join((title[: match.start()] + " " + title[match.end() :]).split()).strip(" ,;")
