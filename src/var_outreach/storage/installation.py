"""The one row that says since when this installation runs.

*Reads / Writes*: the installation row. *Next*: planning asks for no issue from before it.
"""

from __future__ import annotations

from datetime import datetime

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
        row = Installation(id=1, started_at=now)
        session.add(row)
        session.flush()
    return row.started_at
