"""Train a network: `python -m palantir.train --source clip.mp4 --minutes 25 -o model.onnx`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from palantir.errors import PalantirError

if TYPE_CHECKING:
    from palantir.train.recipe import Recipe


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--source", "clips", multiple=True, type=click.Path(path_type=Path), help="HR clip.")
@click.option("--first", default=0, type=click.IntRange(0), help="First frame of each clip.")
@click.option("--last", type=click.IntRange(0), help="Last frame of each clip (default: its end).")
@click.option("--licence", default="unstated", help="The clips' licence, for the metadata.")
@click.option("--minutes", default=25.0, show_default=True, help="How long to fit.")
@click.option("--steps", type=click.IntRange(1), help="Fit this many steps instead.")
@click.option("--scale", default=4, show_default=True, type=click.IntRange(2, 4))
@click.option("--seed", default=0, show_default=True)
@click.option("--threads", default=2, show_default=True, type=click.IntRange(1))
@click.option("--shipped", type=click.Path(path_type=Path), help="Videos: the shipped recipe.")
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="ONNX file.")
def main(output: Path, shipped: Path | None, **arguments: Any) -> None:
    """Fit a light network that adds detail to VP9-coded video, and export it to ONNX.

    An interrupted run goes on where it stopped when the same command is given again.
    """
    try:
        from palantir.train.recipe import train
        from palantir.train.shipped import shipped_recipe
    except ModuleNotFoundError as error:
        print(f"training needs {error.name}: pip install 'palantir-sr[torch]'", file=sys.stderr)
        sys.exit(1)
    try:
        recipe = shipped_recipe(shipped) if shipped else _recipe(**arguments)
        train(recipe, output, lambda progress: print(progress, flush=True), _print_result)
    except (PalantirError, OSError) as error:
        print(f"palantir.train: {error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print("\ninterrupted; the same command goes on from the last report", file=sys.stderr)
        sys.exit(130)


def _recipe(
    clips: tuple[Path, ...],
    first: int,
    last: int | None,
    licence: str,
    minutes: float,
    steps: int | None,
    scale: int,
    seed: int,
    threads: int,
) -> Recipe:
    from palantir.train.dataset import Source
    from palantir.train.fit import FitSettings
    from palantir.train.recipe import Recipe

    if not clips:
        raise click.UsageError("name at least one clip with --source")
    if minutes <= 0 or (last is not None and last < first):
        raise click.UsageError("--minutes must be positive and --last not before --first")
    settings = FitSettings(minutes=minutes, steps=steps, seed=seed, threads=threads)
    sources = tuple(Source(clip, first, last, licence) for clip in clips)
    return Recipe(sources, settings, scale)


def _print_result(clip: str, plain: float, network: float) -> None:
    gain = f"{network - plain:+.3f} dB"
    print(f"{clip}: bicubic {plain:.3f} dB, network {network:.3f} dB ({gain}), held-out frames")


if __name__ == "__main__":
    main()
