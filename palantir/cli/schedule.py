"""`palantir schedule`: segments to cache profiles."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from palantir.cli.damage import keep_going_option
from palantir.cli.options import (
    check_output,
    default_profile,
    file_argument,
    file_option,
    grid_option,
    halo_option,
    json_option,
    max_size_option,
    output_option,
    parsed_by,
    progress_option,
    threads_option,
)
from palantir.cli.printing import print_json
from palantir.cli.profiles import Settings, jointly, one_by_one
from palantir.errors import ScheduleError

if TYPE_CHECKING:
    from palantir.graph.intervals import Interval
    from palantir.schedule import Allowance

_EXAMPLES = """\b
Examples:
  palantir schedule segment.webm                       segment.pcp, 5 % of per-frame SR's cost
  palantir schedule segment.webm -o a.pcp --budget 20  20 patches in each GoP
  palantir schedule segment.webm --patch 64x64 --interval 200ms --json
  palantir schedule segment.webm --budget 5% --by area
  palantir schedule segment.webm --budget 20GMAC/s --model net.onnx
  palantir schedule segment.webm --model large.onnx --light-model light.onnx
  palantir schedule *.webm -o profiles --resume        one profile each; go on later
  palantir schedule a.webm b.webm --joint --budget 1%  the budget goes where it gains most
  palantir schedule segment.webm --model net.onnx --hr original.mp4
                                                       by what anchors would really win
  palantir schedule segment.webm --selector random --seed 7
  palantir schedule segment.webm --live --interval 2 --tail --deadline 5ms

\b
Selectors:
  adjoint      greedy by exact gains, in native code; the default for budgets in patches, and
               with --live and --joint
  sequential   the same picks, every candidate set evaluated in full: the slow reference
  spmv, spmm   the same picks on torch, one candidate set at a time (minutes) or many; need the
               extra palantir-sr[torch]
  gain-per-cost  rectangles of patches, up to whole frames, by exact gain per pixel that the
               network (--model) computes, halo included; the default for budgets of that
  neuroscaler  whole frames: key frames, alt-refs, others, by coded bytes and distance
  key-uniform  whole frames: key frames, then evenly spaced ones
  key-alt      whole frames: key frames, alt-refs by coded bytes, then evenly spaced ones
  texture      patches of largest texture; error does not travel
  random       patches at random (--seed)
  all, none    every patch, no patch, whatever the budget
