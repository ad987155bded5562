"""The composition root: builds what the settings ask for, and nothing else builds it.

*Reads*: settings and configuration files. *Writes*: the schema of a new database. *Next*:
``pipeline``, ``cli`` and ``web`` take the ``App``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

from var_outreach.agenda.kinds import KindTable, load_kinds
from var_outreach.audiences.definition import load_audiences
from var_outreach.audiences.store import seed_audiences
from var_outreach.clock import Clock, SystemClock
from var_outreach.composing.content import Content
from var_outreach.composing.facts import KindName, NetworkFacts, PartnerFacts, TopicName
from var_outreach.composing.partners import Partner, load_partners
from var_outreach.composing.themes import theme_colours
from var_outreach.dispatch.letters import Letters, Postmark
from var_outreach.dispatch.maildir import MaildirTransport
from var_outreach.dispatch.smtp import SmtpTransport
from var_outreach.dispatch.transport import Transport
from var_outreach.dispatch.worker import Dispatcher, Pace
from var_outreach.outbox.drafts import Material
from var_outreach.outbox.sender import Sender
from var_outreach.people.topics import SHIPPED, seed_topics
from var_outreach.planning.rules import Rules, load_rules
from var_outreach.planning.school_holidays import (
    SchoolHolidays,
    load_school_holidays,
    school_holidays_file,
)
from var_outreach.settings import Settings, TransportKind, config_dir, load_settings
from var_outreach.storage.engine import Database
from var_outreach.storage.installation import started_at
from var_outreach.storage.migrate import check_schema
from var_outreach.tokens import Signer


@dataclass
class App:
    """Everything that lives as long as the process."""

    settings: Settings
    database: Database
    clock: Clock
    signer: Signer
    wake: Callable[[], None] = field(default=lambda: None)
    """Called after a page changed something that must be told at once."""
    composed: dict[str, tuple[object, Content]] = field(default_factory=dict)
    """By mailing key, what a draft was made of and what it gave: a tick makes only what changed."""
    read_at: dict[str, datetime] = field(default_factory=dict)
    """By mailing key, when the audience of a standing mailing was last read."""
    read_again_after: timedelta = timedelta(hours=1)
    _dispatcher: Dispatcher | None = None
    _stopped: bool = False

    @cached_property
    def rules(self) -> Rules:
        """When mail goes out."""
        return load_rules(config_dir() / "rules.yaml")

    @cached_property
    def kinds(self) -> KindTable:
        """The kinds of events there are."""
        return load_kinds(config_dir() / "kinds.yaml")

    @cached_property
    def school_holidays(self) -> SchoolHolidays:
        """When the schools of the region are closed."""
        return load_school_holidays(school_holidays_file())

    @cached_property
    def partners(self) -> dict[str, Partner]:
        """Who may share a header with us, by key."""
        return load_partners(config_dir() / "partners.yaml")

    def _logo_url(self, partner: Partner) -> str | None:
        return f"{self.settings.base_url}/logo/{partner.key}" if partner.logo else None

    @cached_property
    def network(self) -> NetworkFacts:
        """Who sends, for templates and pages."""
        own = self.settings.network
        return NetworkFacts(
            name=own.name,
            short_name=own.short_name,
            website=own.website,
            contact_name=own.contact_name,
            contact_address=own.contact_address,
            phone=own.phone,
            postal_address=own.postal_address,
            base_url=self.settings.base_url,
            zone=self.settings.zone,
            privacy_url=own.privacy_url,
        )

    @cached_property
    def material(self) -> Material:
        """What drafts are composed of, besides the agenda and the news."""
        return Material(
            network=self.network,
            kind_names={kind.key: KindName(kind.nl, kind.en, kind.article) for kind in self.kinds},
            topics=tuple(
                TopicName(key, dutch, english, *theme_colours(key))
                for key, dutch, english in SHIPPED
            ),
            partners={
                partner.key: PartnerFacts(partner.key, partner.name, self._logo_url(partner))
                for partner in self.partners.values()
            },
            newsletter=self.rules.newsletter,
        )

    @property
    def topic_names(self) -> dict[str, str]:
        """Dutch names of the themes by key."""
        return {topic.key: topic.nl for topic in self.material.topics}

    @cached_property
    def sender(self) -> Sender:
        """What links, entries and envelopes are made with."""
        own = self.settings.network
        return Sender(
            network=self.network,
            organiser_name=own.sender_name,
            organiser_pattern=own.organiser_address,
            uid_domain=self.uid_domain,
            signer=self.signer,
            takes_early_answers=lambda kind: self.rules.of_kind(kind).early_registration,
        )

    @cached_property
    def started_at(self) -> datetime:
        """Since when this installation runs; written down once, at its first start."""
        with self.database.writing() as session:
            return started_at(session, now=self.clock.now())

    @property
    def uid_domain(self) -> str:
        """The right-hand side of every UID and Message-ID."""
        return self.settings.network.sender_address.rpartition("@")[2]

    @property
    def recall(self) -> timedelta:
        """How long a release can be taken back."""
        return timedelta(minutes=self.settings.recall_minutes)

    @cached_property
    def letters(self) -> Letters:
        """Who writes the letters; keeps what is prepared."""
        own = self.settings.network
        pattern = own.bounce_address if self.settings.transport.verp else own.sender_address
        return Letters(
            self.database,
            Postmark(
                own.sender_name,
                own.sender_address,
                bounce_pattern=pattern,
                reply_to=own.contact_address,
                list_id=own.list_id,
            ),
        )

    def dispatcher(self) -> Dispatcher:
        """Return a dispatcher for one run, which ``stop_sending`` stops."""
        pace = Pace(self.settings.smtp.connections, self.settings.transport.per_minute)
        self._dispatcher = Dispatcher(
            self.database, self.transport(), self.letters, self.clock, self.signer, pace
        )
        if self._stopped:
            self._dispatcher.stop()
        return self._dispatcher

    def stop_sending(self) -> None:
        """Let the messages in flight through and start no other; for the end of the process."""
        self._stopped = True
        if self._dispatcher is not None:
            self._dispatcher.stop()

    def transport(self) -> Transport:
        """Return the transport that the settings name."""
        if self.settings.transport.kind is TransportKind.SMTP:
            return SmtpTransport(self.settings.smtp)
        return MaildirTransport(self.settings.maildir)


def build_app(settings: Settings | None = None, *, clock: Clock | None = None) -> App:
    """Return the application that ``settings`` (else the installation's own) describe.

    Raises ConfigError for wrong settings and DatabaseBehind for a database of another version.
    """
    settings = settings or load_settings()
    app = App(
        settings=settings,
        database=Database(settings.database),
        clock=clock or SystemClock(),
        signer=Signer(settings.signing_key()),
    )
    check_schema(app.database)
    with app.database.writing() as session:
        # Themes and audiences that are shipped and not there yet; what staff changed stays.
        seed_topics(session)
        definitions = load_audiences(config_dir() / "audiences.yaml")
        seed_audiences(session, definitions, now=app.clock.now())
        # Kept here, so that no tick opens a transaction that writes to read it.
        app.started_at = started_at(session, now=app.clock.now())
    return app
