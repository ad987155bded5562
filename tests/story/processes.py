"""Starts, kills and awaits processes that tick."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.story.scene import Story

ROOT = Path(__file__).resolve().parents[2]


class Driver:
    """A program that ticks in one child process at a time."""

    def __init__(self) -> None:
        path = os.pathsep.join((str(ROOT / "src"), str(ROOT)))
        self._program = subprocess.Popen(
            [sys.executable, "-m", "tests.story.driver"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": path},
            cwd=ROOT,
        )
        self._is_ready = False

    def start(self, story: Story, do: str = "tick") -> int:
        """Start a tick of ``story``, or its dispatch, in a process; return its number."""
        if not self._is_ready:
            assert self._line() == "ready"
            self._is_ready = True
        order = {
            "do": do,
            "database": story.database.url.render_as_string(hide_password=False),
            "now": story.clock.now().isoformat(),
            "port": story.sink.port,
            "folder": str(story.folder),
            "connections": story.connections,
        }
        assert self._program.stdin is not None
        self._program.stdin.write(json.dumps(order) + "\n")
        self._program.stdin.flush()
        return int(self._line())

    def ended(self) -> int:
        """Wait for the end; return the exit code, -9 for a kill."""
        return int(self._line())

    def kill(self, child: int) -> bool:
        """Kill the process ``child`` at once; return whether it still ran."""
        os.kill(child, signal.SIGKILL)
        return self.ended() == -signal.SIGKILL

    def close(self) -> None:
        """End the program."""
        assert self._program.stdin is not None
        assert self._program.stdout is not None
        self._program.stdin.close()
        self._program.wait(10)
        self._program.stdout.close()

    def _line(self) -> str:
        assert self._program.stdout is not None
        line = self._program.stdout.readline()
        assert line, "the driver ended"
        return line.strip()
