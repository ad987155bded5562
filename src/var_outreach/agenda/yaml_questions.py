"""An event's own questions, as they are written under ``questions:`` in a YAML calendar.

*Reads*: YAML nodes. *Writes*: nothing. *Next*: ``entry_fields`` makes the event's fields of them.

An item is the name of a question that we know (``dieet``), or a mapping with at least a ``key``::

    questions:
      - dieet
      - kenteken
      - key: borrel
        label: Blijft u bij de borrel?
        kind: yesno
        required: true
"""

from __future__ import annotations

import re
from dataclasses import replace
from difflib import get_close_matches

from ruamel.yaml.nodes import MappingNode, Node, ScalarNode

from var_outreach.agenda.questions import BUILT_IN, DIET, DIET_WORDS, Question, QuestionKind
from var_outreach.yaml_nodes import Reading

MOST_QUESTIONS = 10
MOST_OPTIONS = 12
LONGEST_LABEL = 150
LONGEST_OPTION = 80
_FIELDS = ("key", "label", "label_en", "kind", "options", "required")
_KEY = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_LONGEST_KEY = 40


def read_questions(reading: Reading, node: Node) -> tuple[Question, ...]:
    """Return the questions under ``questions:``; what is wrong is noted in ``reading``."""
    found: list[Question] = []
    items = [node] if isinstance(node, ScalarNode) else list(reading.items(node, "questions"))
    for item in items:
        question = _question(reading, item)
        if question is None:
            continue
        if question.key in {other.key for other in found}:
            reading.wrong(
                item, f"the question '{question.key}' is there twice", "Give it its own 'key:'"
            )
        found.append(question)
    if len(found) > MOST_QUESTIONS:
        reading.wrong(
            node, f"there are more than {MOST_QUESTIONS} questions", "Ask what you need, no more"
        )
    return tuple(found)


def _question(reading: Reading, node: Node) -> Question | None:
    if not isinstance(node, MappingNode):
        return _by_name(reading, node)
    fields = reading.mapping(node, "a question", _FIELDS)
    key = reading.text(fields["key"], "key") if "key" in fields else None
    if key is None:
        if fields:
            reading.wrong(node, "a question lacks 'key'", "Add 'key:', a short name in lowercase")
        return None
    if not _KEY.fullmatch(key) or len(key) > _LONGEST_KEY:
        reading.wrong(
            fields["key"],
            f"'{key}' is no key: up to {_LONGEST_KEY} lowercase letters, digits and hyphens",
            "For example: key: borrel",
        )
        return None
    if key in DIET_WORDS:
        reading.wrong(node, "the diet is asked in its own way", f"Write just '- {DIET}'")
        return None
    known = BUILT_IN.get(key, Question(key, ""))
    label = _label(reading, fields, "label") or known.label
    if not label:
        reading.wrong(node, f"the question '{key}' lacks 'label'", "Add 'label:', the question")
        return None
    kind, options = _kind(reading, node, fields, key)
    required = False
    if "required" in fields:
        required = reading.choice(fields["required"], "required", ("true", "false")) == "true"
    # An English label of ours belongs to our Dutch one.
    english = known.label_en if label == known.label else ""
    return replace(
        known,
        label=label,
        label_en=_label(reading, fields, "label_en") or english,
        kind=kind,
        options=options,
        required=required,
    )


def _by_name(reading: Reading, node: Node) -> Question | None:
    name = reading.text(node, "a question")
    if name is None:
        return None
    folded = name.casefold()
    if folded in DIET_WORDS:
        return BUILT_IN[DIET]
    if folded not in BUILT_IN:
        near = get_close_matches(folded, BUILT_IN, n=1)
        hint = f"Did you mean '{near[0]}'?" if near else f"By name: {', '.join(BUILT_IN)}"
        reading.wrong(
            node,
            f"the question '{name}' is not known",
            f"{hint}; a question of your own has 'key:' and 'label:'",
        )
        return None
    return BUILT_IN[folded]


def _label(reading: Reading, fields: dict[str, Node], name: str) -> str:
    text = (reading.text(fields[name], name) or "") if name in fields else ""
    if len(text) > LONGEST_LABEL:
        reading.wrong(fields[name], f"'{name}' is longer than {LONGEST_LABEL} characters")
    return text


def _kind(
    reading: Reading, node: Node, fields: dict[str, Node], key: str
) -> tuple[QuestionKind, tuple[str, ...]]:
    kinds = [one.value for one in QuestionKind]
    # Whoever gives options without a kind means a choice between them.
    said = QuestionKind.CHOICE if "options" in fields else QuestionKind.TEXT
    if "kind" in fields:
        named = reading.choice(fields["kind"], "kind", kinds)
        if named not in kinds:
            return said, ()
        said = QuestionKind(named)
    options = reading.texts(fields["options"], "options") if "options" in fields else ()
    if said is not QuestionKind.CHOICE:
        if options:
            reading.wrong(
                fields["options"], f"a question of kind '{said.value}' has no options",
                "Write 'kind: choice', or leave the options out",
            )  # fmt: skip
        return said, ()
    if not 2 <= len(set(options)) <= MOST_OPTIONS or len(set(options)) != len(options):
        reading.wrong(
            fields.get("options", node),
            f"the question '{key}' needs 2 to {MOST_OPTIONS} different options",
            "For example: options: [auto, trein]",
        )
    if too_long := [one for one in options if len(one) > LONGEST_OPTION]:
        reading.wrong(
            fields["options"], f"an option is longer than {LONGEST_OPTION} characters: "
            f"'{too_long[0][:30]}...'",
        )  # fmt: skip
    return said, options
