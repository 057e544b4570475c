"""`palantir study halo`: what patches lose with less surroundings, and what they save."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from palantir.cli.options import (
    file_argument,
    file_option,
    grid_option,
    json_option,
    progress_option,
)
from palantir.cli.printing import print_json, print_table
from palantir.cli.progress import progress_bar

if TYPE_CHECKING:
    from palantir.grid import PatchGrid

__all__ = ["halo"]

_EXAMPLES = """\b
Examples:
  palantir study halo segment.webm original.mp4 --model network.onnx
  palantir study halo segment.webm original.mp4 --halo 2 --halo 4 --halo 21 --json
"""


@click.command("halo", epilog=_EXAMPLES, short_help="What narrower surroundings of patches lose.")
@file_argument("segment")
@file_argument("original")
@file_option("--model", "Network, ONNX  [default: the shipped x4 network].")
@click.option(
    "--halo", "halos", metavar="PIXELS", type=click.IntRange(0, 4096), multiple=True,
    help="LR pixels about a patch; again for more  [default: 0, 1, 2, 3, 4, 6, 8].",
)  # fmt: skip
@click.option("--every", metavar="N", type=click.IntRange(1), default=12, show_default=True,
              help="Take every N-th displayed frame.")  # fmt: skip
@grid_option("Patches of a frame, rows x columns [8x14 on 854x480].")
@click.option("--model-threads", type=click.IntRange(0, 64), default=0,
              help="Threads of the network [one a core].")  # fmt: skip
@json_option
@progress_option
def halo(
    segment: str,
    original: str,
    model: str | None,
    halos: tuple[int, ...],
    every: int,
    grid: PatchGrid | None,
    model_threads: int,
    as_json: bool,
    progress: bool | None,
) -> None:
    """Enhance each patch of SEGMENT, a VP9 file, by itself, and measure it against ORIGINAL, in HR.

    The last row is whole frames: what patches with the network's whole receptive field give.
    """
    from palantir.evaluate import study_halo
    from palantir.media import VideoSource, probe
    from palantir.models import SRNetwork

    probe(original)  # a pipe would be waited for
    network, source = SRNetwork.load(model, threads=model_threads), VideoSource(segment)
    wanted = sorted(set(halos)) or [0, 1, 2, 3, 4, 6, 8]
    with progress_bar(source.path.name, source.frame_count, progress) as report:
        losses = study_halo(
            source, original, network, wanted, grid=grid, every=every, progress=report
        )
    if as_json:
        print_json({"radius": network.radius, "halos": [asdict(loss) for loss in losses]})
        return
    reach = "the whole frame" if network.radius is None else f"{network.radius} LR pixels about it"
    click.echo(f"{network.path}: a pixel depends on {reach}")
    whole = losses[-1].psnr_y
    print_table(
        ("halo", "cost", "PSNR-Y", "against\nwhole frames"),
        [
            (
                "whole frames" if loss.halo is None else str(loss.halo),
                f"{loss.cost:.2f}",
                f"{loss.psnr_y:.3f}",
                f"{loss.psnr_y - whole:+.3f}",
            )
            for loss in losses
        ],
    )
