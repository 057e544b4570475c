"""One enhancement in a process of its own: `python -m bench.engine_run` with a `Run` as JSON.

Prints a `Finding` as JSON.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from palantir.codec import decode_packets
from palantir.enhance import Enhancer, enhance
from palantir.media import VideoSource
from palantir.models import SRNetwork
from palantir.profile import CacheProfile

__all__ = ["Finding", "Run", "find"]


@dataclass(frozen=True)
class Run:
    """What to enhance, and how.

    stages  whether to take the stages in turn and time each, instead of letting them overlap
    """

    clip: str
    profile: str
    model: str | None
    reuse: str
    frames: int
    threads: int
    stages: bool


@dataclass(frozen=True)
class Finding:
    """Seconds after the first frame, and the process's peak memory in MB.

    cpu     seconds of the process's threads together
    stages  seconds of decoding with its trace, of the network, and of reuse; none where they
            overlapped
    """

    frames: int
    seconds: float
    cpu: float
    peak: float
    stages: tuple[float, ...] = ()


def find(run: Run) -> Finding:
    """Measure in a new process. Raises subprocess.CalledProcessError."""
    command = [sys.executable, "-m", "bench.engine_run", json.dumps(asdict(run))]
    text = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return Finding(**json.loads(text))


def _overlapped(run: Run, network: SRNetwork, profile: CacheProfile) -> Finding:
    frames = enhance(run.clip, profile, network, reuse=run.reuse, threads=run.threads)
    next(frames)
    begin, cpu = time.perf_counter(), time.process_time()
    count = sum(1 for _ in islice(frames, run.frames))
    return Finding(count, time.perf_counter() - begin, time.process_time() - cpu, _peak())


def _in_turn(run: Run, network: SRNetwork, profile: CacheProfile) -> Finding:
    enhancer = Enhancer(network, profile.grid, reuse=run.reuse, threads=run.threads)
    packets = decode_packets(
        VideoSource(run.clip), threads=run.threads, full=enhancer.needs_full_trace
    )
    first, stages, count, cpu = 0, np.zeros(3), -1, 0.0  # the first frame is the warm-up
    times = [time.perf_counter()]
    for packet in packets:
        anchors = profile.anchors[first : first + len(packet.frames)]
        first += len(packet.frames)
        times.append(time.perf_counter())
        inferred = enhancer.infer(packet, anchors)
        times.append(time.perf_counter())
        shown = enhancer.reuse(inferred)
        times.append(time.perf_counter())
        if count >= 0:
            stages += np.diff(times)
        else:
            cpu = time.process_time()
        count += shown is not None
        if count == run.frames:
            break
        times = times[-1:]
    cpu = time.process_time() - cpu
    return Finding(count, float(stages.sum()), cpu, _peak(), tuple(stages.tolist()))


def _peak() -> float:
    """Of this process alone: what `resource` tells begins with the parent's."""
    line = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert line is not None
    return int(line[1]) / 1024


def _main() -> None:
    run = Run(**json.loads(sys.argv[1]))
    network = SRNetwork.load(run.model, threads=run.threads)
    profile = CacheProfile.load(run.profile)
    finding = (_in_turn if run.stages else _overlapped)(run, network, profile)
    print(json.dumps(asdict(finding)))


if __name__ == "__main__":
    _main()
