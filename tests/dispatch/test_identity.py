"""Only who is surely dead is taken for dead: else one mail would go twice."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from var_outreach.dispatch import identity


def test_names_differ() -> None:
    assert len({identity.new_name() for _ in range(100)}) == 100


def test_who_works_here_is_alive_and_who_is_done_is_not() -> None:
    name = identity.new_name()
    with identity.living(name):
        assert not identity.is_dead(name)
    assert identity.is_dead(name)


def test_who_ended_in_an_error_is_done_too() -> None:
    name = identity.new_name()
    with pytest.raises(KeyError), identity.living(name):
        raise KeyError
    assert identity.is_dead(name)


def test_life_before_with_the_same_number_is_dead() -> None:
    """A container's first process has number 1 in every life."""
    place = identity.new_name().split("/")[0]
    assert identity.is_dead(f"{place}/{os.getpid()}/earlier1")


def test_other_process_of_this_machine() -> None:
    code = "from var_outreach.dispatch import identity as i; print(i.new_name()); input()"
    child = subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": "src"},
    )
    assert child.stdout is not None
    name = child.stdout.readline().strip()
    assert not identity.is_dead(name)
    child.communicate("\n")
    assert identity.is_dead(name)


@pytest.mark.parametrize(
    "name",
    [
        "elsewhere:1234abcd:4026531836/1/aaaa",
        "elsewhere/999999/aaaa",
        "",
        "/",
        "rubbish",
        "a/b/c",
    ],
)
def test_who_cannot_be_asked_after_is_not_dead(name: str) -> None:
    assert not identity.is_dead(name)


@pytest.mark.parametrize("number", ["", "x", "-1", "1e5", "0x1", "99999999999999999999"])
def test_number_that_is_none(number: str) -> None:
    place = identity.new_name().split("/")[0]
    assert not identity.is_dead(f"{place}/{number}/aaaa")


def test_same_host_name_in_another_container_is_elsewhere() -> None:
    place = identity.new_name().split("/")[0]
    host, _, _ = place.partition(":")
    assert place != host, "the name says which kernel and which container"
    assert not identity.is_dead(f"{host}:00000000:1/999999/aaaa")
