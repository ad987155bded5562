"""The rules by which mail becomes due, read from ``config/rules.yaml``.

*Reads*: the rules file. *Writes*: nothing. *Next*: ``planning/plan.py`` applies them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from pathlib import Path

from dateutil.rrule import rrule, rrulestr
from ruamel.yaml.nodes import Node, ScalarNode

from var_outreach.errors import ConfigError, InputError, RowErrors
from var_outreach.planning.mail_kinds import MailKind
from var_outreach.yaml_nodes import Reading

EVENT_STEPS = (
    MailKind.SAVE_THE_DATE,
    MailKind.INVITATION,
    MailKind.REMINDER,
    MailKind.PARTICIPANT_REMINDER,
    MailKind.LOOK_BACK,
)
"""What goes out around an event because of its date, in order."""
CHANGE_STEPS = (MailKind.UPDATE, MailKind.CANCELLATION)
"""What goes out because somebody changed an event."""

SPEAKER_STEPS = (MailKind.SPEAKER_REQUEST, MailKind.SPEAKER_REMINDER, MailKind.SPEAKER_THANKS)
"""What goes to who speaks; a rules file that does not name one leaves it out."""
AFTER = frozenset({MailKind.LOOK_BACK, MailKind.SPEAKER_THANKS})
"""The kinds that come after the event."""

COUNTED_FROM = date(2001, 1, 1)
"""The day from which a cadence counts: the same for whatever period is asked, and a Monday."""
FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")

_TIME = re.compile(r"([01]?\d|2[0-3])[.:]([0-5]\d)\Z")


class Release(StrEnum):
    """Who lets a mailing go."""

    STAFF = "staff"
    AUTOMATIC = "automatic"


@dataclass(frozen=True)
class Step:
    """When one kind of mail goes out around an event."""

    days: int
    """Days from the event: negative before it, positive after its last day."""
    at: time
    window: timedelta
    release: Release


@dataclass(frozen=True)
class KindRules:
    """What holds for one kind of event."""

    audience_key: str
    steps: Mapping[MailKind, Step]
    early_registration: bool = False
    answer_days_before: int = 14


@dataclass(frozen=True)
class NewsletterRules:
    """When an issue goes out and what it holds."""

    cadence: str
    at: time
    working_days_only: bool
    window: timedelta
    draft_days: int
    audience_key: str
    news_days: int
    max_items: int
    agenda_days: int
    release: Release

    def dates(self, first: date, last: date) -> list[date]:
        """Return the local dates of the cadence from ``first`` to ``last``, both included.

        The rule is counted from one fixed day, so that the answer for a date does not depend on
        the period that is asked for, with an INTERVAL either (RFC 5545 3.3.10).
        """
        rule = _rrule(self.cadence)
        found = rule.between(
            datetime.combine(first, time.min), datetime.combine(last, time.max), inc=True
        )
        return [moment.date() for moment in found]


@dataclass(frozen=True)
class Rules:
    """All rules of one installation."""

    kinds: Mapping[str, KindRules]
    default: KindRules
    newsletter: NewsletterRules
    draft_days: int = 5
    source: str = field(default="", compare=False)

    def of_kind(self, kind: str) -> KindRules:
        """Return the rules of ``kind``, the general ones if it has none of its own."""
        return self.kinds.get(kind, self.default)


def load_rules(path: Path) -> Rules:
    """Read the rules file; raises ConfigError with file, line and what to do."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"the rules cannot be read ({error})", where=str(path), remedy="Save them as UTF-8 text"
        ) from error
    try:
        return _Reader(str(path)).rules(text)
    except ConfigError:
        raise
    except RowErrors as error:
        every = "".join(f"\n  {row}" for row in error.rows)
        raise ConfigError(
            f"{error.what}:{every}\n", where=error.where, remedy=error.remedy
        ) from error
    except InputError as error:
        raise ConfigError(error.what, where=error.where, remedy=error.remedy) from error


