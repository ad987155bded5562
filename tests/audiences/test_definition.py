"""Reading audiences: what is accepted, and what each wrong line is told."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest

from var_outreach.audiences.definition import (
    AudienceDefinition,
    Selector,
    definition_from_dict,
    load_audiences,
    read_audiences,
)
from var_outreach.audiences.store import (
    get_audience,
    list_audiences,
    save_audience,
    seed_audiences,
)
from var_outreach.errors import ConfigError, InputError, NotFound
from var_outreach.people.topics import seed_topics
from var_outreach.registrations.model import RegistrationState
from var_outreach.storage.engine import Database

SHIPPED = Path(__file__).parents[2] / "config" / "audiences.yaml"

FULL = """
audiences:
  proef:
    name: Een proef
    include:
      - roles: [Burgemeester, wethouder]
        organisation_kinds: gemeente
        organisations: [gemeente-dordrecht]
        topics: [mensenhandel]
      - list: nieuwsbrief
      - contacts: [A.b@Dordrecht.example]
    exclude:
      - event: 2025-leerhuis
        states: [declined, cancelled]
"""
PROEF = AudienceDefinition(
    key="proef",
    name="Een proef",
    include=(
        Selector(
            roles=("burgemeester", "wethouder"),
            organisation_kinds=("gemeente",),
            organisations=("gemeente-dordrecht",),
            topics=("mensenhandel",),
        ),
        Selector(list="nieuwsbrief"),
        Selector(contacts=("A.b@dordrecht.example",)),
    ),
    exclude=(
        Selector(
            event="2025-leerhuis",
            states=(RegistrationState.DECLINED, RegistrationState.CANCELLED),
        ),
    ),
)


def test_a_definition_is_read() -> None:
    assert read_audiences(FULL, name="a.yaml") == (PROEF,)


def test_a_definition_survives_being_frozen_with_a_mailing() -> None:
    assert definition_from_dict(json.loads(json.dumps(PROEF.as_dict()))) == PROEF


def test_the_fingerprint_is_of_whom_it_selects() -> None:
    other = AudienceDefinition(PROEF.key, "Andere naam", PROEF.include, PROEF.exclude)
    assert other.fingerprint() == PROEF.fingerprint()
    wider = AudienceDefinition(PROEF.key, PROEF.name, PROEF.include)
    assert wider.fingerprint() != PROEF.fingerprint()


@pytest.mark.parametrize(
    ("old", "new", "line", "what"),
    [
        ("roles:", "rolls:", 6, "Did you mean 'roles'"),
        ("include:", "inclde:", 5, "Did you mean 'include'"),
        ("audiences:", "audience:", 2, "Did you mean 'audiences'"),
        ("[declined, cancelled]", "[declind]", 14, "Did you mean 'declined'"),
        (
            "organisation_kinds: gemeente",
            "organisation_kinds: gemente",
            7,
            "Did you mean 'gemeente'",
        ),
        ("[mensenhandel]", "[]", 9, "'topics' is empty"),
        ("list: nieuwsbrief", "list:", 10, "'list' is empty"),
        ("list: nieuwsbrief", 'list: ""', 10, "'list' is empty"),
        ("        states: [declined, cancelled]", "", 13, "belong together"),
        ("A.b@Dordrecht.example", "A.b", 11, "is not a mail address"),
        ("  proef:", "  Proef X:", 4, "lowercase with hyphens"),
        ("      - list: nieuwsbrief", "      - {}", 10, "asks nothing"),
        ("name: Een proef", "name: [", 6, "not YAML"),
    ],
)
def test_a_wrong_line_is_one_error_with_its_number(
    old: str, new: str, line: int, what: str
) -> None:
    assert old in FULL
    with pytest.raises(ConfigError, match=what) as caught:
        read_audiences(FULL.replace(old, new, 1), name="a.yaml")
    assert f"a.yaml:{line}" in str(caught.value)
    assert caught.value.exit_code == 2


def test_several_wrong_lines_are_all_named() -> None:
    text = FULL.replace("roles", "rolls").replace("[declined,", "[declind,")
    with pytest.raises(ConfigError) as caught:
        read_audiences(text, name="a.yaml")
    assert "a.yaml:6" in str(caught.value)
    assert "a.yaml:14" in str(caught.value)


@pytest.mark.parametrize(
    "data", [None, b"", b"\xff\xfe", b"audiences: {}\x00", b"- a\n", b"x" * 1_000_001]
)
def test_a_file_that_cannot_be_used_is_one_error(tmp_path: Path, data: bytes | None) -> None:
    file = tmp_path / "audiences.yaml"
    if data is not None:
        file.write_bytes(data)
    with pytest.raises(ConfigError) as caught:
        load_audiences(file)
    assert str(file) in str(caught.value)


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"key": "a", "name": "A", "include": [{"rols": ["x"]}]},
        {"key": "a", "name": "A", "include": [{"event": "e", "states": ["gone"]}]},
        {"key": "a", "name": "A", "include": [7]},
    ],
)
def test_what_is_no_definition_is_refused(data: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        definition_from_dict(data)


def test_the_shipped_audiences_are_seeded_once_and_staff_keep_their_changes(
    database: Database, now: datetime
) -> None:
    shipped = load_audiences(SHIPPED)
    with database.writing() as session:
        with pytest.raises(ConfigError, match="there is no theme"):
            seed_audiences(session, shipped, now=now)
        seed_topics(session)
        # Those before the unknown theme went in; the caller's transaction decides about them.
        seed_audiences(session, shipped, now=now)
        assert {a.key for a in list_audiences(session)} == {a.key for a in shipped}
        changed = AudienceDefinition("leerhuis", "Leerhuis", (Selector(roles=("burgemeester",)),))
        save_audience(session, changed, now=now)
        assert seed_audiences(session, shipped, now=now) == 0
        assert get_audience(session, "leerhuis") == changed


def test_the_audiences_that_the_rules_name_are_shipped() -> None:
    named = {
        line.partition(":")[2].strip()
        for line in (SHIPPED.parent / "rules.yaml").read_text("utf-8").splitlines()
        if line.strip().startswith("audience:")
    }
    assert named <= {audience.key for audience in load_audiences(SHIPPED)}
    assert "nieuwsbrief" in named


def test_an_unknown_audience_gets_a_suggestion(database: Database, now: datetime) -> None:
    with database.writing() as session:
        save_audience(
            session, AudienceDefinition("leerhuis", "L", (Selector(roles=("x",)),)), now=now
        )
        with pytest.raises(NotFound, match="Did you mean 'leerhuis'"):
            get_audience(session, "leerhuizen")


@pytest.mark.parametrize(
    "definition",
    [
        AudienceDefinition("Met Spatie", "x", (Selector(roles=("x",)),)),
        AudienceDefinition("leeg", "x", ()),
        AudienceDefinition("alles", "x", (Selector(),)),
        AudienceDefinition("thema", "x", (Selector(topics=("bestaat-niet",)),)),
    ],
)
def test_an_audience_that_would_surprise_is_not_saved(
    database: Database, now: datetime, definition: AudienceDefinition
) -> None:
    with database.writing() as session:
        with pytest.raises(InputError):
            save_audience(session, definition, now=now)
        assert list_audiences(session) == []
