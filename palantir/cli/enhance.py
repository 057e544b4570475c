"""`palantir enhance`: segment and profile to SR video."""

from __future__ import annotations

import os
import time
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import click

from palantir.cli.damage import Damage, keep_going_option
from palantir.cli.options import (
    check_output,
    default_profile,
    file_argument,
    file_option,
    halo_option,
    json_option,
    max_size_option,
    output_option,
    progress_option,
    providers_option,
)
from palantir.cli.printing import print_json
from palantir.cli.progress import progress_bar
from palantir.errors import MediaError, ModelError, ProfileError

_EXAMPLES = """\b
Examples:
  palantir enhance segment.webm -o sr.mp4
  palantir enhance segment.webm --profile a.pcp --model net.onnx -o sr.mkv
  palantir enhance segment.webm -o sr.mp4 --scale 2
  palantir enhance segment.webm -o sr.mp4 --model large.onnx --light-model light.onnx
  palantir enhance segment.webm -o - | ffplay -       Y4M on standard output
"""


@click.command("enhance", epilog=_EXAMPLES)
@file_argument("segment")
@output_option(
    "-o",
    "--output",
    required=True,
    dash=True,
    help="Video to write: .mp4, .mkv, .webm or .y4m; - is Y4M on standard output.",
)
@file_option("--profile", "Cache profile [SEGMENT's name .pcp].")
@file_option("--model", "SR network, ONNX [the shipped one of --scale].")
@file_option(
    "--light-model",
    "The light network of a profile that was made for two, ONNX; filters in it are not used.",
)
@click.option("--scale", type=click.IntRange(2, 4), help="SR width / LR width [--model's, else 4].")
@file_option(
    "--allowed-models",
    "Refuse a --model or --light-model whose SHA-256 this file, as of sha256sum, lacks.",
)
@halo_option
@click.option(
    "--reuse",
    type=click.Choice(["detail", "paper"]),
    help="Reuse mode; paper does not use --model's filters  [what the profile says].",
)
@click.option(
    "--crf",
    type=click.IntRange(0, 63),
    default=17,
    show_default=True,
    help="Quality of the written video; lower is better.",
)
@click.option(
    "--threads",
    type=click.IntRange(1, 64),
    default=lambda: min(os.cpu_count() or 1, 8),
    show_default="one a core, at most 8",
    help="Threads for decoding and reuse; with more than one, stages overlap.",
)
@click.option(
    "--look-ahead",
    type=click.IntRange(0, 64),
    default=4,
    show_default=True,
    help="Packets by which stages that overlap may be ahead; 0 for the least delay.",
)
@click.option(
    "--model-threads",
    type=click.IntRange(0, 64),
    default=0,
    help="Threads of the network [one a core].",
)
@providers_option
@click.option(
    "--retry-on-cpu", is_flag=True, help="Go on on the CPU where another provider fails half way."
)
@max_size_option
@keep_going_option
@json_option
@progress_option
def command(
    segment: str,
    output: str,
    profile: str | None,
    model: str | None,
    light_model: str | None,
    scale: int | None,
    allowed_models: str | None,
    halo: int | None,
    reuse: str | None,
    crf: int,
    threads: int,
    look_ahead: int,
    model_threads: int,
    providers: tuple[str, ...],
    retry_on_cpu: bool,
    max_size: tuple[int, int] | None,
    keep_going: bool,
    as_json: bool,
    progress: bool | None,
) -> None:
    """Super-resolve SEGMENT, a VP9 file, and write the result; times and audio are kept."""
    import palantir
    from palantir.media import VideoSink, VideoSource
    from palantir.models import SRNetwork, read_allowed

    if as_json and output == "-":
        raise click.UsageError("--json and video cannot share standard output")
    source = VideoSource(segment)
    chosen = Path(profile) if profile else default_profile(segment)
    check_output(output, segment, chosen, model, light_model, allowed_models)
    if not profile and not chosen.exists():
        raise ProfileError(f"{chosen}: no such profile; make it with: palantir schedule {segment}")
    allowed = None if allowed_models is None else read_allowed(allowed_models)
    damage, begin = Damage(), time.perf_counter()
    load = partial(
        SRNetwork.load, providers=providers, threads=model_threads,
        allowed=allowed, retry_on_cpu=retry_on_cpu, scale=scale or 4, halo=halo,
    )  # fmt: skip
    network, light = load(model), load(light_model) if light_model else None
    if scale not in (None, network.scale):
        raise ModelError(f"{model}: enlarges {network.scale} times, not {scale} times")
    frames = palantir.enhance(
        source, chosen, network, light_model=light,
        reuse=reuse, threads=threads, look_ahead=look_ahead,
        max_size=max_size, on_damage=damage if keep_going else None,
    )  # fmt: skip
    first = next(frames, None)
    if first is None:
        raise MediaError(f"{segment}: displays no frame")
    sink = VideoSink(
        output, first.width, first.height, source.frame_rate, source.time_base, first.colour,
        audio_from=source, crf=crf,
    )  # fmt: skip
    count = 0
    total = source.frame_count or int(frames.profile.shown.sum())
    with progress_bar("enhance", total, progress) as report, sink:
        for frame in chain([first], frames):
            sink.write(frame.planes_in(first.colour), frame.pts)
            count += 1
            report(count)
    seconds = time.perf_counter() - begin
    damage.tell()
    for one in (network, light):
        if one and one.fallback:
            click.echo(f"palantir: went on on the CPU: {one.fallback}", err=True)
    facts: dict[str, Any] = {
        "output": output,
        "frames": count,
        "damaged_packets": damage.packets,
        "width": first.width,
        "height": first.height,
        "anchors": int(frames.profile.anchors.sum()),
        "network_cost": frames.cost.share,
        "seconds": seconds,
        "frames_per_second": count / seconds,
    }
    if as_json:
        print_json(facts)
    else:
        click.echo(_sentence(facts), err=output == "-")


def _sentence(facts: dict[str, Any]) -> str:
    return (
        "{output}: {frames} frames of {width}x{height}, {anchors} anchors, network cost "
        "{network_cost:.1%} of per-frame SR, {frames_per_second:.1f} frames/s"
    ).format(**facts)
