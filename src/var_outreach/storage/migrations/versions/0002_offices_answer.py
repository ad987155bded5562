"""Offices answer

Revision: 0002, after 0001.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


PERSONAL = "uq_registration_event_contact_personal"


def _personal(where: str) -> None:
    op.create_index(
        PERSONAL,
        "registration",
        ["event_id", "contact_id"],
        unique=True,
        sqlite_where=sa.text(where),
        postgresql_where=sa.text(where),
    )


def upgrade() -> None:
    """Bring the schema one version further."""
    op.create_table(
        "column_mapping",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("header", sa.JSON(), nullable=False),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_column_mapping")),
        sa.UniqueConstraint("name", name=op.f("uq_column_mapping_name")),
    )
    op.create_table(
        "contact_join",
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("kept_id", sa.Integer(), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("joined_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.id"], name=op.f("fk_contact_join_contact_id_contact")
        ),
        sa.ForeignKeyConstraint(
            ["kept_id"], ["contact.id"], name=op.f("fk_contact_join_kept_id_contact")
        ),
        sa.PrimaryKeyConstraint("contact_id", name=op.f("pk_contact_join")),
    )
    with op.batch_alter_table("contact_join", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_contact_join_kept_id"), ["kept_id"], unique=False)
    op.create_table(
        "group_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("meant_for", sa.String(), nullable=False),
        sa.Column("max_places", sa.Integer(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_group_link_event_id_event")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_group_link_organisation_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_group_link")),
        sa.UniqueConstraint("token", name=op.f("uq_group_link_token")),
    )
    with op.batch_alter_table("group_link") as batch_op:
        batch_op.create_index(batch_op.f("ix_group_link_event_id"), ["event_id"], unique=False)

    op.create_table(
        "partner_access",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("partner_key", sa.String(), nullable=False),
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_partner_access_event_id_event")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partner_access")),
        sa.UniqueConstraint("token", name=op.f("uq_partner_access_token")),
    )
    with op.batch_alter_table("partner_access") as batch_op:
        batch_op.create_index(batch_op.f("ix_partner_access_event_id"), ["event_id"], unique=False)

    op.create_table(
        "round",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_round_event_id_event")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_round")),
        sa.UniqueConstraint("event_id", "key", name=op.f("uq_round_event_id_key")),
    )
    op.create_table(
        "contact_alias",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("since_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.id"], name=op.f("fk_contact_alias_contact_id_contact")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_alias")),
    )
    with op.batch_alter_table("contact_alias") as batch_op:
        batch_op.create_index(
            batch_op.f("ix_contact_alias_contact_id"), ["contact_id"], unique=False
        )
    op.create_index(
        "uq_contact_alias_address_lower", "contact_alias", [sa.text("lower(address)")], unique=True
    )

    op.create_table(
        "list_check",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("corrections", sa.JSON(), nullable=False),
        sa.Column("notified_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.id"], name=op.f("fk_list_check_contact_id_contact")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_list_check_organisation_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_list_check")),
        sa.UniqueConstraint("token", name=op.f("uq_list_check_token")),
    )
    with op.batch_alter_table("list_check") as batch_op:
        batch_op.create_index(batch_op.f("ix_list_check_contact_id"), ["contact_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_list_check_organisation_id"), ["organisation_id"], unique=False
        )

    op.create_table(
        "speaker",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("declined_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("slides_due_on", sa.Date(), nullable=True),
        sa.Column("slides_url", sa.String(), nullable=False),
        sa.Column("remark", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.id"], name=op.f("fk_speaker_contact_id_contact")
        ),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_speaker_event_id_event")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_speaker")),
        sa.UniqueConstraint("event_id", "contact_id", name=op.f("uq_speaker_event_id_contact_id")),
        sa.UniqueConstraint("token", name=op.f("uq_speaker_token")),
    )
    with op.batch_alter_table("speaker") as batch_op:
        batch_op.create_index(batch_op.f("ix_speaker_contact_id"), ["contact_id"], unique=False)

    op.create_table(
        "workshop",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("room", sa.String(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["round_id"], ["round.id"], name=op.f("fk_workshop_round_id_round")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workshop")),
        sa.UniqueConstraint("round_id", "key", name=op.f("uq_workshop_round_id_key")),
    )
    op.create_table(
        "programme_notice",
        sa.Column("registration_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("notified_version", sa.Integer(), nullable=False),
        sa.Column("moved_up", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registration.id"],
            name=op.f("fk_programme_notice_registration_id_registration"),
        ),
        sa.PrimaryKeyConstraint("registration_id", name=op.f("pk_programme_notice")),
    )
    op.create_table(
        "workshop_choice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("registration_id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("workshop_id", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum("chosen", "waiting", name="choicestate", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("since_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registration.id"],
            name=op.f("fk_workshop_choice_registration_id_registration"),
        ),
        sa.ForeignKeyConstraint(
            ["round_id"], ["round.id"], name=op.f("fk_workshop_choice_round_id_round")
        ),
        sa.ForeignKeyConstraint(
            ["workshop_id"], ["workshop.id"], name=op.f("fk_workshop_choice_workshop_id_workshop")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workshop_choice")),
        sa.UniqueConstraint(
            "registration_id",
            "workshop_id",
            name=op.f("uq_workshop_choice_registration_id_workshop_id"),
        ),
    )
    with op.batch_alter_table("workshop_choice") as batch_op:
        batch_op.create_index(
            batch_op.f("ix_workshop_choice_workshop_id"), ["workshop_id"], unique=False
        )
        batch_op.create_index(
            "uq_workshop_choice_one_chosen",
            ["registration_id", "round_id"],
            unique=True,
            sqlite_where=sa.text("state = 'chosen'"),
            postgresql_where=sa.text("state = 'chosen'"),
        )

    op.add_column("contact", sa.Column("guest_until_on", sa.Date(), nullable=True))

    with op.batch_alter_table("event") as batch_op:
        batch_op.add_column(sa.Column("questions", sa.JSON(), nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("replaces_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("follows_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("counted_live", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("counted_views", sa.Integer(), nullable=True))
        batch_op.add_column(
            sa.Column("reply_totals", sa.JSON(), nullable=False, server_default="{}")
        )
        batch_op.create_index(batch_op.f("ix_event_follows_id"), ["follows_id"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_event_replaces_id_event"), "event", ["replaces_id"], ["id"]
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_event_follows_id_event"), "event", ["follows_id"], ["id"]
        )

    with op.batch_alter_table("organisation") as batch_op:
        batch_op.add_column(sa.Column("merged_into_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_organisation_merged_into_id_organisation"),
            "organisation",
            ["merged_into_id"],
            ["id"],
        )

    op.drop_index(PERSONAL, table_name="registration")
    with op.batch_alter_table("registration") as batch_op:
        batch_op.add_column(
            sa.Column("attendee_function", sa.String(), nullable=False, server_default="")
        )
        batch_op.add_column(sa.Column("organisation_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("represented_by_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("brought_by_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("group_link_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("replies", sa.JSON(), nullable=False, server_default="{}"))
        batch_op.create_index(
            batch_op.f("ix_registration_brought_by_id"), ["brought_by_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_registration_group_link_id"), ["group_link_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_registration_organisation_id"), ["organisation_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_registration_represented_by_id"), ["represented_by_id"], unique=False
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_registration_organisation_id_organisation"),
            "organisation",
            ["organisation_id"],
            ["id"],
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_registration_represented_by_id_registration"),
            "registration",
            ["represented_by_id"],
            ["id"],
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_registration_brought_by_id_registration"),
            "registration",
            ["brought_by_id"],
            ["id"],
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_registration_group_link_id_group_link"),
            "group_link",
            ["group_link_id"],
            ["id"],
        )
    with op.batch_alter_table("registration") as batch_op:
        batch_op.alter_column("attendee_function", server_default=None)
        batch_op.alter_column("replies", server_default=None)
    with op.batch_alter_table("event") as batch_op:
        batch_op.alter_column("questions", server_default=None)
        batch_op.alter_column("reply_totals", server_default=None)
    _personal("function_id IS NULL AND brought_by_id IS NULL")
    op.execute(
        "UPDATE registration SET organisation_id = (SELECT function.organisation_id FROM function"
        " WHERE function.id = registration.function_id) WHERE function_id IS NOT NULL"
    )
    op.execute(
        "UPDATE registration SET organisation_id = (SELECT contact.organisation_id FROM contact"
        " WHERE contact.id = registration.contact_id) WHERE function_id IS NULL"
    )


def downgrade() -> None:
    """Take that back."""
    op.drop_index(PERSONAL, table_name="registration")
    with op.batch_alter_table("registration") as batch_op:
        batch_op.drop_constraint(
            batch_op.f("fk_registration_group_link_id_group_link"), type_="foreignkey"
        )
        batch_op.drop_constraint(
            batch_op.f("fk_registration_brought_by_id_registration"), type_="foreignkey"
        )
        batch_op.drop_constraint(
            batch_op.f("fk_registration_represented_by_id_registration"), type_="foreignkey"
        )
        batch_op.drop_constraint(
            batch_op.f("fk_registration_organisation_id_organisation"), type_="foreignkey"
        )
        batch_op.drop_index(batch_op.f("ix_registration_represented_by_id"))
        batch_op.drop_index(batch_op.f("ix_registration_organisation_id"))
        batch_op.drop_index(batch_op.f("ix_registration_group_link_id"))
        batch_op.drop_index(batch_op.f("ix_registration_brought_by_id"))
        batch_op.drop_column("replies")
        batch_op.drop_column("group_link_id")
        batch_op.drop_column("brought_by_id")
        batch_op.drop_column("represented_by_id")
        batch_op.drop_column("organisation_id")
        batch_op.drop_column("attendee_function")
    _personal("function_id IS NULL")

    with op.batch_alter_table("organisation") as batch_op:
        batch_op.drop_constraint(
            batch_op.f("fk_organisation_merged_into_id_organisation"), type_="foreignkey"
        )
        batch_op.drop_column("merged_into_id")

    with op.batch_alter_table("event") as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_event_follows_id_event"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("fk_event_replaces_id_event"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_event_follows_id"))
        batch_op.drop_column("reply_totals")
        batch_op.drop_column("counted_views")
        batch_op.drop_column("counted_live")
        batch_op.drop_column("follows_id")
        batch_op.drop_column("replaces_id")
        batch_op.drop_column("questions")

    # Not by making the table anew: SQLite would lose the index on an expression.
    op.drop_column("contact", "guest_until_on")

    with op.batch_alter_table("workshop_choice") as batch_op:
        batch_op.drop_index(
            "uq_workshop_choice_one_chosen",
            sqlite_where=sa.text("state = 'chosen'"),
            postgresql_where=sa.text("state = 'chosen'"),
        )
        batch_op.drop_index(batch_op.f("ix_workshop_choice_workshop_id"))

    op.drop_table("workshop_choice")
    op.drop_table("programme_notice")
    op.drop_table("workshop")
    with op.batch_alter_table("speaker") as batch_op:
        batch_op.drop_index(batch_op.f("ix_speaker_contact_id"))

    op.drop_table("speaker")
    with op.batch_alter_table("list_check") as batch_op:
        batch_op.drop_index(batch_op.f("ix_list_check_organisation_id"))
        batch_op.drop_index(batch_op.f("ix_list_check_contact_id"))

    op.drop_table("list_check")
    with op.batch_alter_table("contact_alias") as batch_op:
        batch_op.drop_index(batch_op.f("ix_contact_alias_contact_id"))

    op.drop_table("contact_alias")
    op.drop_table("round")
    with op.batch_alter_table("partner_access") as batch_op:
        batch_op.drop_index(batch_op.f("ix_partner_access_event_id"))

    op.drop_table("partner_access")
    with op.batch_alter_table("group_link") as batch_op:
        batch_op.drop_index(batch_op.f("ix_group_link_event_id"))

    op.drop_table("group_link")
    with op.batch_alter_table("contact_join") as batch_op:
        batch_op.drop_index(batch_op.f("ix_contact_join_kept_id"))

    op.drop_table("contact_join")
    op.drop_table("column_mapping")
