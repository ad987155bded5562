"""Ticks in child processes, so that a test can kill one: ``python -m tests.story.driver``.

Reads one JSON object a line: what to do (tick, or dispatch alone), database, port, folder, now,
connections. Forks, prints the child's number, waits for its end and prints how it ended. What takes
long, importing, is done once.
"""

from __future__ import annotations

import json
import os
import sys
from datetime import datetime
from pathlib import Path

from tests.story.scene import Story, read_files
from tests.story.sink import Sink
from var_outreach import pipeline
from var_outreach.clock import MovableClock
from var_outreach.storage.engine import Database


def act(order: dict[str, object]) -> None:
    """Do what is due, as a process of the service does."""
    story = Story(
        Database(str(order["database"])),
        MovableClock(datetime.fromisoformat(str(order["now"]))),
        Sink(port=int(str(order["port"]))),
        Path(str(order["folder"])),
        connections=int(str(order["connections"])),
    )
    app, report = story.start(), pipeline.TickReport()
    if order["do"] == "dispatch":
        pipeline.dispatch_mailings(app, report)
    else:
        report = pipeline.tick(app)
    assert not report.failed, report.failed


def main() -> None:
    """Serve until standard input is closed."""
    read_files()
    print("ready", flush=True)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            status = 1
            try:
                act(json.loads(line))
                status = 0
            finally:
                sys.stderr.flush()
                os._exit(status)
        print(child, flush=True)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
