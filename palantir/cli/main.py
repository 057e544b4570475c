"""Finding the command, and turning exceptions into one line and an exit code.

0 done; 1 an error, in one line on standard error; 2 wrong usage, in one line too; 130 interrupted,
143 terminated, 129 hung up: 128 and the signal's number.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from importlib import import_module

import click

from palantir.cli.signals import Stopped, stopping_cleanly
from palantir.errors import PalantirError

__all__ = ["main"]

_COMMANDS = {
    "schedule": "choose the anchor patches of a segment and write its cache profile",
    "enhance": "super-resolve a segment with its cache profile",
    "inspect": "show what a profile, a segment or a model holds",
    "encode": "make a low-resolution VP9 stream from a high-resolution clip",
    "quantize": "make an int8 network, calibrated on patches of a stream",
    "train": "fit a network to clips, and write it as ONNX",
    "fit-filters": "fit filters for the plain upscaler to clips, and attach them to a network",
    "quality": "measure PSNR and SSIM of a video against its reference",
    "evaluate": "compare networks, selectors, budgets and reuse modes on clips of your own",
    "study": "repeat an experiment of the paper on streams of your own",
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
        command: click.Command = import_module(f"palantir.cli.{cmd_name.replace('-', '_')}").command
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
    invoke_without_command=True,
    epilog="Each command tells more: palantir schedule --help",
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_print_version,
    help="Print the version and exit.",
)  # fmt: skip
@click.pass_context
def _palantir(ctx: click.Context) -> None:
    """Patch-level super-resolution of low-resolution VP9 video."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help(), err=True)
        ctx.exit(2)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit; `arguments` default to the process's own."""
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors == "strict":
        sys.stdout.reconfigure(errors="backslashreplace")  # a file's name may be no UTF-8
    try:
        with stopping_cleanly():
            words = sys.argv[1:] if arguments is None else arguments
            code = _palantir.main(words, prog_name="palantir", standalone_mode=False, obj=words)
    except Stopped as stopped:
        code = _complain(str(stopped), stopped.exit_code)
    except (click.Abort, KeyboardInterrupt):
        code = _complain("interrupted", 130)
    except click.ClickException as error:
        code = _complain(_usage(error), error.exit_code)
    except PalantirError as error:
        code = _complain(str(error))
    except ImportError as error:
        code = _complain(f"{error} (palantir doctor tells more)")
    except MemoryError:
        code = _complain("out of memory")
    except OSError as error:  # files' errors are PalantirError; click ends a broken pipe quietly
        code = _complain(f"{error.filename or 'standard output'}: {error.strerror or error}")
    sys.exit(code or 0)


def _complain(message: str, code: int = 1) -> int:
    """Print one line, whatever characters a file's name brings; return the exit code."""
    shown = (c if c.isprintable() else c.encode("unicode_escape").decode() for c in message)
    click.echo(f"palantir: {''.join(shown)}", err=True)
    return code


def _usage(error: click.ClickException) -> str:
    context = getattr(error, "ctx", None)
    asking = f"{context.command_path} --help" if context else "palantir --help"
    return f"{error.format_message().rstrip('.')}; see {asking}"
