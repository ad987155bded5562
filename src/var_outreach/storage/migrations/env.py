"""Alembic's entrance: runs migrations on the connection that ``migrate.py`` hands over.

*Reads*: the tables of all stages, for ``make migration``. *Writes*: the schema. *Next*: nothing.
"""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext

from var_outreach.storage.base import Base, UtcDateTime

connection = context.config.attributes["connection"]


def _render(kind: str, item: Any, autogen_context: AutogenContext) -> str | Literal[False]:
    # Migrations are history: they name plain types, not ours, which may change.
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    render_item=_render,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
