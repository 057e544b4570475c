"""Sets of anchors to be judged: what each method picks at each budget."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from palantir.enhance.inference import halo_of
from palantir.evaluate.material import Material
from palantir.evaluate.question import MEASURED, OURS, GridWish, Method, Question, reuse_mode
from palantir.graph import ErrorGraph
from palantir.grid import PatchGrid
from palantir.models import SRNetwork
from palantir.profile import CacheProfile
from palantir.schedule import Allowance, Budget, CostShare, Selector, select

__all__ = [
    "NO_ANCHORS",
    "PER_FRAME",
    "UPSCALERS",
    "Job",
    "LoadedNetwork",
    "Measured",
    "budgeted_jobs",
    "jobs_of",
    "no_anchors_job",
    "per_frame_job",
    "plain_jobs",
]

UPSCALERS = ("bilinear", "bicubic", "sharp")
PER_FRAME = Method("all")
NO_ANCHORS = Method("none")

Measured: TypeAlias = Callable[[PatchGrid], ErrorGraph]
"""Makes a stream's graph by what a network wins against HR."""

_INTERVAL = "gop"
_ALSO_IN_OTHER_MODES = (*OURS, "neuroscaler")


@dataclass(frozen=True)
class LoadedNetwork:
    """A network under the name that tables show; `mark` tells files apart."""

    name: str
    network: SRNetwork
    mark: str

    @classmethod
    def of(cls, name: str, network: SRNetwork) -> LoadedNetwork:
        """Of a network that is loaded."""
        return cls(name, network, hashlib.sha256(network.path.read_bytes()).hexdigest()[:16])

    @property
    def halo(self) -> int:
        """LR pixels of halo. Raises ModelError where it is not known."""
        return halo_of(self.network)


@dataclass(frozen=True, eq=False)
class Job:
    """One set of anchors of one stream, or plain upscaling, to be judged.

    network        None: plain upscaling by the kernel that `reuse` names
    reuse          mode
    grid           of `anchors`, asked for as `wish`
    method         that chose them, for `budget`; None where there is no budget
    anchors        bool [T, P]; with a light network uint8: 1 is the network, 2 the light one
    estimate       J of the method's error model, as a share of J without anchors
    profile_bytes  of the cache profile
    light          a light network beside the other
    """

    material: Material
    network: LoadedNetwork | None
    reuse: str
    wish: GridWish
    grid: PatchGrid
    method: Method | None
    budget: Fraction | None
    anchors: NDArray[np.bool_] | NDArray[np.uint8]
    estimate: float = 1.0
    profile_bytes: int = 0
    light: LoadedNetwork | None = None

    @property
    def digest(self) -> str:
        """Equal for equal anchors on equal grids of one stream, and an equal light network."""
        data = f"{self.grid} ".encode() + np.packbits(self.anchors == 1).tobytes()
        if self.light:
            data += f"{self.light.mark}, halo {self.light.halo} ".encode()
            data += np.packbits(self.anchors == 2).tobytes()
        return hashlib.sha256(data).hexdigest()[:16]

    @property
    def light_price(self) -> float:
        """What a pixel of the light network costs, in pixels of the other; 1 if not known."""
        both = [one.network.macs_per_pixel if one else None for one in (self.light, self.network)]
        return both[0] / both[1] if both[0] and both[1] else 1.0


def plain_jobs(material: Material) -> Iterator[Job]:
    """Every frame upscaled without a network."""
    grid = GridWish().of(material.source.width, material.source.height)
    nothing = np.zeros((0, grid.count), np.bool_)
    for kernel in UPSCALERS:
        yield Job(material, None, kernel, GridWish(), grid, None, None, nothing)


def per_frame_job(material: Material, network: LoadedNetwork) -> Job:
    """Every patch of every coded frame through the network."""
    graph = material.graph(None, "detail")
    anchors = np.ones((len(graph.frames), graph.grid.count), np.bool_)
    return Job(material, network, "detail", GridWish(), graph.grid, PER_FRAME, None, anchors, 0.0)


def no_anchors_job(material: Material, network: LoadedNetwork, reuse: str) -> Job:
    """What a reuse mode makes of nothing."""
    graph = material.graph(None, "detail")
    anchors = np.zeros((len(graph.frames), graph.grid.count), np.bool_)
    return Job(material, network, reuse, GridWish(), graph.grid, NO_ANCHORS, None, anchors)


def jobs_of(
    material: Material,
    network: LoadedNetwork,
    question: Question,
    nemo: Selector | None = None,
    measured: Measured | None = None,
) -> Iterator[Job]:
    """Every method at every budget, where the question asks for it; each mode without anchors."""
    for reuse in dict.fromkeys((*question.reuse, "detail")):  # the last one shows U
        yield no_anchors_job(material, network, reuse)
    for wish in question.grids:
        for reuse in question.reuse:
            for method in question.methods:
                if _is_asked_for(question, wish, reuse, method):
                    yield from budgeted_jobs(
                        material, network, question, (wish, reuse, method), nemo, measured
                    )


def _is_asked_for(question: Question, wish: GridWish, reuse: str, method: Method) -> bool:
    """Whether a method is to be run elsewhere than on the main grid and in the main mode, too."""
    other_grid, other_mode = wish != question.grids[0], reuse != question.reuse[0]
    if method.without or method.error_model == MEASURED:
        return not other_grid and not other_mode
    if other_grid:
        return not other_mode and method.selector in OURS
    return not other_mode or method.selector in _ALSO_IN_OTHER_MODES


def budgeted_jobs(
    material: Material,
    network: LoadedNetwork,
    question: Question,
    way: tuple[GridWish, str, Method],
    nemo: Selector | None = None,
    measured: Measured | None = None,
) -> Iterator[Job]:
    """A method at every budget: on a grid, in a reuse mode."""
    wish, reuse, method = way
    grid = wish.of(material.source.width, material.source.height)
    if method.error_model == MEASURED and measured is not None:
        graph = measured(grid)
    else:
        graph = material.graph(grid, method.error_model_in(reuse))
    selector: str | Selector = method.selector
    if method.selector == "nemo" and nemo is not None:
        selector = nemo
    options = {"halo": network.halo} if method.selector == "gain-per-cost" else None
    whole = graph.objective()
    for budget in question.budgets:
        allowance = _allowance(budget, network, question)
        picks = select(
            graph, allowance, selector, _INTERVAL, without=method.without, options=options
        )
        anchors = picks.anchors_by_frame(len(graph.frames), grid.count)
        estimate = graph.objective(picks.order) / whole if whole else 0.0
        size = len(CacheProfile.from_selection(graph, picks, reuse_mode(reuse)[0]).to_bytes())
        yield Job(material, network, reuse, wish, grid, method, budget, anchors, estimate, size)


def _allowance(budget: Fraction, network: LoadedNetwork, question: Question) -> Allowance:
    if question.by == "area":
        return Budget(float(budget))
    return CostShare(budget, network.halo)
