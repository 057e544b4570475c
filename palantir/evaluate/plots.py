"""Pictures of an evaluation. matplotlib is imported when the first one is drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Any

from palantir.evaluate.curves import Curve
from palantir.evaluate.jobs import UPSCALERS
from palantir.evaluate.measures import SSIM
from palantir.evaluate.quality_tables import View
from palantir.evaluate.question import OURS, OWN_MODEL, Method
from palantir.evaluate.results import Result
from palantir.files import atomic_path
from palantir.quality import psnr

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["COLOURS", "draw_panels", "draw_plots"]

# Colours that people of any colour vision tell apart (Okabe and Ito).
COLOURS = ("#D55E00", "#0072B2", "#009E73", "#E69F00", "#CC79A7", "#56B4E9", "#F0E442", "#999999")

_STYLE = {
    "svg.fonttype": "none",
    "svg.hashsalt": "palantir",
    "font.size": 9,
    "text.parse_math": False,  # names of clips and networks may hold $
}

_Drawing = Callable[[View, str, "Axes"], None]


def draw_plots(view: View, folder: Path) -> Iterator[tuple[Path, str]]:
    """Write SVG files, one panel a clip; gives each with its caption.

    Of the bit rate only where plain upscaling was measured at several, of SSIM where it was.

    Raises ImportError without the extra palantir-sr[plots], and OSError.
    """
    kinds: list[tuple[str, _Drawing, str]] = [
        ("anchors", _draw_anchors, "PSNR-Y gained over bilinear against the number of anchors"),
        ("cost", _draw_cost, "PSNR-Y against network cost"),
        ("time", _draw_time, "PSNR-Y over bicubic of each frame at the largest budget but one"),
    ]
    if len(view.results.different("rate")) > 1:
        kinds.append(("rate", _draw_rate, "PSNR-Y against bit rate, profile included"))
    if view.main.different("ssim"):
        kinds.append(("ssim", _draw_ssim, "SSIM of luma against the share of the network cost"))
    for kind, draw, caption in kinds:
        path = folder / f"{view.network}-{kind}.svg"
        draw_panels(view.clips, partial(draw, view), path)
        yield path, f"{caption}: {view.title}"


def draw_panels(names: Sequence[str], draw: Callable[[str, Axes], None], path: Path) -> None:
    """Write a picture with a panel for each name, and the first one's legend beside them.

    Raises ImportError without the extra palantir-sr[plots], and OSError.
    """
    import matplotlib as mpl

    with mpl.rc_context(_STYLE):
        figure, panels = _figure(len(names))
        for name, axes in zip(names, panels, strict=False):
            draw(name, axes)
            axes.set_title(name, fontsize="medium")
            axes.grid(True, alpha=0.3)
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside right upper", fontsize="small", frameon=False)
        with atomic_path(path) as temporary:
            figure.savefig(temporary, metadata={"Date": None})


def _draw_anchors(view: View, clip: str, axes: Axes) -> None:
    """The paper's Fig. 8, with per-frame SR and bicubic as ends."""
    base = view.results.plain(clip, "bilinear").psnr_y
    for method, colour in _coloured(view):
        ones = _by_budget(view, clip, method)
        gains = [one.psnr_y - base for one in ones]
        axes.plot([one.anchors for one in ones], gains, label=str(method), **_style(method, colour))
    whole = view.results.per_frame(clip, view.network).psnr_y - base
    axes.axhline(whole, color="black", linewidth=1, label="per-frame SR")
    bicubic = view.results.plain(clip, "bicubic").psnr_y - base
    axes.axhline(bicubic, color="black", linewidth=1, linestyle=":", label="bicubic")
    axes.set(xlabel="anchors", ylabel="gain, dB")


def _draw_cost(view: View, clip: str, axes: Axes) -> None:
    for method, colour in _coloured(view):
        curve = Curve.of(view.results, clip, view.network, view.reuse, method, view.grid)
        axes.plot(curve.cost, curve.psnr, label=str(method), **_style(method, colour))
    whole = view.results.per_frame(clip, view.network).psnr_y
    axes.axhline(whole, color="black", linewidth=1, label="per-frame SR")
    axes.set(xlabel="GMAC a frame", ylabel="PSNR-Y, dB")


