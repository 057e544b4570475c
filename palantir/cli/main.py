"""Finding the command, and turning exceptions into one line and an exit code.

0 done; 1 an error of ours, in one line on standard error; 2 wrong usage; 130 interrupted.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module

import click

from palantir.errors import PalantirError

__all__ = ["main"]

_COMMANDS = {
    "schedule": "choose the anchor patches of a segment and write its cache profile",
    "enhance": "super-resolve a segment with its cache profile",
    "inspect": "show what a profile, a segment or a model holds",
    "encode": "make a low-resolution VP9 stream from a high-resolution clip",
    "quality": "measure PSNR and SSIM of a video against its reference",
    "doctor": "check the installation",
    "demo": "run the whole chain on a real clip and tabulate the result",
}


class _LazyGroup(click.Group):
    """Imports a command's module when it is called: scheduling must not load a network runtime."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = import_module(f"palantir.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


def _print_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        import palantir

        click.echo(f"palantir {palantir.__version__}")
        ctx.exit()


@click.group(
    cls=_LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Each command tells more: palantir schedule --help",
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_print_version,
    help="Print the version and exit.",
)  # fmt: skip
def _palantir() -> None:
    """Patch-level super-resolution of low-resolution VP9 video."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit; `arguments` default to the process's own."""
    try:
        code = _palantir.main(arguments, prog_name="palantir", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except PalantirError as error:
        click.echo(f"palantir: {error}", err=True)
        sys.exit(1)
    except (click.Abort, KeyboardInterrupt):
        click.echo("palantir: interrupted", err=True)
        sys.exit(130)
    sys.exit(code or 0)
