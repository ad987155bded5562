"""How often one sender may use a public form."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from var_outreach.web.limits import Limits, Rule

NOW = datetime(2025, 9, 15, 9, 0, tzinfo=UTC)


def limits(per_ip: int = 1) -> Limits:
    return Limits(per_ip=Rule(per_ip, timedelta(hours=1)))


def second_waits(first: str, second: str) -> bool:
    """Tell whether ``second`` must wait because of ``first``."""
    rules = limits()
    assert not rules.too_many(first, "een@maasstad.example", NOW)
    return rules.too_many(second, "twee@maasstad.example", NOW)


@pytest.mark.parametrize(
    ("first", "second", "waits"),
    [
        ("203.0.113.7", "203.0.113.7", True),
        ("203.0.113.7", "203.0.113.8", False),
        # A line has a /64 of its own: 2^64 addresses, one sender.
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", True),
        ("2001:DB8:1:2::1", "2001:db8:0001:0002::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("fe80::1%eth0", "fe80::2%eth0", True),
        # As a socket for both kinds names a caller with IPv4.
        ("::ffff:203.0.113.7", "203.0.113.7", True),
        ("::ffff:203.0.113.7", "::ffff:203.0.113.8", False),
        ("", "", True),
        ("testclient", "testclient", True),
    ],
)
def test_what_counts_as_one_sender(first: str, second: str, waits: bool) -> None:
    assert second_waits(first, second) is waits


def test_after_an_hour_one_may_again() -> None:
    rules = limits(2)
    address = "een@maasstad.example"
    moments = [0, 10, 59, 61, 62]
    waits = [
        rules.too_many("203.0.113.7", address, NOW + timedelta(minutes=one)) for one in moments
    ]
    assert waits == [False, False, True, False, True]


def test_one_domain_is_spared_whoever_asks() -> None:
    rules = Limits(per_domain=Rule(2, timedelta(hours=1)))
    asked = [
        rules.too_many(f"203.0.113.{one}", f"a{one}@Maasstad.example", NOW) for one in range(3)
    ]
    assert asked == [False, False, True]
    assert not rules.too_many("203.0.113.9", "a@schiedam.example", NOW)


def test_one_address_is_spared_whatever_its_case() -> None:
    rules = Limits()
    asked = ["een@maasstad.example", "EEN@maasstad.example", "een@Maasstad.example"]
    assert [rules.spare(one, NOW) for one in asked] == [False] * 3
    assert rules.spare("een@maasstad.example", NOW)
    assert not rules.spare("een@maasstad.example", NOW + timedelta(hours=24))


def test_a_form_that_names_many_goes_through_whole_and_then_the_place_waits() -> None:
    rules = limits(2)
    many = [f"a{number}@d{number}.example" for number in range(5)]
    assert not rules.refuses_named("203.0.113.7", many, NOW)
    assert rules.refuses_named("203.0.113.7", ["nog@maasstad.example"], NOW)
    assert not rules.refuses_named("203.0.113.7", [], NOW), "nobody is mailed"
    assert not rules.refuses_named("203.0.113.8", ["nog@maasstad.example"], NOW)


def test_who_is_named_is_spared_by_address_and_by_domain() -> None:
    rules = Limits(per_domain=Rule(2, timedelta(hours=1)), per_address=Rule(1, timedelta(hours=1)))
    assert not rules.refuses_named("203.0.113.1", ["a@x.example", "A@x.example"], NOW)
    assert rules.refuses_named("203.0.113.2", ["a@x.example"], NOW)
    assert not rules.refuses_named("203.0.113.3", ["a@y.example"], NOW)
    assert rules.refuses_named("203.0.113.4", ["b@x.example"], NOW)


def test_memory_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("var_outreach.web.limits.MAX_KEYS", 3)
    rule = Rule(1, timedelta(hours=1))
    assert all(rule.allows(str(one), NOW) for one in range(4))
    assert not rule.allows("3", NOW)
    assert rule.allows("0", NOW), "the oldest was forgotten"
