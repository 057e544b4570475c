"""`palantir fit-filters`: filters for the plain upscaler, attached to a network."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from palantir.cli.options import (
    check_output,
    file_argument,
    file_option,
    json_option,
    output_option,
    progress_option,
)
from palantir.cli.printing import print_json
from palantir.cli.progress import progress_bar
from palantir.errors import ModelError

if TYPE_CHECKING:
    from palantir.train.dataset import Source
    from palantir.train.filters import FilterFit

_EXAMPLES = """\b
Examples:
  palantir fit-filters clip_1080p.mp4 --model net.onnx -o clip.onnx
  palantir fit-filters clip.mp4 --model net.onnx -o clip.onnx --first 300 --last 599
  palantir enhance segment.webm --model clip.onnx -o sr.mp4
"""


@click.command("fit-filters", epilog=_EXAMPLES)
@file_argument("clips", nargs=-1, required=True)
@file_option("--model", "Network that the filters go with, ONNX.", required=True)
@output_option("-o", "--output", required=True, help="ONNX file to write: the network with them.")
@click.option("--first", type=click.IntRange(0, 10**6), default=0, help="First frame [0].")
@click.option("--last", type=click.IntRange(0, 10**6), help="Last frame [the clip's].")
@json_option
@progress_option
def command(
    clips: tuple[str, ...],
    model: str,
    output: str,
    first: int,
    last: int | None,
    as_json: bool,
    progress: bool | None,
) -> None:
    """Fit filters for the plain upscaler to HR CLIPS, and attach them to a network.

    LR is made as palantir encode does. The last 6 frames of each clip are not learnt from: the
    gain printed is theirs, and where it is below 0.02 dB, nothing is written. palantir train does
    the same for the networks it makes.
    """
    from palantir.files import atomic_write, check_target
    from palantir.models.filter_bank import attach
    from palantir.models.network import read_model
    from palantir.train.dataset import Source
    from palantir.train.filters import LEAST_GAIN, FilterFit

    if last is not None and last < first:
        raise click.UsageError(f"--last {last} is before --first {first}")
    check_output(output, *clips, model)
    check_target(output)
    sources = [Source(Path(clip), first, last) for clip in clips]
    fitting = FilterFit(scale := _scale(model))
    frames = _fit(fitting, sources, scale, progress)
    filters = fitting.judged()
    if not filters.kept:
        raise ModelError(
            f"the filters would win {filters.gain:+.3f} dB over the plain upscaler on frames not "
            f"fitted on, less than {LEAST_GAIN} dB; nothing is written"
        )
    told = f"{filters.gain:+.3f} dB over the plain upscaler on {', '.join(frames)}, not fitted on"
    atomic_write(output, attach(read_model(Path(model)), filters.bank, model, told))
    if as_json:
        size = Path(output).stat().st_size
        print_json({"output": output, "bytes": size, "gain": filters.gain, "frames": frames})
    else:
        click.echo(f"{output}: filters win {told}")


def _scale(model: str) -> int:
    """Of the network in a file. Raises ModelError for one that cannot be given filters."""
    from palantir.models import SRNetwork

    network = SRNetwork.load(model)
    if network.filters is not None:
        raise ModelError(f"{model}: has filters already")
    if network.scale == 1:
        raise ModelError(f"{model}: scales by 1; there is nothing to upscale")
    return network.scale


def _fit(fitting: FilterFit, sources: list[Source], scale: int, progress: bool | None) -> list[str]:
    """Fit to all clips; the frames that judge."""
    from palantir.train.dataset import HOLDOUT, code_clip

    judging = []
    with TemporaryDirectory() as folder, progress_bar("clips", len(sources), progress) as report:
        for done, source in enumerate(sources, 1):
            clip = code_clip(source, scale, (1.0,), Path(folder))
            for frames in clip.frames():
                fitting.add(*clip.luma(frames))
            first = source.first + fitting.end_clip(source.path.name)
            judging.append(f"{source.path.name} frames {first}..{first + HOLDOUT - 1}")
            report(done)
    return judging
