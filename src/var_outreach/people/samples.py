"""Invented people in real offices, to try everything out on.

*Reads*: nothing; a seed decides. *Writes*: ``samples/people.csv`` when asked. *Next*: the
rehearsal and the demo import them as any people file.

The organisations exist, the people do not; every address is at a ``.example`` domain (RFC 2606).
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from var_outreach.people.csv_files import write_people
from var_outreach.people.csv_rows import PersonRow
from var_outreach.people.sample_names import FAMILY, FAMILY_ENGLISH, FIRST, FIRST_ENGLISH
from var_outreach.people.store import CONSENT, PUBLIC_TASK
from var_outreach.slugs import slug

SEED = 2025
READERS = 400
READERS_FULL = 2000
OPTED_OUT = 6

MUNICIPALITIES = (
    "Alblasserdam",
    "Albrandswaard",
    "Barendrecht",
    "Capelle aan den IJssel",
    "Dordrecht",
    "Goeree-Overflakkee",
    "Gorinchem",
    "Hardinxveld-Giessendam",
    "Hendrik-Ido-Ambacht",
    "Hoeksche Waard",
    "Krimpen aan den IJssel",
    "Lansingerland",
    "Maassluis",
    "Molenlanden",
    "Nissewaard",
    "Papendrecht",
    "Ridderkerk",
    "Rotterdam",
    "Schiedam",
    "Sliedrecht",
    "Vlaardingen",
    "Voorne aan Zee",
    "Zwijndrecht",
)
"""The 23 municipalities of the police unit Rotterdam."""

_CARE, _YOUTH, _DIGITAL = "zorg-en-veiligheid", "jeugd-en-veiligheid", "digitale-veiligheid"
_TRAFFICKING, _UNREST = "mensenhandel", "maatschappelijk-ongenoegen"
_THEMES = (_DIGITAL, _TRAFFICKING, _CARE, _YOUTH, _UNREST)

# Portfolio and themes of the aldermen, in the order in which a municipality fills them.
_ALDERMEN: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("zorg en welzijn", (_CARE,)),
    ("jeugd en onderwijs", (_YOUTH,)),
    ("dienstverlening en digitalisering", (_DIGITAL,)),
    ("wonen en ruimte", ()),
)
# Role, portfolio, themes and how many of them at least and at most a municipality has.
_STAFF: tuple[tuple[str, str, tuple[str, ...], int, int], ...] = (
    ("teamleider", "veiligheid", (), 1, 1),
    ("adviseur", "openbare orde en veiligheid", (_UNREST,), 2, 3),
    ("beleidsadviseur", "zorg en veiligheid", (_CARE,), 1, 2),
    ("beleidsadviseur", "jeugd en veiligheid", (_YOUTH,), 1, 1),
    ("beleidsadviseur", "maatschappelijk ongenoegen", (_UNREST,), 1, 1),
    ("beleidsadviseur", "digitale veiligheid", (_DIGITAL,), 1, 1),
    ("aandachtsfunctionaris", "mensenhandel", (_TRAFFICKING,), 1, 1),
)
# Name, kind, domain, and per office: role, portfolio, themes, how many.
_PARTNERS: tuple[tuple[str, str, str, tuple[tuple[str, str, tuple[str, ...], int], ...]], ...] = (
    (
        "Politie-eenheid Rotterdam",
        "politie",
        "politie-rotterdam.example",
        (
            ("politiechef", "", (), 1),
            ("districtschef", "", (), 4),
            ("teamchef", "basisteam", (), 10),
            ("teamchef", "opsporing", (_TRAFFICKING,), 2),
            ("adviseur", "jeugd", (_YOUTH,), 2),
            ("adviseur", "cybercrime", (_DIGITAL,), 2),
        ),
    ),
    (
        "Openbaar Ministerie, arrondissementsparket Rotterdam",
        "om",
        "om-rotterdam.example",
        (
            ("hoofdofficier", "", (), 1),
            ("officier", "jeugd", (_YOUTH,), 2),
            ("officier", "mensenhandel", (_TRAFFICKING,), 2),
            ("officier", "cybercrime", (_DIGITAL,), 1),
            ("officier", "gebied", (_CARE,), 4),
            ("beleidsadviseur", "zorg en veiligheid", (_CARE,), 2),
        ),
    ),
    (
        "RIEC Rotterdam",
        "riec",
        "riec-rotterdam.example",
        (
            ("directeur", "", (), 1),
            ("manager", "", (), 1),
            ("accountmanager", "", (_TRAFFICKING,), 8),
        ),
    ),
    (
        "Zorg- en Veiligheidshuis Rotterdam-Rijnmond",
        "zorg-en-veiligheidshuis",
        "zvh-rotterdam-rijnmond.example",
        (("manager", "", (_CARE,), 1), ("procesregisseur", "", (_CARE,), 6)),
    ),
    (
        "Zorg- en Veiligheidshuis Zuid-Holland-Zuid",
        "zorg-en-veiligheidshuis",
        "zvh-zuid-holland-zuid.example",
        (("manager", "", (_CARE,), 1), ("procesregisseur", "", (_CARE,), 5)),
    ),
)
_OTHERS = (
    ("Woonstichting De Waterlijn", "dewaterlijn.example"),
    ("Welzijn aan de Maas", "welzijnaandemaas.example"),
    ("Stichting Veilig Vooruit", "veiligvooruit.example"),
    ("Hogeschool De Delta", "hsdedelta.example"),
    ("Jongerenwerk Rivierenland", "jongerenwerkrivierenland.example"),
    ("Havenbedrijf De Kade", "havendekade.example"),
)


def sample_people(*, full: bool = False, seed: int = SEED) -> tuple[PersonRow, ...]:
    """Return the sample people: about 400 offices and 400 newsletter readers (2,000 if ``full``).

    The same seed gives the same people; with ``full`` the others are the same and more follow.
    """
    return tuple(_Samples(seed).rows(READERS_FULL if full else READERS))


def write_samples(folder: Path) -> Path:
    """Write ``people.csv`` into ``folder`` and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "people.csv"
    file.write_bytes(write_people(sample_people()).encode("utf-8-sig"))
    return file