class _Reader:
    """One reading of the rules file."""

    def __init__(self, name: str) -> None:
        self._in = Reading(name)

    def rules(self, text: str) -> Rules:
        root = self._in.compose(text)
        if root is None:
            raise ConfigError("the rules file is empty", where=self._in.name, remedy="Restore it")
        top = self._in.mapping(
            root, "the file", ("mail", "answer_days_before", "draft_days", "kinds", "newsletter")
        )
        for needed in ("mail", "newsletter"):
            if needed not in top:
                self._in.wrong(root, f"there is no '{needed}'", "Add it as in the shipped file")
        self._in.finish()
        answer_days = self._number(top, "answer_days_before", 14)
        draft_days = self._number(top, "draft_days", 5)
        steps = self._steps(top["mail"], {})
        for kind in (*EVENT_STEPS, *CHANGE_STEPS):
            if kind not in steps:
                self._in.wrong(top["mail"], f"there is no rule for '{kind}'", "Add it")
        default = KindRules("alle-functies", steps, answer_days_before=answer_days)
        kinds = self._kinds(top["kinds"], default) if "kinds" in top else {}
        newsletter = self._newsletter(top["newsletter"])
        self._in.finish()
        assert newsletter is not None
        return Rules(kinds, default, newsletter, draft_days, source=self._in.name)

    def _kinds(self, node: Node, default: KindRules) -> dict[str, KindRules]:
        found = {}
        for name, value in self._in.mapping(node, "kinds", ()).items():
            fields = self._in.mapping(
                value, name, ("audience", "mail", "early_registration", "answer_days_before")
            )
            rules = default
            if "audience" in fields:
                key = self._in.text(fields["audience"], "audience")
                rules = replace(rules, audience_key=key or default.audience_key)
            if "early_registration" in fields:
                rules = replace(
                    rules, early_registration=self._yes(fields["early_registration"], "early")
                )
            if "mail" in fields:
                rules = replace(rules, steps=self._steps(fields["mail"], default.steps))
            days = self._number(fields, "answer_days_before", default.answer_days_before)
            found[name] = replace(rules, answer_days_before=days)
        return found

    def _steps(self, node: Node, base: Mapping[MailKind, Step]) -> dict[MailKind, Step]:
        steps = dict(base)
        allowed = [kind.value for kind in (*EVENT_STEPS, *CHANGE_STEPS, *SPEAKER_STEPS)]
        for name, value in self._in.mapping(node, "mail", allowed).items():
            kind = MailKind(name)
            if isinstance(value, ScalarNode) and value.value in {"no", "false", "nee"}:
                steps.pop(kind, None)
                continue
            step = self._step(value, name, steps.get(kind))
            if step is not None:
                steps[kind] = step
        return steps

    def _step(self, node: Node, name: str, base: Step | None) -> Step | None:
        fields = self._in.mapping(node, name, _fields_of(MailKind(name)))
        days = base.days if base else 0
        if "days_before" in fields:
            days = -(self._in.whole(fields["days_before"], "days_before", 0) or 0)
        if "days_after" in fields:
            days = self._in.whole(fields["days_after"], "days_after", 0) or 0
        at = self._time(fields["at"]) if "at" in fields else (base.at if base else time(9))
        release = base.release if base else Release.STAFF
        if "release" in fields:
            release = self._release(fields["release"])
        window = base.window if base else timedelta(days=7)
        if "window_days" in fields:
            window = timedelta(days=self._in.whole(fields["window_days"], "window_days") or 1)
        return Step(days=days, at=at, window=window, release=release)

    def _newsletter(self, node: Node) -> NewsletterRules | None:
        fields = self._in.mapping(node, "newsletter", _NEWSLETTER)
        if "cadence" not in fields:
            self._in.wrong(
                node, "the newsletter has no cadence", 'Add cadence: "FREQ=MONTHLY;BYDAY=1TU"'
            )
            return None
        cadence = self._in.text(fields["cadence"], "cadence") or ""
        try:
            _rrule(cadence)
        except (ValueError, TypeError, KeyError) as error:
            self._in.wrong(
                fields["cadence"],
                f"'{cadence}' is not a recurrence rule ({error})",
                "Use one like FREQ=MONTHLY;BYDAY=1TU (RFC 5545 3.3.10)",
            )
            return None
        return NewsletterRules(
            cadence=cadence,
            at=self._time(fields["at"]) if "at" in fields else time(9),
            working_days_only=self._flag(fields, "working_days_only", True),
            window=timedelta(days=self._number(fields, "window_days", 5)),
            draft_days=self._number(fields, "draft_days", 5),
            audience_key=self._word(fields, "audience", "nieuwsbrief"),
            news_days=self._number(fields, "news_days", 62),
            max_items=self._number(fields, "max_items", 12),
            agenda_days=self._number(fields, "agenda_days", 120),
            release=self._release(fields["release"]) if "release" in fields else Release.STAFF,
        )

    def _number(self, fields: Mapping[str, Node], name: str, default: int) -> int:
        if name not in fields:
            return default
        return self._in.whole(fields[name], name) or default

    def _word(self, fields: Mapping[str, Node], name: str, default: str) -> str:
        return (self._in.text(fields[name], name) or default) if name in fields else default

    def _flag(self, fields: Mapping[str, Node], name: str, default: bool) -> bool:
        return self._yes(fields[name], name) if name in fields else default

    def _yes(self, node: Node, name: str) -> bool:
        word = self._in.choice(node, name, ("true", "false", "yes", "no", "ja", "nee"))
        return word in {"true", "yes", "ja"}

    def _release(self, node: Node) -> Release:
        word = self._in.choice(node, "release", [release.value for release in Release])
        return Release(word or Release.STAFF)

    def _time(self, node: Node) -> time:
        word = self._in.text(node, "at") or ""
        found = _TIME.match(word)
        if found is None:
            self._in.wrong(node, f"'{word}' is not a time", 'Write it like "9.00" or "13.30"')
            return time(9)
        return time(int(found.group(1)), int(found.group(2)))


def _fields_of(kind: MailKind) -> tuple[str, ...]:
    """Return what a rule for ``kind`` may say: a reminder comes before, a look-back after."""
    if kind in CHANGE_STEPS:
        return ("window_days", "release")
    day = "days_after" if kind in AFTER else "days_before"
    if kind is MailKind.SPEAKER_REQUEST:
        return (day, "at", "release")  # it is of use until the event begins
    return (day, "at", "window_days", "release")


_NEWSLETTER = (
    "cadence",
    "at",
    "working_days_only",
    "window_days",
    "draft_days",
    "audience",
    "news_days",
    "max_items",
    "agenda_days",
    "release",
)


@lru_cache(maxsize=8)
def _rrule(cadence: str) -> rrule:
    parts = dict(part.partition("=")[::2] for part in cadence.upper().split(";"))
    if parts.get("FREQ", parts.get("RRULE:FREQ")) not in FREQUENCIES:
        raise ValueError(f"FREQ is one of {', '.join(FREQUENCIES)}")
    if "COUNT" in parts:
        raise ValueError("a newsletter that ends after COUNT issues ended long ago")
    if any(name.startswith(("BYHOUR", "BYMINUTE", "BYSECOND")) for name in parts):
        raise ValueError("the hour stands in 'at'")
    # Kept with the dates it has found: every tick asks again, counted from years ago.
    rule = rrulestr(cadence, dtstart=datetime.combine(COUNTED_FROM, time.min), cache=True)
    if not isinstance(rule, rrule):
        raise ValueError("only one rule, without dates besides")
    return rule
