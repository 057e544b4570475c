"""Networks fitted to the beginning of each clip, for the parts that judge them on the rest."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from bench.results.extent import Stretch
from bench.results.workbench import LARGE, LIGHT, Found, LackingError, Workbench
from palantir.evaluate.material import clip_name
from palantir.evaluate.table import Table
from palantir.models import SRNetwork, shipped_model

__all__ = ["fit_networks"]

_RATES = {LARGE: 8e-4, LIGHT: 2e-3}  # learning rates at the start


def fit_networks(bench: Workbench) -> Found:
    """Fit those that are not there, and tell what all of them tell of themselves.

    Raises LackingError where one is to be fitted and torch is lacking.
    """
    rows, data = [], []
    for stretch in (bench.extent.fitted, bench.extent.large):
        for clip in stretch.clips:
            for name in (LARGE, LIGHT):
                path = bench.network_file(clip, name)
                if not path.exists():
                    _fit(bench, clip, stretch, name)
                notes = SRNetwork.load(path).describe()["notes"]
                assert isinstance(notes, dict)
                told = [_brief(notes, key) for key in ("validation", "settings")]
                rows.append([clip_name(clip), name, *told])
                data.append({"clip": clip_name(clip), "network": name, "notes": notes})
    if not rows:
        raise LackingError("PALANTIR_DATA must name a data folder with clips to fit to")
    note = (
        "PSNR-Y of the last 6 frames before those that other parts judge; fitting has not seen\n"
        "them, but the best state of the run was chosen by them. As the files tell."
    )
    headings = ["clip", "network", "frames that chose the state", "fitting"]
    return Found([Table("Networks fitted to clips", headings, rows, note)], data)


def _brief(notes: dict[str, Any], key: str) -> str:
    """What a file says of its training, without hashes and what is the same of all."""
    text = str(notes.get(f"training.{key}", "-"))
    text = re.sub(r" \(SHA-256 [0-9a-f]+\)", "", text)
    return re.sub(r"(, which also chose the snapshot|; chose the best state of the run)", "", text)


def _fit(bench: Workbench, clip: Path, stretch: Stretch, name: str) -> None:
    """As `palantir train --one-rate`; the larger network from the shipped one's weights."""
    path = bench.network_file(clip, name)
    if find_spec("torch") is None:
        raise LackingError(
            f"{path} is not there, and to fit it takes torch: pip install 'palantir-sr[torch]'"
        )
    from palantir.train.dataset import Source
    from palantir.train.fit import FitSettings, fast_bfloat16
    from palantir.train.recipe import RATES, Recipe, train

    path.parent.mkdir(parents=True, exist_ok=True)
    init = shipped_model() if name == LARGE else None
    settings = FitSettings(
        bench.minutes, bench.extent.steps, learning_rate=_RATES[name], threads=1,
        robust=0.0 if init else 0.6, bfloat16=fast_bfloat16(),
    )  # fmt: skip
    source = Source(clip, 0, stretch.first - 1)
    recipe = Recipe((source,), settings, rates=RATES[:1], network=name, init=init)
    with bench.steps(f"fit {path.stem}", 100) as done:
        train(recipe, path, lambda progress: done(round(100 * progress.share)))