def _draw_time(view: View, clip: str, axes: Axes) -> None:
    """Drift between anchors, in each reuse mode."""
    bicubic = view.results.plain(clip, "bicubic")
    budget = sorted(view.budgets)[-2:][0]
    for mode, colour in zip(view.of_network.different("reuse"), cycle(COLOURS)):
        one = view.of_network.one(
            clip=clip, reuse=mode, method=view.ours[0], budget=budget, grid=view.grid
        )
        if one:
            axes.plot(_won(one, bicubic), color=colour, linewidth=1, label=f"{mode}, {budget}")
    whole = view.results.per_frame(clip, view.network)
    axes.plot(_won(whole, bicubic), color="black", linewidth=0.7, label="per-frame SR")
    axes.set(xlabel="displayed frame", ylabel="over bicubic, dB")


def _draw_rate(view: View, clip: str, axes: Axes) -> None:
    """Plain upscaling of streams of several bit rates, and each budget on the recipe's."""
    for kernel, colour in zip(UPSCALERS, cycle(reversed(COLOURS))):
        plain = view.results.where(clip=clip, network="", reuse=kernel)
        points = sorted((one.kilobits, one.psnr_y) for one in plain)
        axes.plot(*zip(*points, strict=True), color=colour, marker="o", markersize=3, label=kernel)
    method = view.ours[-1]
    ones = _by_budget(view, clip, method)
    rates = [one.kilobits + one.profile_kilobits for one in ones]
    axes.plot(rates, [one.psnr_y for one in ones], label=str(method), **_style(method, COLOURS[0]))
    whole = view.results.per_frame(clip, view.network)
    axes.plot([whole.kilobits], [whole.psnr_y], color="black", marker="x", linestyle="",
              label="per-frame SR")  # fmt: skip
    axes.set(xlabel="kbit/s", ylabel="PSNR-Y, dB")


def _draw_ssim(view: View, clip: str, axes: Axes) -> None:
    for method, colour in _coloured(view):
        ones = sorted(view.main.where(clip=clip, method=method), key=lambda one: one.cost)
        costs = [100 * one.cost for one in ones]
        axes.plot(costs, list(map(SSIM.of, ones)), label=str(method), **_style(method, colour))
    whole, bicubic = view.results.per_frame(clip, view.network), view.results.plain(clip, "bicubic")
    axes.axhline(SSIM.of(whole), color="black", linewidth=1, label="per-frame SR")
    axes.axhline(SSIM.of(bicubic), color="black", linewidth=1, linestyle=":", label="bicubic")
    axes.set(xlabel="network cost, % of per-frame SR", ylabel="SSIM")


def _won(one: Result, base: Result) -> list[float]:
    return [psnr(a) - psnr(b) for a, b in zip(one.errors, base.errors, strict=True)]


def _coloured(view: View) -> Iterator[tuple[Method, str]]:
    """A colour for each selector; its further error models are dashed (`_style`)."""
    methods = [method for method in view.main.different("method") if method.without is None]
    selectors = dict.fromkeys(method.selector for method in methods)
    colours = dict(zip(selectors, cycle(COLOURS)))
    return ((method, colours[method.selector]) for method in methods)


def _style(method: Method, colour: str) -> dict[str, Any]:
    ours = method.selector in OURS
    line = {"linewidth": 2 if ours else 1.2, "marker": "o", "markersize": 3}
    return line | {"color": colour, "linestyle": "-" if method.error_model == OWN_MODEL else "--"}


def _by_budget(view: View, clip: str, method: Method) -> list[Result]:
    ones = view.main.where(clip=clip, method=method)
    return sorted(ones, key=lambda one: one.anchors)


def _figure(panels: int) -> tuple[Figure, list[Any]]:
    from matplotlib.figure import Figure

    columns = min(panels, 3)
    rows = -(-panels // columns)
    figure = Figure(figsize=(3.2 * columns + 1.8, 2.7 * rows), layout="constrained")
    figure.patch.set_facecolor("white")
    axes = list(figure.subplots(rows, columns, squeeze=False).ravel())
    for empty in axes[panels:]:
        empty.set_visible(False)
    return figure, axes
