"""Who an audience comes to: one mail per address, and everybody else accounted for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import event, insert, select
from sqlalchemy.orm import Session

from var_outreach.agenda.model import Event, EventState, Visibility
from var_outreach.audiences.definition import AudienceDefinition, Selector
from var_outreach.audiences.resolve import (
    Invitee,
    Reader,
    Resolved,
    count_recipients,
    iterate_readers,
    resolve_invitees,
    resolve_readers,
)
from var_outreach.people import store
from var_outreach.people import subscriptions as subs
from var_outreach.people.csv_files import PersonRow, import_people
from var_outreach.people.model import (
    Contact,
    Function,
    Subscription,
    SubscriptionState,
    SuppressionReason,
)
from var_outreach.people.suppression import suppress
from var_outreach.people.topics import seed_topics
from var_outreach.registrations.model import Invitation, Registration, RegistrationState
from var_outreach.storage.engine import Database
from var_outreach.tokens import Signer, random_token

DAY = date(2025, 3, 1)
BOARD = {
    "secretariat_name": "Bestuurssecretariaat",
    "secretariat_address": "bestuur@dordrecht.example",
}
GIVEN = datetime(2023, 1, 1, tzinfo=UTC)


def office(
    role: str,
    name: str,
    organisation: str = "Gemeente Dordrecht",
    *,
    portfolio: str = "",
    address: str = "",
    secretariat_name: str = "",
    secretariat_address: str = "",
) -> PersonRow:
    return PersonRow(
        row=2,
        organisation=organisation,
        kind="gemeente" if organisation.startswith("Gemeente") else "politie",
        role=role,
        name=name,
        portfolio=portfolio,
        address=address,
        secretariat_name=secretariat_name,
        secretariat_address=secretariat_address,
    )


ROWS = (
    office("burgemeester", "Zoë Mulder", **BOARD),
    office("wethouder", "Ada Vink", portfolio="zorg", **BOARD),
    replace(office("wethouder", "Bo Vos", portfolio="jeugd", **BOARD), topics=("mensenhandel",)),
    office("wethouder", "Cas Bos", portfolio="wonen"),
    replace(
        office("adviseur", "Bas Prins", address="b.prins@dordrecht.example"),
        topics=("mensenhandel",), newsletter=True, consent_at=GIVEN,
    ),
    replace(
        office("adviseur", "Oud Gediende", address="oud@dordrecht.example"),
        topics=("mensenhandel",), until_on=date(2025, 1, 31),
    ),
    office("teamchef", "Iris Kok", "Politie Rotterdam", address="i.kok@politie.example"),
    PersonRow(
        row=2, name="Ann Reed", address="ann@harbour.example", language="en", newsletter=True,
        consent_at=GIVEN, topics=("mensenhandel",),
    ),
    PersonRow(
        row=2, organisation="Gemeente Dordrecht", name="Netwerker", address="n@dordrecht.example",
        legal_basis="public_task", topics=("mensenhandel",),
    ),
    PersonRow(row=2, name="Weg", address="weg@x.example", newsletter=False),
)  # fmt: skip


class Audience:
    """Resolves lines on a database with the people above."""

    def __init__(self, session: Session, signer: Signer) -> None:
        self.session = session
        self.signer = signer

    def definition(
        self, include: Sequence[Selector], exclude: Sequence[Selector] = ()
    ) -> AudienceDefinition:
        return AudienceDefinition("proef", "Proef", tuple(include), tuple(exclude))

    def invitees(self, *include: Selector, exclude: Sequence[Selector] = ()) -> Resolved[Invitee]:
        return resolve_invitees(
            self.session, self.definition(include, exclude), on_date=DAY, signer=self.signer
        )

    def readers(self, *include: Selector, exclude: Sequence[Selector] = ()) -> Resolved[Reader]:
        definition = self.definition(include, exclude)
        resolved = resolve_readers(self.session, definition, on_date=DAY, signer=self.signer)
        counted: Counter[str] = Counter()
        streamed = iterate_readers(
            self.session, definition, on_date=DAY, signer=self.signer, excluded=counted
        )
        assert tuple(streamed) == resolved.recipients
        assert +counted == resolved.excluded
        return resolved

    def suppress(self, address: str, reason: SuppressionReason) -> None:
        suppress(self.session, address, reason, evidence=None, now=GIVEN, signer=self.signer)

    def function(self, name: str) -> Function:
        return self.session.scalars(
            select(Function).join(Function.holder).where(Contact.name == name)
        ).one()


@pytest.fixture
def audience(database: Database, now: datetime, signer: Signer) -> Iterator[Audience]:
    with database.writing() as session:
        seed_topics(session)
        import_people(session, ROWS, now=now, source="test", signer=signer)
        yield Audience(session, signer)


def addresses(resolved: Resolved[Invitee] | Resolved[Reader]) -> list[str]:
    return sorted(recipient.address for recipient in resolved.recipients)


def test_three_offices_at_one_mailbox_are_one_invitee(audience: Audience) -> None:
    found = audience.invitees(Selector(roles=("burgemeester", "wethouder")))
    (board,) = found.recipients
    assert (board.address, board.name, board.language) == (
        "bestuur@dordrecht.example",
        "Bestuurssecretariaat",
        "nl",
    )
    names = ["Zoë Mulder", "Ada Vink", "Bo Vos"]
    assert board.function_ids == tuple(audience.function(name).id for name in names)


def test_an_office_without_a_mailbox_is_named(audience: Audience) -> None:
    found = audience.invitees(Selector(roles=("wethouder",)))
    (unreachable,) = found.unreachable
    assert (unreachable.organisation, unreachable.role, unreachable.portfolio) == (
        "Gemeente Dordrecht",
        "wethouder",
        "wonen",
    )
    assert unreachable.holder == "Cas Bos"
    assert audience.readers(Selector(roles=("wethouder",))).unreachable == found.unreachable


def test_conditions_of_one_line_hold_together_and_lines_add_up(audience: Audience) -> None:
    both = Selector(roles=("wethouder", "teamchef"), organisation_kinds=("politie",))
    assert addresses(audience.invitees(both)) == ["i.kok@politie.example"]
    lines = (both, Selector(roles=("burgemeester",)))
    assert addresses(audience.invitees(*lines)) == [
        "bestuur@dordrecht.example",
        "i.kok@politie.example",
    ]
    assert addresses(audience.invitees(Selector(organisations=("politie-rotterdam",)))) == [
        "i.kok@politie.example"
    ]


def test_an_office_counts_on_the_day_asked_for(audience: Audience) -> None:
    line = Selector(roles=("adviseur",))
    assert addresses(audience.invitees(line)) == ["b.prins@dordrecht.example"]
    earlier = resolve_invitees(
        audience.session,
        audience.definition([line]),
        on_date=date(2025, 1, 31),
        signer=audience.signer,
    )
    assert addresses(earlier) == ["b.prins@dordrecht.example", "oud@dordrecht.example"]


def test_a_network_is_who_works_on_the_theme_and_not_who_reads_of_it(audience: Audience) -> None:
    found = audience.invitees(Selector(topics=("mensenhandel",)))
    # Not Ann, who is a reader; not who left office; the alderman through the secretariat.
    assert addresses(found) == [
        "b.prins@dordrecht.example",
        "bestuur@dordrecht.example",
        "n@dordrecht.example",
    ]
    offices = {invitee.address: len(invitee.function_ids) for invitee in found.recipients}
    assert offices == {
        "b.prins@dordrecht.example": 1,
        "bestuur@dordrecht.example": 1,
        "n@dordrecht.example": 0,
    }


def test_a_line_out_takes_one_office_from_a_shared_mailbox(audience: Audience) -> None:
    found = audience.invitees(
        Selector(roles=("burgemeester", "wethouder")), exclude=[Selector(roles=("burgemeester",))]
    )
    (board,) = found.recipients
    assert audience.function("Zoë Mulder").id not in board.function_ids
    assert len(board.function_ids) == 2
    assert not found.excluded


def test_who_is_kept_out_or_suppressed_is_counted(audience: Audience) -> None:
    audience.suppress("BESTUUR@dordrecht.example", SuppressionReason.HARD_BOUNCE)
    everybody = Selector(organisation_kinds=("gemeente", "politie"))
    out = [Selector(contacts=("I.Kok@politie.example", "n@dordrecht.example"))]
    for found in (
        audience.invitees(everybody, exclude=out),
        audience.readers(everybody, exclude=out),
    ):
        assert addresses(found) == ["b.prins@dordrecht.example"]
        assert found.excluded == Counter({"hard_bounce": 1, "excluded": 2})


def test_readers_are_the_active_subscribers_of_that_list(audience: Audience) -> None:
    asked = subs.ask(
        audience.session, "nog@x.example", "Nog niet", "nl", source="", wording="", now=GIVEN
    )
    assert asked.state is SubscriptionState.PENDING
    found = audience.readers(Selector(list="nieuwsbrief"))
    assert addresses(found) == ["ann@harbour.example", "b.prins@dordrecht.example"]
    assert audience.readers(Selector(list="andere")).recipients == ()
    for reader in found.recipients:
        assert reader.subscription_id is not None
        subscription = audience.session.get_one(Subscription, reader.subscription_id)
        assert reader.token == subscription.token
        assert reader.contact_id == subscription.contact_id
    ann = next(r for r in found.recipients if r.address == "ann@harbour.example")
    assert (ann.name, ann.language) == ("Ann Reed", "en")


def test_a_reader_who_holds_an_office_gets_one_mail_with_the_lists_link(
    audience: Audience,
) -> None:
    found = audience.readers(Selector(roles=("adviseur", "teamchef")), Selector(list="nieuwsbrief"))
    assert addresses(found) == [
        "ann@harbour.example",
        "b.prins@dordrecht.example",
        "i.kok@politie.example",
    ]
    by_address = {reader.address: reader for reader in found.recipients}
    assert by_address["b.prins@dordrecht.example"].subscription_id is not None
    chief = by_address["i.kok@politie.example"]
    assert chief.subscription_id is None
    contact = store.find_contact(audience.session, chief.address)
    assert contact is not None
    assert chief.token == contact.token


def test_a_role_and_a_list_on_one_line_must_both_hold(audience: Audience) -> None:
    line = Selector(roles=("adviseur", "teamchef"), list="nieuwsbrief")
    (reader,) = audience.readers(line).recipients
    assert reader.address == "b.prins@dordrecht.example"
    assert reader.subscription_id is not None


def test_a_line_out_by_role_keeps_the_holder_off_the_list(audience: Audience) -> None:
    found = audience.readers(Selector(list="nieuwsbrief"), exclude=[Selector(roles=("adviseur",))])
    assert addresses(found) == ["ann@harbour.example"]
    assert found.excluded == Counter({"excluded": 1})


def test_a_list_can_be_narrowed_by_theme(audience: Audience) -> None:
    line = Selector(list="nieuwsbrief", topics=("digitale-veiligheid",))
    assert audience.readers(line).recipients == ()
    line = Selector(list="nieuwsbrief", topics=("mensenhandel",))
    assert len(audience.readers(line).recipients) == 2


def test_an_erased_person_is_nowhere(audience: Audience, now: datetime) -> None:
    ann = store.find_contact(audience.session, "ann@harbour.example")
    assert ann is not None
    ann.erased_at = now
    audience.session.flush()
    assert addresses(audience.readers(Selector(list="nieuwsbrief"))) == [
        "b.prins@dordrecht.example"
    ]
    assert audience.invitees(Selector(contacts=("ann@harbour.example",))).recipients == ()


def test_answers_to_an_event_select_offices_and_persons(audience: Audience, now: datetime) -> None:
    session = audience.session
    leerhuis = Event(
        key="2025-leerhuis", source="t", source_id="1", kind="leerhuis", title="Leerhuis",
        state=EventState.CONFIRMED, visibility=Visibility.PUBLIC, programme=[], partners=[],
        notes=[], recap_links=[], series_uid="u", known_at=now, date_known_at=now, changed_at=now,
        imported={},
    )  # fmt: skip
    session.add(leerhuis)
    session.flush()

    def answer(contact: Contact, function: Function | None, state: RegistrationState) -> None:
        invitation = session.scalar(
            select(Invitation).where(Invitation.contact_id == contact.id)
        ) or Invitation(
            event=leerhuis, contact=contact, token=random_token(), uid=random_token(),
            created_at=now,
        )  # fmt: skip
        session.add(
            Registration(
                event=leerhuis, invitation=invitation, function=function, contact=contact,
                state=state, attendee_name="", created_at=now,
            )
        )  # fmt: skip
        session.flush()

    mayor, alderman = audience.function("Zoë Mulder"), audience.function("Ada Vink")
    assert mayor.secretariat is not None
    answer(mayor.secretariat, mayor, RegistrationState.ACCEPTED)
    answer(mayor.secretariat, alderman, RegistrationState.DECLINED)
    ann = store.find_contact(session, "ann@harbour.example")
    assert ann is not None
    answer(ann, None, RegistrationState.ACCEPTED)

    coming = Selector(event="2025-leerhuis", states=(RegistrationState.ACCEPTED,))
    found = audience.invitees(coming)
    assert [(i.address, i.function_ids) for i in found.recipients] == [
        ("bestuur@dordrecht.example", (mayor.id,)),
        ("ann@harbour.example", ()),
    ]
    rest = audience.invitees(Selector(roles=("burgemeester", "wethouder")), exclude=[coming])
    assert rest.recipients[0].function_ids == (alderman.id, audience.function("Bo Vos").id)


def test_counting_is_of_addresses(audience: Audience) -> None:
    definition = audience.definition([Selector(roles=("burgemeester", "wethouder"))])
    assert count_recipients(audience.session, definition, on_date=DAY, signer=audience.signer) == 1


def test_the_number_of_queries_does_not_grow_with_the_people(
    audience: Audience, database: Database, now: datetime
) -> None:
    lines = (
        Selector(organisation_kinds=("gemeente", "politie")),
        Selector(list="nieuwsbrief"),
        Selector(topics=("mensenhandel",)),
    )
    seen: list[str] = []

    def listen(*arguments: object) -> None:
        seen.append(str(arguments[2]))

    def queries() -> int:
        audience.session.expire_all()
        seen.clear()
        event.listen(database.engine, "before_cursor_execute", listen)
        audience.invitees(*lines, exclude=[Selector(roles=("teamchef",))])
        audience.readers(*lines, exclude=[Selector(roles=("teamchef",))])
        event.remove(database.engine, "before_cursor_execute", listen)
        return len(seen)

    few = queries()
    more = [
        office("adviseur", f"P{n}", f"Gemeente {n}", address=f"p{n}@g{n}.example")
        for n in range(60)
    ]
    import_people(audience.session, more, now=now, source="test", signer=audience.signer)
    assert queries() == few


def test_a_long_list_streams(audience: Audience, now: datetime) -> None:
    session, count = audience.session, 5000
    session.execute(
        insert(Contact),
        [
            {
                "id": 10_000 + n, "address": f"r{n}@x.example", "name": "", "language": "nl",
                "token": f"c{n}", "source": "", "legal_basis": "consent", "created_at": now,
            }
            for n in range(count)
        ],
    )  # fmt: skip
    session.execute(
        insert(Subscription),
        [
            {
                "contact_id": 10_000 + n, "list_key": "nieuwsbrief", "token": f"s{n}",
                "state": SubscriptionState.ACTIVE, "changed_at": now,
                "version": 0, "notified_version": 0,
            }
            for n in range(count)
        ],
    )  # fmt: skip
    audience.suppress("r7@x.example", SuppressionReason.COMPLAINT)
    excluded: Counter[str] = Counter()
    stream = iterate_readers(
        session,
        audience.definition([Selector(list="nieuwsbrief")]),
        on_date=DAY,
        signer=audience.signer,
        excluded=excluded,
    )
    found = [reader.address for reader in stream]
    assert len(found) == len(set(found)) == count + 2 - 1
    assert excluded == Counter({"complaint": 1})