"""
_SELECTORS = (
    "adjoint", "sequential", "spmv", "spmm", "gain-per-cost",
    "neuroscaler", "key-uniform", "key-alt", "texture", "random", "all", "none",
)  # fmt: skip


def _interval(text: str) -> Interval:
    from palantir.graph.intervals import Interval

    return Interval.parse(text)


def _deadline(text: str) -> float:
    """Seconds from text such as "5ms"."""
    match = re.fullmatch(r"([0-9]{1,9}(?:\.[0-9]{1,3})?)ms", text)
    if match is None or not float(match[1]) > 0:
        raise ScheduleError(f"deadline {text!r} is not a time above 0 like 5ms")
    return float(match[1]) / 1000


def _patch(_: click.Context, __: click.Parameter, text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    match = re.fullmatch("([0-9]{1,9})[xX]([0-9]{1,9})", text)
    if match is None:
        raise click.BadParameter(f"{text!r} is not of the form WIDTHxHEIGHT, such as 64x64")
    return int(match[1]), int(match[2])


def _budget(context: click.Context, parameter: click.Parameter, text: str) -> Allowance:
    from palantir.schedule import Budget, CostShare, NetworkBudget

    model, halo, by = (context.params.get(name) for name in ("model", "halo", "by"))

    def parse(text: str) -> Allowance:
        from palantir.models import network_load

        budget = None if NetworkBudget.is_meant(text) else Budget.parse(text)
        share = budget.value if isinstance(budget, Budget) and budget.is_share else None
        if by and share is None:
            raise ScheduleError(f"budget {text!r} is no share: --by does not go with it")
        if budget is None:
            return Budget.parse(text, network_load(model, halo))
        if share is not None and by != "area":
            return CostShare.of_network(Fraction(repr(share)), network_load(model, halo))
        used = context.params.get("hr") or context.params.get("selector") == "gain-per-cost"
        if model and not used:
            raise ScheduleError(f"budget {text!r} does not depend on --model; 20GMAC/s would")
        return budget

    parsed: Allowance = parsed_by(parse)(context, parameter, text)
    return parsed


@click.command("schedule", epilog=_EXAMPLES)
@file_argument("segments", nargs=-1, required=True, metavar="SEGMENT...")
@output_option("-o", "--output", help="Profile to write [SEGMENT's name .pcp]; of several: folder.")
@file_option("--model", "The network that is scheduled for [the shipped x4 network].",
             is_eager=True)  # fmt: skip
@file_option("--light-model", "A lighter network beside --model: each patch goes where it gains "
             "most per cost.")  # fmt: skip
@halo_option
@click.option(
    "--light-share", type=click.FloatRange(0, 1),
    help="What --light-model leaves of the error that --model removes  [default: 0.3].",
)  # fmt: skip
@click.option(
    "--budget",
    default="5%",
    metavar="SHARE|N|RATE",
    show_default=True,
    callback=_budget,
    help="Share of what the network would compute on every patch (5%), number of patches (20), or "
    "what it may compute (20GMAC/s), halo included, for each interval.",
)
@click.option(
    "--by",
    type=click.Choice(["cost", "area"]),
    is_eager=True,
    help="What a share is of: per-frame SR's network cost, or the patch area  [default: cost].",
)
@grid_option("Patches of a frame, rows x columns [8x14 on 854x480].")
@click.option("--patch", metavar="WxH", callback=_patch, help="Instead: a patch in LR pixels.")
@click.option(
    "--interval",
    metavar="gop|N|TIME",
    callback=parsed_by(_interval),
    help="Scheduling interval: a GoP, a number of coded frames, or a time (200ms)  [default: gop]",
)
@click.option("--joint", is_flag=True, help="One budget for all SEGMENTs, each as one interval.")
@click.option(
    "--selector",
    type=click.Choice(_SELECTORS),
    metavar="NAME",
    is_eager=True,
    help="Who chooses; the list is below  [default: by the budget].",
)
@click.option(
    "--without",
    type=click.Choice(["weight", "texture"]),
    help="Choose as if error travelled straight, or were the same everywhere.",
)
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), help="Of --selector random.")
@click.option(
    "--live", is_flag=True, help="Choose as on a live stream: each interval once it is decoded."
)
@click.option(
    "--tail", is_flag=True, help="Count what errors will cost later, as earlier GoPs teach."
)
@click.option(
    "--deadline",
    metavar="TIME",
    callback=parsed_by(_deadline),
    help="Take what was chosen after so long (5ms) in each interval.",
)
@click.option(
    "--reuse",
    type=click.Choice(["detail", "paper"]),
    default="detail",
    show_default=True,
    help="Reuse mode the profile asks for; paper does not use a network's filters.",
)
@click.option(
    "--error-model",
    type=click.Choice(["detail", "paper"]),
    help="How error is estimated  [default: as --reuse].",
)
@file_option(
    "--hr", multiple=True, is_eager=True, metavar="FILE",
    help="SEGMENT's original, one frame for each of its: what anchors win is measured, not "
    "estimated, for which --model runs on every frame here. Once for each SEGMENT, in their order.",
)  # fmt: skip
@click.option("--hr-first", type=click.IntRange(0, 2**31 - 1), default=0, show_default=True,
              metavar="N", help="Frame of --hr that SEGMENTs begin with.")  # fmt: skip
@file_option("--judge", help="A network that measures in --model's stead: a lighter one that was "
             "fitted to the same video; others win elsewhere.")  # fmt: skip
@click.option("--resume", is_flag=True, help="Keep SEGMENTs' own profiles, however made.")
@max_size_option
@keep_going_option
@threads_option
@json_option
@progress_option
def command(
    segments: tuple[str, ...],
    output: str | None,
    joint: bool,
    resume: bool,
    as_json: bool,
    **settings: Any,
) -> None:
    """Choose the anchor patches of each SEGMENT, a VP9 file, and write its cache profile."""
    settings.pop("by")
    if joint and (resume or settings["interval"] or settings["live"]):
        raise click.UsageError("--joint excludes --interval, --live and --resume")
    if joint and settings["light_model"]:
        raise click.UsageError("--joint excludes --light-model")
    hr = settings.pop("hr")
    if hr and len(hr) != len(segments):
        raise click.UsageError(f"--hr is given {len(hr)} times for {len(segments)} SEGMENTs")
    originals = dict(zip(segments, hr, strict=True)) if hr else {}
    chosen = Settings(joint=joint, originals=originals, **settings)
    targets = _targets(segments, output, chosen.model, chosen.light_model, chosen.judge, *hr)
    if len(segments) > 1 and output:
        Path(output).mkdir(parents=True, exist_ok=True)
    steps = jointly(targets, chosen) if joint else one_by_one(targets, chosen, resume)
    for facts in steps:
        if as_json:
            print_json(facts)
        else:
            click.echo(_sentence(facts))


def _targets(segments: Sequence[str], output: str | None, *models: str | None) -> dict[Path, str]:
    """Which profile is to be made of which segment, no two of them the same."""
    targets: dict[Path, str] = {}
    folder = Path(output) if output and len(segments) > 1 else None
    if folder and not folder.is_dir() and (folder.exists() or folder.suffix == ".pcp"):
        raise click.UsageError(f"profiles of {len(segments)} segments need a folder, not {output}")
    for segment in segments:
        target = default_profile(segment)
        if output:
            target = Path(output) / target.name if len(segments) > 1 else Path(output)
        if target in targets:
            raise click.UsageError(f"{targets[target]} and {segment} would both become {target}")
        check_output(target, *segments, *models)
        targets[target] = segment
    return targets


def _sentence(facts: dict[str, Any]) -> str:
    if facts["kept"]:
        return f"{facts['profile']}: kept, it is of {facts['segment']}"
    return (
        "{profile}: {anchors} anchors among {patches} patches ({grid} on {coded_frames} coded "
        "frames), estimated error {objective_before:.4g} -> {objective_after:.4g}, "
        "{profile_bytes} bytes; construction {construction_seconds:.2f} s, "
        "selection {selection_ms:.2f} ms"
    ).format(selection_ms=1e3 * facts["selection_seconds"], **facts)