class _Samples:
    """One drawing of sample people."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._names: set[str] = set()
        self._addresses: set[str] = set()

    def rows(self, readers: int) -> Iterator[PersonRow]:
        offices = list(self._offices())
        subscribed = self._subscribe_some(offices)
        rest = self._readers(readers - subscribed)
        for number, row in enumerate([*offices, *self._opted_out(), *rest], 2):
            yield replace(row, row=number)

    def _offices(self) -> Iterator[PersonRow]:
        for number, place in enumerate(MUNICIPALITIES):
            domain = f"{slug(place).replace('-', '')}.example"
            base = PersonRow(row=0, organisation=f"Gemeente {place}", kind="gemeente")
            yield from self._executive(base, domain, number)
            for role, portfolio, topics, least, most in _STAFF:
                for _ in range(self._random.randint(least, most)):
                    office = replace(base, role=role, portfolio=portfolio, topics=topics)
                    yield self._held(office, domain)
        for name, kind, domain, posts in _PARTNERS:
            base = PersonRow(row=0, organisation=name, kind=kind)
            for role, portfolio, topics, count in posts:
                for _ in range(count):
                    office = replace(base, role=role, portfolio=portfolio, topics=topics)
                    yield self._held(office, domain)

    def _executive(self, base: PersonRow, domain: str, number: int) -> Iterator[PersonRow]:
        """Yield who governs a municipality: reached through secretariats, often a shared one."""
        place = base.organisation.removeprefix("Gemeente ")
        board = replace(
            base,
            secretariat_name=f"Bestuurssecretariaat {place}",
            secretariat_address=f"bestuurssecretariaat@{domain}",
        )
        cabinet = board
        if number % 3:
            cabinet = replace(
                base,
                secretariat_name=f"Kabinet burgemeester {place}",
                secretariat_address=f"kabinet@{domain}",
            )
        mayor = self._named(replace(cabinet, role="burgemeester"), since=2016)
        yield from self._with_successor(mayor, ends=number in {7, 15})
        yield self._named(replace(board, role="gemeentesecretaris"), since=2017)
        yield self._held(replace(base, role="griffier"), domain)
        for portfolio, topics in _ALDERMEN[: 2 + number % 3]:
            alderman = replace(base, role="wethouder", portfolio=portfolio, topics=topics)
            if number % 8 == 5:
                yield self._held(alderman, domain)
            elif number == 2 and portfolio == "wonen en ruimte":
                # One office without any mailbox, for there always is one.
                yield self._named(alderman, since=2022)
            else:
                shared = replace(
                    alderman,
                    secretariat_name=board.secretariat_name,
                    secretariat_address=board.secretariat_address,
                )
                yield self._named(shared, since=2022)

    def _with_successor(self, office: PersonRow, *, ends: bool) -> Iterator[PersonRow]:
        """Yield an office, and if it ends in 2025 the next holder from the day after."""
        if not ends:
            yield office
            return
        yield replace(office, until_on=date(2025, 6, 30))
        following = self._named(replace(office, name=""), since=2024)
        yield replace(following, from_on=date(2025, 7, 1))

    def _named(self, office: PersonRow, *, since: int) -> PersonRow:
        first = date(since, 1, 1) + timedelta(days=self._random.randrange(364))
        name, _ = self._name(FIRST, FAMILY)
        return replace(
            office,
            name=name,
            language="nl",
            from_on=first,
            source="gemeentegids 2024",
            legal_basis=PUBLIC_TASK,
        )

    def _held(self, office: PersonRow, domain: str) -> PersonRow:
        """Return an office whose holder has a mailbox of their own."""
        first = date(2018, 1, 1) + timedelta(days=self._random.randrange(2400))
        name, local = self._name(FIRST, FAMILY)
        return replace(
            office,
            name=name,
            address=self._address(local, domain),
            language="nl",
            from_on=first,
            source="opgave van de organisatie, 2024",
            legal_basis=PUBLIC_TASK,
        )

    def _subscribe_some(self, offices: list[PersonRow]) -> int:
        """Let a third of the office holders with a mailbox read the newsletter as well."""
        with_mailbox = [index for index, row in enumerate(offices) if row.address]
        chosen = [index for index in with_mailbox if self._random.random() < 0.34]
        for index in chosen:
            offices[index] = replace(
                offices[index], newsletter=True, consent_at=self._consented_at()
            )
        return len(chosen)

    def _opted_out(self) -> Iterator[PersonRow]:
        for _ in range(OPTED_OUT):
            yield replace(self._reader(), newsletter=False, consent_at=None)

    def _readers(self, count: int) -> Iterator[PersonRow]:
        return (self._reader() for _ in range(count))

    def _reader(self) -> PersonRow:
        english = self._random.random() < 0.06
        names = (FIRST_ENGLISH, FAMILY_ENGLISH) if english else (FIRST, FAMILY)
        name, local = self._name(*names)
        organisation, kind, domain = self._employer()
        topics = [topic for topic in _THEMES if self._random.random() < 0.22]
        return PersonRow(
            row=0,
            organisation=organisation,
            kind=kind,
            name=name,
            address=self._address(local, domain),
            language="en" if english else "nl",
            topics=tuple(topics),
            source="aanmeldformulier website",
            legal_basis=CONSENT,
            newsletter=True,
            consent_at=self._consented_at(),
        )

    def _employer(self) -> tuple[str, str, str]:
        draw = self._random.random()
        if draw < 0.6:
            place = self._random.choice(MUNICIPALITIES)
            return f"Gemeente {place}", "gemeente", f"{slug(place).replace('-', '')}.example"
        if draw < 0.8:
            name, kind, domain, _ = self._random.choice(_PARTNERS)
            return name, kind, domain
        if draw < 0.95:
            name, domain = self._random.choice(_OTHERS)
            return name, "overig", domain
        return "", "", "postbus.example"

    def _consented_at(self) -> datetime:
        return datetime(2020, 1, 1, tzinfo=UTC) + timedelta(days=self._random.randrange(1800))

    def _name(self, first: Sequence[str], family: Sequence[str]) -> tuple[str, str]:
        """Return a name nobody here has yet, and the local part that goes with it."""
        for _ in range(200):
            given, last = self._random.choice(first), self._random.choice(family)
            if f"{given} {last}" not in self._names:
                break
            given = f"{given}-{self._random.choice(first)}"
            if f"{given} {last}" not in self._names:
                break
        self._names.add(f"{given} {last}")
        return f"{given} {last}", f"{slug(given)[0]}.{slug(last).replace('-', '')}"

    def _address(self, local: str, domain: str) -> str:
        address, number = f"{local}@{domain}", 1
        while address in self._addresses:
            number += 1
            address = f"{local}{number}@{domain}"
        self._addresses.add(address)
        return address
