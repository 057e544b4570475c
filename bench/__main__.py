"""`python -m bench [figures | reuse]`, or `./dev bench ...`."""

from __future__ import annotations

import click


@click.group(invoke_without_command=True)
@click.pass_context
def bench(context: click.Context) -> None:
    """Tables of measured figures; without a command, `figures`."""
    if context.invoked_subcommand is None:
        context.invoke(figures)


@bench.command()
def figures() -> None:
    """Speed and memory, each beside its target; about two minutes."""
    from bench.first_figures import print_figures

    print_figures()


@bench.command()
@click.option("--model", help="ONNX network, x4 [the shipped one].")
@click.option("--frames", default=120, show_default=True, help="Of each clip.")
@click.option("--per-frame", is_flag=True, help="Per-frame SR too, which takes most of the time.")
def reuse(model: str | None, frames: int, per_frame: bool) -> None:
    """PSNR-Y and drift of both reuse modes on the clips of PALANTIR_DATA."""
    from bench.reuse_quality import print_reuse_quality

    print_reuse_quality(model, frames, per_frame)


if __name__ == "__main__":
    bench()
