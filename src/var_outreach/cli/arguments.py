"""Arguments that many commands take.

*Reads*: nothing. *Writes*: nothing. *Next*: every group of commands.
"""

from __future__ import annotations

from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
By = Annotated[str | None, typer.Option(help="In whose name; default the login.")]
