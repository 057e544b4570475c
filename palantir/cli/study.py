"""`palantir study`: experiments of the paper, on streams of one's own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from palantir.cli.options import (
    check_output,
    file_argument,
    json_option,
    output_option,
    progress_option,
    threads_option,
)
from palantir.cli.printing import print_json, print_table
from palantir.cli.progress import progress_bar
from palantir.cli.study_fidelity import fidelity
from palantir.cli.study_halo import halo
from palantir.cli.study_tiers import tiers

if TYPE_CHECKING:
    from palantir.evaluate import ReferenceStudy
    from palantir.media import VideoSource

_EXAMPLES = """\b
Examples:
  palantir study reference segment.webm
  palantir study halo segment.webm original.mp4 --model network.onnx
  palantir study tiers clip.mp4 --network l.onnx --light-network s.onnx --first 60 -o FOLDER
  palantir study fidelity clip.mp4 -o FOLDER
"""
_REFERENCE_EXAMPLES = """\b
Examples:
  palantir study reference segment.webm
  palantir study reference a.webm b.webm c.webm --plot degrees.png
  palantir study reference segment.webm --json

\b
The degree of reference of a pixel is how many pixels of later coded frames name it by
their motion vectors, compound prediction counting half; of a frame or block, the mean
over its pixels. CLES, the common language effect size: how likely a random member of
one group exceeds one of the other, 0.5 if there is no difference.
  key, alt-ref, normal   key frames; inter frames hidden, and shown, when decoded
  intra, inter           blocks of inter frames; intra anywhere: of all frames
"""


@click.group("study", epilog=_EXAMPLES, no_args_is_help=False)
def command() -> None:
    """Repeat an experiment of the paper (arXiv 2408.06152), or one of our own, on VP9 streams."""


@command.command("reference", epilog=_REFERENCE_EXAMPLES, short_help="What later frames refer to.")
@file_argument("segments", nargs=-1, required=True, metavar="SEGMENT...")
@output_option("--plot", help="Draw the groups, PNG; needs the extra palantir-sr[plots].")
@threads_option
@json_option
@progress_option
def _reference(
    segments: tuple[str, ...],
    plot: str | None,
    threads: int,
    as_json: bool,
    progress: bool | None,
) -> None:
    """Count how often later frames refer to the frames and blocks of each SEGMENT, a VP9 file."""
    from palantir.evaluate import ReferenceStudy
    from palantir.media.source import VideoSource

    if plot:
        _check_plot(plot, segments)
    sources = [VideoSource(segment) for segment in segments]
    studies = [_study(source, threads, progress) for source in sources]
    pooled = ReferenceStudy.pooled(studies)
    if plot:
        from palantir.evaluate.reference_plot import draw_study

        draw_study(pooled, plot)
    each = [
        {"segment": segment, **study.to_dict()}
        for segment, study in zip(segments, studies, strict=True)
    ]
    if as_json:
        print_json({"pooled": pooled.to_dict(), "segments": each, "plot": plot})
        return
    for facts in each:
        _print(facts["segment"], facts)
    if len(each) > 1:
        _print(f"all {len(each)} segments", pooled.to_dict())
    if plot:
        click.echo(f"plot: {plot}")


def _check_plot(plot: str, segments: tuple[str, ...]) -> None:
    check_output(plot, *segments)
    if Path(plot).suffix.lower() != ".png":
        raise click.UsageError(f"--plot {plot}: the name must end in .png")
    try:
        from matplotlib import figure  # noqa: F401
    except ImportError:
        raise ImportError("--plot needs matplotlib: pip install 'palantir-sr[plots]'") from None


def _study(source: VideoSource, threads: int, progress: bool | None) -> ReferenceStudy:
    from palantir.evaluate import study_references

    with progress_bar(source.path.name, source.frame_count, progress) as report:
        return study_references(source, threads=threads, progress=report)


def _print(title: str, facts: Mapping[str, Any]) -> None:
    effects = {effect["first"]: effect for effect in facts["effects"]}
    click.echo(f"{title}: {facts['frames']} coded frames")
    print_table(
        ("group", "n", "mean", "lower\nquartile", "median", "upper\nquartile", "CLES", "against"),
        [
            (
                group,
                str(values["n"]),
                *(_number(values[name], 2) for name in ("mean", "q1", "median", "q3")),
                _number(effects[group]["cles"], 3) if group in effects else "",
                effects[group]["second"] if group in effects else "",
            )
            for group, values in facts["groups"].items()
        ],
        text_columns=(0, 7),
    )


def _number(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


command.add_command(fidelity)
command.add_command(halo)
command.add_command(tiers)
