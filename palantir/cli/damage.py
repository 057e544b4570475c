"""`--keep-going`: packets that cannot be decoded are left out and counted."""

from __future__ import annotations

import click

from palantir.errors import BitstreamError

__all__ = ["Damage", "keep_going_option"]

keep_going_option = click.option(
    "--keep-going",
    is_flag=True,
    help="Leave out packets that cannot be decoded, instead of stopping at the first.",
)


class Damage:
    """The packets of one segment that could not be decoded."""

    def __init__(self) -> None:
        self.packets = 0
        self._first = ""

    def __call__(self, error: BitstreamError) -> None:
        """Count one more."""
        self._first = self._first or str(error)
        self.packets += 1

    def tell(self) -> None:
        """Say so in one line on standard error, if there were any."""
        if self.packets:
            plural = "s" if self.packets > 1 else ""
            click.echo(
                f"palantir: left out {self.packets} packet{plural}; first {self._first}", err=True
            )
