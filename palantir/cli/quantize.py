"""`palantir quantize`: an SR network to an int8 one, on patches of a stream."""

from __future__ import annotations

from pathlib import Path
from typing import Any

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

_EXAMPLES = """\b
Examples:
  palantir quantize net.onnx --clip segment.webm
  palantir quantize net.onnx --clip segment.webm --out small.onnx --fidelity 50
  palantir enhance segment.webm --model net-int8.onnx -o sr.mp4
"""


@click.command("quantize", epilog=_EXAMPLES)
@file_argument("model")
@file_option("--clip", "LR stream, VP9, whose patches calibrate.", required=True)
@output_option("-o", "--out", "output", help="Network to write [MODEL's name -int8.onnx].")
@click.option(
    "--patches",
    type=click.IntRange(4, 4096),
    default=32,
    show_default=True,
    help="Patches to draw from the clip; each fourth judges the result.",
)
@click.option(
    "--fidelity",
    type=click.FloatRange(20, 100),
    default=55.0,
    show_default=True,
    help="PSNR of the int8 network's result against the float one's, dB; layers stay float "
    "where it needs that.",
)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Of the draw.")
@json_option
@progress_option
def command(
    model: str,
    clip: str,
    output: str | None,
    patches: int,
    fidelity: float,
    seed: int,
    as_json: bool,
    progress: bool | None,
) -> None:
    """Make an int8 network of MODEL, an ONNX file, for streams like the clip."""
    from palantir.enhance.calibration import stream_patches
    from palantir.media import VideoSource
    from palantir.models import SRNetwork, quantize

    if not 20 <= fidelity <= 100:  # click's range lets a NaN pass
        raise click.UsageError(f"--fidelity {fidelity} is no number of dB")
    target = Path(output) if output else _default_output(model)
    check_output(target, model, clip)
    source, network = VideoSource(clip), SRNetwork.load(model)
    with progress_bar("patches", source.frame_count, progress) as report:
        drawn = stream_patches(source, network, patches, seed=seed, progress=report)
    note = f"{source.path.name}, SHA-256 {source.sha256().hex()}"
    with progress_bar("quantise", 100, progress) as report:
        result = quantize(network, drawn, target, fidelity=fidelity, source=note, progress=report)
    facts: dict[str, Any] = {
        "output": str(target),
        "bytes": target.stat().st_size,
        "patches": len(drawn),
        "fidelity": result.fidelity,
        "convolutions": result.convolutions,
        "float": list(result.kept),
    }
    if as_json:
        print_json(facts)
    else:
        click.echo(_sentence(facts))


def _default_output(model: str) -> Path:
    path = Path(model)
    return path.with_name(f"{path.stem or 'model'}-int8.onnx")


def _sentence(facts: dict[str, Any]) -> str:
    eight = facts["convolutions"] - len(facts["float"])
    return (
        "{output}: {bytes} bytes, {eight} of {convolutions} convolutions in 8 bits, "
        "{fidelity:.1f} dB from the float network"
    ).format(eight=eight, **facts)
