"""Which files the repository holds, with git and without.

*Reads*: the tree around this file. *Writes*: nothing. *Next*: the tests of this folder look into
each file.
"""

from __future__ import annotations

import shutil
import subprocess
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "var_outreach"

_MADE_HERE = frozenset(
    {".git", ".hypothesis", ".venv", "__pycache__", "demo", "dist", "node_modules", "var"}
)
_NOT_TEXT = frozenset({".gif", ".ico", ".jpg", ".mo", ".png", ".webp", ".woff2", ".zip"})


@lru_cache(maxsize=1)
def tree_files() -> tuple[Path, ...]:
    """Return the files that are, or will be, committed; outside git all that nobody generated."""
    listed = _listed_by_git()
    if listed is None:
        listed = [path for path in ROOT.rglob("*") if not _is_made_here(path)]
    return tuple(sorted(path for path in listed if path.is_file()))


@lru_cache(maxsize=1)
def tree_texts() -> dict[str, str]:
    """Return the text files of the tree by their path below its top."""
    return {
        path.relative_to(ROOT).as_posix(): path.read_text("utf-8", errors="replace")
        for path in tree_files()
        if path.suffix.lower() not in _NOT_TEXT
    }


def _listed_by_git() -> list[Path] | None:
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        return None
    done = subprocess.run(
        [git, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if done.returncode:  # for one: a checkout that belongs to another user
        return None
    return [ROOT / name for name in done.stdout.decode().split("\0") if name]


def _is_made_here(path: Path) -> bool:
    parts = path.relative_to(ROOT).parts
    return any(part in _MADE_HERE or part.endswith("_cache") for part in parts)
