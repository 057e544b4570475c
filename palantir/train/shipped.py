"""The recipes that made the models palantir ships, and where their clips come from.

`python -m palantir.train.shipped VIDEOS --scale 2 -o detail-x2.onnx` makes one.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import click

from palantir.errors import MediaError, PalantirError
from palantir.models import shipped_model
from palantir.train.camera import film_photograph
from palantir.train.dataset import Source
from palantir.train.fit import FitSettings
from palantir.train.recipe import Recipe, train

__all__ = ["fetch_photograph", "shipped_recipe", "shipped_sources"]

BUNNY = "big-buck-bunny_720p25.mp4"
BUNNY_FRAMES = (0, 65)  # frames 66..131 are the demo's and stay unseen
PACKAGE = "lomiri-wallpapers-16.04"
PHOTOGRAPH = "usr/share/backgrounds/seeding_by_Clements_Engelhardt.jpg"
MINUTES = {4: 20.0, 2: 44.0}  # x2: one thread of a busy machine


def shipped_recipe(
    videos: Path, scale: int = 4, minutes: float | None = None, threads: int = 2
) -> Recipe:
    """The recipe over `shipped_sources`.

    The x2 network begins with the layers of the x4 one, but for the tail. `minutes` are by default
    those that the shipped one took.

    Raises MediaError if the first clip is missing or the package cannot be had.
    """
    sources = shipped_sources(videos)
    settings = FitSettings(minutes or MINUTES[scale], threads=threads, bfloat16=True)
    init = None if scale == 4 else shipped_model()
    return Recipe(sources, settings, scale, network="m6c32", init=init, filters=False)


def shipped_sources(videos: Path) -> tuple[Source, Source]:
    """The clips in `videos` to learn from; the second is made there if it is missing.

    One is the first half of the demo's clip, which `videos/get` fetches. The other is filmed from
    a photograph in a Debian package: so what is learnt has also seen what a lens sees.

    Raises MediaError if the first clip is missing or the package cannot be had.
    """
    bunny, seeding = videos / BUNNY, videos / "seeding_720p25.mp4"
    if not bunny.exists():
        raise MediaError(f"{bunny}: not there; videos/get fetches it")
    if not seeding.exists():
        with tempfile.TemporaryDirectory() as folder:
            film_photograph(fetch_photograph(Path(folder)), seeding)
    return (
        Source(bunny, *BUNNY_FRAMES, licence="Blender Foundation, CC-BY-3.0"),
        Source(seeding, 0, 59, licence="Clemens Engelhardt, CC0-1.0"),
    )


def fetch_photograph(folder: Path) -> Path:
    """Downloads its package with the machine's own client and unpacks it; installs nothing.

    5312x2988 pixels. Raises MediaError if the package cannot be had.
    """
    try:
        _quietly(["apt-get", "download", PACKAGE], folder)
        (package,) = folder.glob("*.deb")
        _quietly(["dpkg-deb", "-x", package.name, "."], folder)
    except (OSError, ValueError, subprocess.CalledProcessError) as error:
        raise MediaError(f"Debian package {PACKAGE} cannot be had: {error}") from None
    return folder / PHOTOGRAPH


def _quietly(command: list[str], folder: Path) -> None:
    subprocess.run(command, cwd=folder, check=True, capture_output=True)


@click.command()
@click.argument("videos", type=click.Path(path_type=Path))
@click.option("--scale", type=click.Choice(["2", "4"]), default="4", show_default=True)
@click.option("--minutes", type=click.FloatRange(0, min_open=True), help="How long to fit.")
@click.option("--threads", type=click.IntRange(1), default=2, show_default=True)
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path))
def _main(videos: Path, scale: str, minutes: float | None, threads: int, output: Path) -> None:
    """Fetch the clips into VIDEOS as far as needed, and fit the shipped network to them."""
    try:
        recipe = shipped_recipe(videos, int(scale), minutes, threads)
        done = train(recipe, output, lambda progress: click.echo(str(progress)))
    except (PalantirError, OSError) as error:
        raise click.ClickException(str(error)) from None
    for clip in done.clips:
        click.echo(f"{clip.frames}: bicubic {clip.plain:.3f} dB, network {clip.network:.3f} dB")


if __name__ == "__main__":
    _main()
