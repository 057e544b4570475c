"""The recipe that made the model palantir ships, and where its clips come from."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from palantir.errors import MediaError
from palantir.train.camera import film_photograph
from palantir.train.dataset import Source
from palantir.train.fit import FitSettings
from palantir.train.recipe import Recipe

__all__ = ["shipped_recipe"]

BUNNY = "big-buck-bunny_720p25.mp4"
BUNNY_FRAMES = (0, 65)  # frames 66..131 are the demo's and stay unseen
PACKAGE = "lomiri-wallpapers-16.04"
PHOTOGRAPH = "usr/share/backgrounds/seeding_by_Clements_Engelhardt.jpg"


def shipped_recipe(videos: Path) -> Recipe:
    """The recipe over the clips in `videos`; the second clip is made there if it is missing.

    One is the first half of the demo's clip, which `videos/get` fetches. The other is filmed from
    a photograph in a Debian package, so that the network has also seen what a lens sees.
    Raises MediaError if the first clip is missing or the package cannot be had.
    """
    bunny, seeding = videos / BUNNY, videos / "seeding_720p25.mp4"
    if not bunny.exists():
        raise MediaError(f"{bunny}: not there; videos/get fetches it")
    if not seeding.exists():
        with tempfile.TemporaryDirectory() as folder:
            film_photograph(_photograph(Path(folder)), seeding)
    sources = (
        Source(bunny, *BUNNY_FRAMES, licence="Blender Foundation, CC-BY-3.0"),
        Source(seeding, 0, 59, licence="Clemens Engelhardt, CC0-1.0"),
    )
    return Recipe(sources, FitSettings(minutes=20, threads=2, bfloat16=True))


def _photograph(folder: Path) -> Path:
    """Downloads the package with the machine's own client and unpacks it; installs nothing."""
    try:
        _quietly(["apt-get", "download", PACKAGE], folder)
        (package,) = folder.glob("*.deb")
        _quietly(["dpkg-deb", "-x", package.name, "."], folder)
    except (OSError, ValueError, subprocess.CalledProcessError) as error:
        raise MediaError(f"Debian package {PACKAGE} cannot be had: {error}") from None
    return folder / PHOTOGRAPH


def _quietly(command: list[str], folder: Path) -> None:
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
