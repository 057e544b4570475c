"""ONNX Runtime sessions: opened on checked bytes, their inputs and outputs fit for pictures."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from palantir.errors import ModelError
from palantir.models.optimised import OptimisedGraph
from palantir.models.processor import saturates

__all__ = ["check_interface", "in_one_line", "open_session"]

_SUFFIX = "ExecutionProvider"
# Has ONNX Runtime take U8U8 products, which no processor saturates. By itself it does not see that
# with VNNI U8S8, several times as fast, are exact too.
_EXACT = "session.x64quantprecision"


def in_one_line(error: Exception) -> str:
    """ONNX Runtime's message without its bracketed prefix, on one line."""
    text = " ".join(str(error).split())
    return text.rsplit("] : ", 1)[-1][:300]


def open_session(
    data: bytes,
    name: str,
    providers: tuple[str, ...] = ("cpu",),
    threads: int = 0,
    *,
    cached: bool = False,
) -> Any:
    """A session on the bytes themselves, so that no other file can come into play.

    With `cached` the optimised graph is kept for the next time (palantir.models.optimised).

    Raises ModelError unless every provider, by its short or whole name, takes part: ONNX Runtime
    by itself would go on with the CPU.
    """
    if threads < 0:
        raise ValueError(f"threads is {threads}; 0 (one per core) or more are possible")
    import onnxruntime

    wanted = _whole_names(providers, onnxruntime.get_available_providers())
    version = onnxruntime.__version__
    session = _from_cache(data, wanted, threads, version) if cached else None
    try:
        session = session or _start(data, wanted, threads)
    except Exception as error:  # ONNX Runtime's exceptions have no common base
        raise ModelError(f"{name}: ONNX Runtime refuses it: {in_one_line(error)}") from None
    session.disable_fallback()
    idle = _idle(session, wanted)
    if idle:
        raise ModelError(
            f"execution provider {', '.join(idle)}: in this build of ONNX Runtime, but does not "
            "start here; are its driver and libraries installed?"
        )
    return session


def _start(
    graph: bytes, providers: list[str], threads: int, *, optimised: bool = False, save: str = ""
) -> Any:
    """A session; what ONNX Runtime makes of the graph can be saved to a file."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.use_deterministic_compute = True
    options.log_severity_level = 4
    # Threads that wait sleep: decoding and reuse, or other streams, can use the core.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry(_EXACT, str(int(saturates())))
    options.optimized_model_filepath = save
    if optimised:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    return onnxruntime.InferenceSession(graph, options, providers=providers)


def _from_cache(data: bytes, providers: list[str], threads: int, version: str) -> Any | None:
    """A session on the kept graph, which is made if there is none; None where that fails."""
    kept = OptimisedGraph(data, providers, f"{version}, {_EXACT} {int(saturates())}")
    if not kept.wanted:
        return None
    try:
        graph = kept.read()
        if graph is None:
            kept.make(partial(_save, data, providers))
            graph = kept.read()
        return graph and _start(graph, providers, threads, optimised=True)
    except Exception:  # the model itself is to blame, or some providers' graphs cannot be saved
        return None


def _save(data: bytes, providers: list[str], path: Path) -> None:
    """Write the optimised graph. Raises where a provider's part would be the CPU's."""
    idle = _idle(_start(data, providers, 1, save=str(path)), providers)
    if idle:
        raise ModelError(f"{', '.join(idle)} did not start")


def _idle(session: Any, wanted: list[str]) -> list[str]:
    """Providers that a session was asked for and goes without."""
    running = session.get_providers()
    return [provider for provider in wanted if provider not in running]


def _whole_names(providers: tuple[str, ...], available: list[str]) -> list[str]:
    """ONNX Runtime's names of those asked for: "cuda" is CUDAExecutionProvider."""
    known = {provider.lower(): provider for provider in available}
    known |= {provider.removesuffix(_SUFFIX).lower(): provider for provider in available}
    missing = [provider for provider in providers if provider.lower() not in known]
    if missing or not providers:
        wanted = ", ".join(missing) or "none given"
        have = ", ".join(provider.removesuffix(_SUFFIX).lower() for provider in available)
        raise ModelError(
            f"execution provider {wanted}: not in this build of ONNX Runtime, which has {have}"
        )
    return list(dict.fromkeys(known[provider.lower()] for provider in providers))


def check_interface(session: Any, name: str) -> tuple[str, bool, int]:
    """The input's name, whether its batch axis is fixed at 1, and its channels."""
    inputs, outputs = session.get_inputs(), session.get_outputs()
    if len(inputs) != 1 or len(outputs) != 1:
        found = f"{len(inputs)} inputs and {len(outputs)} outputs"
        raise ModelError(f"{name}: has {found}; one of each is needed")
    for end, direction in ((inputs[0], "takes"), (outputs[0], "gives")):
        if end.type != "tensor(float)":
            raise ModelError(f"{name}: {direction} {end.type}, not float32")
    shape = inputs[0].shape
    if len(shape) != 4:
        raise ModelError(f"{name}: input has rank {len(shape)}, not 4 (batch, channels, h, w)")
    batch, channels, height, width = shape
    if isinstance(height, int) or isinstance(width, int):
        raise ModelError(f"{name}: input is fixed at {width}x{height}; both must be dynamic")
    if channels not in (1, 3):
        raise ModelError(f"{name}: takes {channels} channels; luma (1) or RGB (3) is needed")
    if isinstance(batch, int) and batch != 1:
        raise ModelError(f"{name}: batch is fixed at {batch}; it must be dynamic or 1")
    return inputs[0].name, batch == 1, channels
