"""The one row that says since when this installation runs.

*Reads / Writes*: the installation row. *Next*: planning asks for no issue from before it.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from var_outreach.storage.base import Base


class Installation(Base):
    """This installation; always the row with id 1."""

    __tablename__ = "installation"

    id: Mapped[int] = mapped_column(primary_key=True)
    started_at: Mapped[datetime]


def started_at(session: Session, *, now: datetime) -> datetime:
    """Return since when this installation runs; the first call makes that now."""
    row = session.get(Installation, 1)
    if row is None:
        try:
            with session.begin_nested():
                session.add(Installation(id=1, started_at=now))
        except IntegrityError:
            # Another scheduler on the same database began at the same moment.
            session.expire_all()
        row = session.get_one(Installation, 1)
    return row.started_at
