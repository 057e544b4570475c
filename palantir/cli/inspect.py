"""`palantir inspect`: what a profile, a segment or a model holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from palantir.cli.options import file_argument, json_option
from palantir.errors import MediaError

_EXAMPLES = """\b
Examples:
  palantir inspect segment.pcp
  palantir inspect segment.webm --image trace.png --profile segment.pcp
  palantir inspect model.onnx --json
"""


@click.command("inspect", epilog=_EXAMPLES)
@file_argument("file")
@click.option(
    "--image",
    type=click.Path(),
    help="For a segment: write texture, influence and anchors per frame as PNG.",
)
@click.option("--profile", type=click.Path(), help="For a segment: the anchors to show.")
@click.option("--grid", help="For a segment: patches of a frame, ROWSxCOLUMNS.")
@json_option
def command(
    file: str, image: str | None, profile: str | None, grid: str | None, as_json: bool
) -> None:
    """Show what FILE holds: a cache profile, a VP9 segment or an ONNX model."""
    kind = _kind(Path(file))
    if kind != "segment" and (image or profile or grid):
        raise click.UsageError(f"--image, --profile and --grid are for segments, not for a {kind}")
    if kind == "profile":
        facts = _profile(file)
    elif kind == "model":
        facts = _model(file)
    else:
        facts = _segment(file, image, profile, grid)
    if as_json:
        click.echo(json.dumps(facts))
    else:
        _print(facts)


def _kind(path: Path) -> str:
    from palantir.profile.container import MAGIC

    try:
        with path.open("rb") as file:
            if file.read(len(MAGIC)) == MAGIC:
                return "profile"
    except OSError as error:
        raise MediaError(f"{path}: {error.strerror}") from None
    return {".onnx": "model", ".pcp": "profile"}.get(path.suffix.lower(), "segment")


def _profile(file: str) -> dict[str, Any]:
    from palantir.profile import CacheProfile

    profile = CacheProfile.load(file)
    return {
        "profile": file,
        "lr_size": list(profile.lr_size),
        "grid": str(profile.grid),
        "coded_frames": len(profile.packet),
        "shown_frames": int(profile.shown.sum()),
        "anchors": int(profile.anchors.sum()),
        "selector": profile.selector,
        "parameters": dict(profile.parameters),
        "budget": profile.budget,
        "objective_before": profile.estimated_before,
        "objective_after": profile.estimated_after,
        "reuse": profile.reuse,
        "reuse_parameters": dict(profile.reuse_parameters),
        "segment_sha256": profile.segment_sha256.hex(),
        "frames": [
            {"frame": t, "packet": int(profile.packet[t]), "anchors": flags.nonzero()[0].tolist()}
            for t, flags in enumerate(profile.anchors)
            if flags.any()
        ],
    }


def _model(file: str) -> dict[str, Any]:
    from palantir.models import SRNetwork

    return SRNetwork.load(file).describe()


def _segment(file: str, image: str | None, profile: str | None, grid: str | None) -> dict[str, Any]:
    from palantir.graph import ErrorGraph
    from palantir.media.source import VideoSource
    from palantir.profile import CacheProfile

    source = VideoSource(file)
    known = CacheProfile.load(profile) if profile else None
    if known and grid:
        raise click.UsageError("--profile brings its own grid")
    graph = ErrorGraph.from_video(source, known.grid if known else grid)
    if known:
        known.check_segment(graph.segment_sha256 or b"", str(profile))
    anchors = known.anchors if known else None
    if image:
        from palantir.evaluate.pictures import trace_picture
        from palantir.media.png import write_png

        write_png(image, trace_picture(graph, anchors))
    table = graph.frames
    texture = graph.texture.reshape(len(table), -1).sum(axis=1)
    return {
        "segment": file,
        "size": list(graph.lr_size),
        "grid": str(graph.grid),
        "colour": source.colour.matrix + (" full range" if source.colour.full_range else ""),
        "segment_sha256": (graph.segment_sha256 or b"").hex(),
        **({"image": image} if image else {}),
        "frames": [
            {
                "frame": t,
                "packet": int(table.packet[t]),
                "type": "key" if table.key[t] else "intra" if table.intra_only[t] else "inter",
                "shown": bool(table.shown[t]),
                "size": f"{table.width[t]}x{table.height[t]}",
                "bytes": int(table.coded_bytes[t]),
                "quantizer": int(table.quantizer[t]),
                "references": table.references[t].tolist(),
                "texture": round(float(texture[t]), 1),
                **({} if anchors is None else {"anchors": anchors[t].nonzero()[0].tolist()}),
            }
            for t in range(len(table))
        ],
    }


def _print(facts: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    frames = facts.pop("frames", [])
    for key, value in facts.items():
        console.print(f"{key.replace('_', ' ')}: {value}", markup=False, highlight=False)
    if frames:
        table = Table(*frames[0])
        for frame in frames:
            table.add_row(*(_cell(value) for value in frame.values()))
        console.print(table)


def _cell(value: object) -> str:
    if isinstance(value, list):
        return " ".join(map(str, value))
    return "" if value is False else "yes" if value is True else str(value)
