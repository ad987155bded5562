"""Rounds and speakers in YAML: what is read, and the line of what is wrong."""

from __future__ import annotations

from datetime import date, time
from pathlib import Path

import pytest

from var_outreach.agenda.yaml_rounds import SpeakerPlan, WorkshopPlan, read_programme_file
from var_outreach.errors import InputError, RowErrors

SAMPLE = Path(__file__).parents[2] / "samples" / "programma-conferentie.yaml"
HEAD = """\
rounds:
  - name: Ronde 1
    from: "10.30"
    to: "11.30"
    workshops:
      - title: Zorgmijders
"""


def wrong(text: str) -> list[str]:
    """Return every error of ``text`` as one line each."""
    with pytest.raises(InputError) as caught:
        read_programme_file(text, name="p.yaml")
    error = caught.value
    rows = error.rows if isinstance(error, RowErrors) else [error]
    return [str(row) for row in rows]


def test_the_sample_holds_two_rounds_and_a_speaker() -> None:
    plan = read_programme_file(SAMPLE.read_text("utf-8"), name="sample")
    assert [(one.key, one.starts, len(one.workshops)) for one in plan.rounds] == [
        ("ronde-1", time(10, 45), 3), ("ronde-2", time(13, 15), 3),
    ]  # fmt: skip
    assert plan.rounds[0].workshops[0] == WorkshopPlan(
        "zorgmijders", "Samen kijken naar zorgmijders",
        "Drie situaties uit de praktijk. U bespreekt wie wat doet.", "Maaszaal", 40,
    )  # fmt: skip
    assert plan.rounds[1].workshops[2].capacity is None
    (speaker,) = plan.speakers
    assert speaker.address == "noor@zorgenveiligheid.example"
    assert (speaker.starts, speaker.slides_due_on) == (time(10), date(2025, 3, 17))


def test_a_name_makes_the_key_where_no_id_does() -> None:
    plan = read_programme_file(HEAD + "      - {id: W2, title: Zorgmijders}\n", name="p")
    assert plan.rounds[0].key == "ronde-1"
    assert [one.key for one in plan.rounds[0].workshops] == ["zorgmijders", "w2"]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (HEAD + "      - title: Zorgmijders\n", 7, "is there twice"),
        (HEAD + "      - {title: B, capacity: 0}\n", 7, "not a whole number of 1 or more"),
        (HEAD + "      - {room: zaal 1}\n", 7, "a workshop lacks 'title'"),
        (HEAD + "  - {name: Ronde 2, workshops: []}\n", 7, "a round has no workshops"),
        (
            HEAD + "  - {name: R2, from: 11.00, to: 12.00, workshops: [{title: x}]}\n",
            7,
            "'R2' begins before 'Ronde 1' ends",
        ),
        (HEAD.replace("11.30", "9.30"), 4, "the end is not after the start"),
        (HEAD.replace('from: "10.30"', "until: x"), 3, "unknown field 'until'"),
        ("speakers: [{name: A, address: geen adres, title: T}]", 1, "geen adres"),
        ("speakers: [{name: A, title: T}]", 1, "a speaker lacks 'address'"),
        (
            "speakers:\n - {name: A, address: a@b.example, title: T}\n"
            " - {name: A, address: A@b.example, title: U}\n",
            3,
            "speaks twice",
        ),
        ("ronde: []", 1, "unknown field 'ronde'"),
        ("rounds: 3", 1, "rounds should be a list"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text: str, line: int, words: str) -> None:
    said = wrong(text)
    assert any(words in one and f"p.yaml:{line}" in one for one in said), said


def test_an_empty_file_is_refused() -> None:
    assert "holds no programme" in wrong("")[0]


def test_more_rounds_than_a_mail_can_name_are_refused() -> None:
    rounds = "".join(f"  - {{name: R{n}, workshops: [{{title: x}}]}}\n" for n in range(9))
    assert "more than 8 rounds" in wrong(f"rounds:\n{rounds}")[0]


def test_two_speakers_are_equal_wherever_they_stand() -> None:
    assert SpeakerPlan("A", "a@b.example", "T", line=3) == SpeakerPlan("A", "a@b.example", "T")
