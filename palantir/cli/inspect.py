"""`palantir inspect`: what a profile, a segment or a model holds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from palantir.cli.options import (
    check_output,
    file_argument,
    file_option,
    grid_option,
    json_option,
    output_option,
    progress_option,
)
from palantir.cli.printing import print_json, print_table
from palantir.cli.progress import progress_bar
from palantir.errors import MediaError, ScheduleError
from palantir.files import open_regular

if TYPE_CHECKING:
    from palantir.graph import ErrorGraph
    from palantir.graph.error_models import ErrorModel
    from palantir.grid import PatchGrid
    from palantir.profile import CacheProfile

_EXAMPLES = """\b
Examples:
  palantir inspect segment.pcp
  palantir inspect segment.webm --image trace.png --profile segment.pcp
  palantir inspect model.onnx --json

\b
The picture of --image: one column a coded frame, one row a patch, in three bands:
  texture    the error that a patch adds if it is reused, logarithmic
  influence  the shown error that one unit of error in the patch causes, logarithmic
  anchors    yellow, where --profile is given
Black is least, then red, yellow, white. Marks on top: yellow a key frame, dark a
hidden frame.
"""
_ONNX_START = b"\x08"  # the field that every ONNX file begins with; no container does


@click.command("inspect", epilog=_EXAMPLES)
@file_argument("file")
@output_option("--image", help="For a segment: draw texture, influence and anchors, PNG.")
@file_option("--profile", "For a segment: the anchors to show.")
@grid_option("For a segment: patches of a frame, rows x columns.")
@json_option
@progress_option
def command(
    file: str,
    image: str | None,
    profile: str | None,
    grid: PatchGrid | None,
    as_json: bool,
    progress: bool | None,
) -> None:
    """Show what FILE holds: a cache profile, a VP9 segment or an ONNX model."""
    kind = _kind(Path(file))
    if kind != "segment" and (image or profile or grid):
        raise click.UsageError(f"--image, --profile and --grid are for segments, not for a {kind}")
    if profile and grid:
        raise click.UsageError("--profile brings its own grid")
    if image:
        check_output(image, file, profile)
        if Path(image).suffix.lower() != ".png":
            raise click.UsageError(f"--image {image}: the name must end in .png")
    if kind == "profile":
        facts = _profile(file)
    elif kind == "model":
        facts = _model(file)
    else:
        facts = _segment(file, image, profile, grid, progress)
    if as_json:
        print_json(facts)
    else:
        _print(facts)


def _kind(path: Path) -> str:
    from palantir.profile.container import MAGIC

    try:
        with open_regular(path) as file:
            start = file.read(len(MAGIC))
    except OSError as error:
        raise MediaError(f"{path}: {error.strerror}") from None
    if start == MAGIC or path.suffix.lower() == ".pcp":
        return "profile"
    if start.startswith(_ONNX_START) or path.suffix.lower() == ".onnx":
        return "model"
    return "segment"


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
        "light_anchors": 0 if profile.light is None else int(profile.light.sum()),
        "selector": profile.selector,
        "parameters": dict(profile.parameters),
        "budget": profile.budget,
        "objective_before": profile.estimated_before,
        "objective_after": profile.estimated_after,
        "reuse": profile.reuse,
        "reuse_parameters": dict(profile.reuse_parameters),
        "segment_sha256": profile.segment_sha256.hex(),
        "frames": [
            {"frame": t, "packet": int(profile.packet[t]), **_anchors(profile, t)}
            for t, flags in enumerate(profile.anchors)
            if flags.any()
        ],
    }


def _anchors(profile: CacheProfile, t: int) -> dict[str, list[int]]:
    """Anchors of a coded frame; of two networks, those of the light one besides."""
    patches = {"anchors": profile.anchors[t].nonzero()[0].tolist()}
    if profile.light is not None:
        patches["light"] = profile.light[t].nonzero()[0].tolist()
    return patches


def _model(file: str) -> dict[str, Any]:
    from palantir.models import SRNetwork

    return SRNetwork.load(file).describe()


def _segment(
    file: str,
    image: str | None,
    profile: str | None,
    grid: PatchGrid | None,
    progress: bool | None,
) -> dict[str, Any]:
    from palantir.graph.construct import graph_from_video
    from palantir.graph.error_models import error_model_name, error_model_of
    from palantir.media.source import VideoSource
    from palantir.profile import CacheProfile

    source = VideoSource(file)
    known = CacheProfile.load(profile) if profile else None
    model = _error_model(known) if known else error_model_of("detail")
    with progress_bar("construct", source.frame_count, progress) as report:
        graph = graph_from_video(
            source, known.grid if known else grid, error_model=model, progress=report
        )
    if known:
        known.check_segment(graph.segment_sha256 or b"", str(profile))
    if image:
        from palantir.evaluate.pictures import trace_picture
        from palantir.media.png import write_png

        write_png(image, trace_picture(graph, known.anchors if known else None))
    return {
        "segment": file,
        "lr_size": list(graph.lr_size),
        "grid": str(graph.grid),
        "colour": source.colour.matrix + (" full range" if source.colour.full_range else ""),
        "segment_sha256": (graph.segment_sha256 or b"").hex(),
        "error_model": error_model_name(model),
        **({"image": image} if image else {}),
        "frames": _frames(graph, known),
    }


def _error_model(profile: CacheProfile) -> ErrorModel:
    """That of the profile's estimate, if it is one of ours; else the reuse mode's own."""
    from palantir.graph.error_models import error_model_of

    try:
        return error_model_of(str(profile.parameters["error_model"]))
    except (KeyError, ScheduleError):
        return error_model_of(profile.reuse)


def _frames(graph: ErrorGraph, profile: CacheProfile | None) -> list[dict[str, Any]]:
    table = graph.frames
    texture = graph.texture.reshape(len(table), -1).sum(axis=1)
    frames: list[dict[str, Any]] = [
        {
            "frame": t,
            "packet": int(table.packet[t]),
            "type": "key" if table.key[t] else "intra" if table.intra_only[t] else "inter",
            "shown": bool(table.shown[t]),
            "size": f"{table.width[t]}x{table.height[t]}",
            "bytes": int(table.coded_bytes[t]),
            "quantizer": int(table.quantizer[t]),
            "references": [int(i) for i in table.references[t] if i >= 0],
            "texture": float(texture[t]),
        }
        for t in range(len(table))
    ]
    if profile:
        for t, frame in enumerate(frames):
            frame.update(_anchors(profile, t))
    return frames


def _print(facts: dict[str, Any]) -> None:
    frames = facts.pop("frames", [])
    for key, value in facts.items():
        click.echo(f"{key.replace('_', ' ')}: {_words(value)}")
    if frames:
        headings = [_SHORT.get(name, name) for name in frames[0]]
        rows = [[_words(value) for value in frame.values()] for frame in frames]
        text = [index for index, value in enumerate(frames[0].values()) if _is_text(value)]
        print_table(headings, rows, text_columns=text)


_SHORT = {"quantizer": "q", "references": "refs"}  # so that a terminal's 80 columns hold a row


def _is_text(value: object) -> bool:
    return isinstance(value, (bool, str, list))


def _words(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list):
        return " ".join(map(str, value)) or "-"
    if isinstance(value, dict):
        return ", ".join(f"{key} {_words(item)}" for key, item in value.items()) or "-"
    return "-" if value is None else str(value)
