"""The themes that the network works on, as they are shipped.

*Reads*: nothing. *Writes*: topics that are not there yet. *Next*: contacts name them, the agenda
and the news point at them by key.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from var_outreach.people.model import Topic

SHIPPED = (
    ("digitale-veiligheid", "Digitale veiligheid", "Digital safety"),
    ("mensenhandel", "Mensenhandel", "Human trafficking"),
    ("zorg-en-veiligheid", "Zorg en veiligheid", "Care and safety"),
    ("jeugd-en-veiligheid", "Jeugd en veiligheid", "Youth and safety"),
    ("maatschappelijk-ongenoegen", "Maatschappelijk ongenoegen", "Social discontent"),
)
"""Key, Dutch name and English name, in the order in which the newsletter has them."""


def seed_topics(session: Session) -> int:
    """Add the shipped themes that are missing; return how many. What staff changed stays."""
    known = set(session.scalars(select(Topic.key)))
    missing = [
        Topic(key=key, name_nl=dutch, name_en=english, position=position)
        for position, (key, dutch, english) in enumerate(SHIPPED)
        if key not in known
    ]
    session.add_all(missing)
    session.flush()
    return len(missing)
