"""Measures what a recipient costs: splicing into a prepared variant against building a message.

*Reads*: nothing. *Writes*: two durations and their ratio to standard output. *Next*: nothing.
Both are measured in the same run, for only the ratio holds on another machine:
``python benchmarks/bench_splice.py``.
"""

from __future__ import annotations

import html
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from var_outreach.composing.content import Variant, fill_places, place
from var_outreach.composing.mime import MessageHead, SenderFacts, prepare

NAMES = ("name", "answer_url", "preferences_url", "unsubscribe_url", "my_page_url")
PLACES = 20
HTML_OCTETS = 60_000


def sample_variant() -> Variant:
    """Return a newsletter of 60 kB with 20 places."""
    row = '<td style="padding:8px 0;color:#1a1a1a">Nieuws over de reünie in de wijk</td>\n'
    block = row * (HTML_OCTETS // PLACES // len(row.encode()))
    names = [NAMES[at % len(NAMES)] for at in range(PLACES)]
    markup = "".join(f'{block}<a href="{place(name)}">hier</a>\n' for name in names)
    text = "".join(f"Nieuws over de reünie in de wijk: {place(name)}\n" for name in names)
    return Variant("nl", "nl", "Nieuwsbrief van het netwerk", text, markup)


def sample_values(number: int) -> dict[str, str]:
    """Return what is filled in for recipient ``number``."""
    links = {n: f"https://agenda.netwerk.example/{n}/{number:026d}?taal=nl" for n in NAMES[1:]}
    return {"name": f"Lezer {number}", **links}


def seconds_each(work: Callable[[int], bytes], rounds: int) -> float:
    """Return the shortest of five means over ``rounds`` calls."""
    means = []
    for _ in range(5):
        start = time.perf_counter()
        for number in range(rounds):
            work(number)
        means.append((time.perf_counter() - start) / rounds)
    return min(means)


def main() -> None:
    """Measure both and print them."""
    content = sample_variant()
    sender = SenderFacts("Netwerk", "nieuws@netwerk.example", "nieuws.netwerk.example")
    prepared = prepare(content, sender)
    dated_at = datetime(2025, 3, 1, 9, 0, tzinfo=UTC)

    def splice(number: int) -> bytes:
        values = sample_values(number)
        head = MessageHead(
            f"Lezer {number}",
            f"lezer{number}@maasstad.example",
            f"<{number}@netwerk.example>",
            dated_at,
            unsubscribe_url=values["unsubscribe_url"],
            token=f"{number:026d}",
        )
        return prepared.assemble(head, values)

    def build(number: int) -> bytes:
        values = sample_values(number)
        message = EmailMessage(policy=SMTP)
        message["From"] = "Netwerk <nieuws@netwerk.example>"
        message["To"] = f"Lezer {number} <lezer{number}@maasstad.example>"
        message["Subject"] = content.subject
        message["Date"] = format_datetime(dated_at)
        message["Message-ID"] = f"<{number}@netwerk.example>"
        message.set_content(fill_places(content.text, values), cte="quoted-printable")
        escaped = {name: html.escape(value) for name, value in values.items()}
        message.add_alternative(
            fill_places(content.html, escaped), subtype="html", cte="quoted-printable"
        )
        return message.as_bytes()

    splicing, building = seconds_each(splice, 2_000), seconds_each(build, 20)
    print(f"html of {prepared.html_octets / 1000:.0f} kB encoded, {PLACES} places")
    print(f"splice        {splicing * 1e6:9.1f} us a message")
    print(f"EmailMessage  {building * 1e6:9.1f} us a message")
    print(f"ratio         {building / splicing:9.0f}")


if __name__ == "__main__":
    main()
