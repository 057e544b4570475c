"""Arguments and options that several commands share, and their checks."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from palantir.errors import ScheduleError

if TYPE_CHECKING:
    from palantir.evaluate.question import GridWish
    from palantir.grid import PatchGrid

__all__ = [
    "by_clip",
    "check_output",
    "default_profile",
    "file_argument",
    "file_option",
    "grid_option",
    "grid_wish",
    "halo_option",
    "json_option",
    "max_size_option",
    "output_option",
    "parsed_by",
    "patch_option",
    "progress_option",
    "providers_option",
    "shares",
    "threads_option",
]

_Command = Callable[..., Any]
_Decorator = Callable[[_Command], _Command]

_LONGEST_SIDE = 65536  # pixels; VP9's own limit


class _FileName(click.Path):
    """A file's name. Whether it exists is the library's to find: its messages say more."""

    name = "file"

    def __init__(self, *, dash: bool = True) -> None:
        super().__init__()
        self._dash = dash

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not value:
            self.fail("a file's name cannot be empty", param, ctx)
        if value == "-" and not self._dash:
            self.fail("the result cannot go to standard output: name a file", param, ctx)
        return super().convert(value, param, ctx)


def file_argument(name: str, **settings: Any) -> _Decorator:
    """A file to read, by position; `settings` as click.argument takes them."""
    return click.argument(name, type=_FileName(), **settings)


def file_option(
    name: str,
    help: str,  # noqa: A002 - click's own word
    **settings: Any,
) -> _Decorator:
    """A further file to read; `settings` as click.option takes them."""
    return click.option(name, type=_FileName(), help=help, **settings)


def output_option(
    *names: str,
    help: str,  # noqa: A002 - click's own word
    dash: bool = False,
    **settings: Any,
) -> _Decorator:
    """A file to write; only with `dash` may it be "-", standard output."""
    return click.option(*names, type=_FileName(dash=dash), help=help, **settings)


def parsed_by(parse: Callable[[str], Any]) -> Callable[..., Any]:
    """A click callback: `parse` the text; what it refuses with ScheduleError is wrong usage."""

    def callback(ctx: click.Context, parameter: click.Parameter, text: str | None) -> Any:
        try:
            return None if text is None else parse(text)
        except ScheduleError as error:
            raise click.BadParameter(str(error), ctx, parameter) from None

    return callback


def _size(
    ctx: click.Context, parameter: click.Parameter, text: str | None
) -> tuple[int, int] | None:
    if text is None:
        return None
    match = re.fullmatch("([1-9][0-9]{0,4})[xX]([1-9][0-9]{0,4})", text)
    if match is None:
        raise click.BadParameter(f"{text!r} is not WIDTHxHEIGHT, such as 1920x1080", ctx, parameter)
    width, height = int(match[1]), int(match[2])
    if max(width, height) > _LONGEST_SIDE:
        raise click.BadParameter(f"{text} is beyond {_LONGEST_SIDE} pixels", ctx, parameter)
    return width, height


max_size_option = click.option(
    "--max-size",
    metavar="WxH",
    callback=_size,
    help="Refuse larger frames before taking memory for them  [default: the build's limit]",
)


def _parse_grid(text: str) -> PatchGrid:
    from palantir.grid import PatchGrid

    return PatchGrid.parse(text)


def grid_option(help: str) -> _Decorator:  # noqa: A002 - click's own word
    """`--grid ROWSxCOLUMNS`, a PatchGrid or None."""
    return click.option("--grid", metavar="RxC", callback=parsed_by(_parse_grid), help=help)


patch_option = click.option(
    "--patch",
    metavar="WxH",
    callback=_size,
    help="The grid instead by its patches' size in LR pixels.",
)


def grid_wish(grid: PatchGrid | None, patch: tuple[int, int] | None) -> GridWish:
    """What `--grid` and `--patch` ask for. Raises UsageError where both are given."""
    from palantir.evaluate.question import GridWish

    if grid and patch:
        raise click.UsageError("--grid and --patch both say how large patches are")
    return GridWish(grid, patch)


halo_option = click.option(
    "--halo",
    type=click.IntRange(0, 4096),
    metavar="PIXELS",
    is_eager=True,  # a budget depends on it
    help="LR pixels about its anchors that the network sees, too  [default: the network's own, "
    "which is its receptive field's radius, at most 4]",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
progress_option = click.option(
    "--progress/--no-progress",
    default=None,
    help="Show a progress bar; by default only on a terminal.",
)
providers_option = click.option(
    "--provider",
    "providers",
    metavar="NAME",
    multiple=True,
    default=("cpu",),
    show_default=True,
    help="What runs the network: cpu, cuda, ...; again for what takes over operators it lacks.",
)
threads_option = click.option(
    "--threads", type=click.IntRange(1, 64), default=1, show_default=True, help="Decoding threads."
)


def shares(_: click.Context, __: click.Parameter, texts: tuple[str, ...]) -> tuple[Fraction, ...]:
    """Shares or factors from text such as 1/60, 5% or 0.05."""
    values = []
    for text in texts:
        match = re.fullmatch(r"([0-9]{1,6}(?:/[1-9][0-9]{0,5}|\.[0-9]{1,6})?)(%)?", text)
        if match is None or not Fraction(match[1]):
            raise click.BadParameter(f"{text!r} is not of the form 1/60, 5% or 0.05")
        values.append(Fraction(match[1]) / (100 if match[2] else 1))
    return tuple(values)


def by_clip(_: click.Context, parameter: click.Parameter, texts: tuple[str, ...]) -> dict[str, int]:
    """Numbers from text such as 60 or bunny=25, by clip; "" is all others."""
    found = {}
    for text in texts:
        match = re.fullmatch(r"(?:(.+)=)?([0-9]{1,9})", text)
        if match is None:
            raise click.BadParameter(f"{text!r} is neither a number nor CLIP=NUMBER")
        number = found[match[1] or ""] = int(match[2])
        if parameter.name == "frames" and not number:
            raise click.BadParameter(f"{text!r} is no frame at all")
    return found


def check_output(output: str | Path, *inputs: str | Path | None) -> None:
    """Refuse, as wrong usage, an output that is one of the inputs, under whatever name."""
    for path in inputs:
        try:
            same = path is not None and Path(output).samefile(path)
        except OSError:  # one of them does not exist or cannot be looked at
            continue
        if same:
            raise click.UsageError(f"the output {output} would overwrite the input {path}")


def default_profile(segment: str) -> Path:
    """Where a segment's profile is unless the user says otherwise: beside it, as .pcp."""
    path = Path(segment)
    return path.with_suffix(".pcp") if path.name else path / ".pcp"  # a folder: refused later
