"""The table of saved audiences.

*Reads*: nothing. *Writes*: nothing. *Next*: ``audiences/resolve.py`` turns one into recipients.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from var_outreach.storage.base import Base, Id


class Audience(Base):
    """A named selection: whoever a line of ``include`` takes in and no line of ``exclude``."""

    __tablename__ = "audience"

    id: Mapped[Id]
    key: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    include: Mapped[list[Any]]
    """Lines as ``audiences/definition.py`` reads them."""
    exclude: Mapped[list[Any]]
    changed_at: Mapped[datetime]
