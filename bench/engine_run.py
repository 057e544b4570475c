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
    """What to enhance, and how: paths, frames from the first on, threads."""

    clip: str
    profile: str
    model: str
    frames: int
    threads: int


@dataclass(frozen=True)
class Finding:
    """What was found; times in seconds.

    seconds  as the stages overlap
    cpu      of the process's threads together, meanwhile
    peak     memory of the process until then, MB
    stages   decoding with its trace, the network, and reuse, taken in turn
    """

    frames: int
    seconds: float
    cpu: float
    peak: float
    stages: list[float]


def find(run: Run) -> Finding:
    """Measure in a new process. Raises subprocess.CalledProcessError."""
    command = [sys.executable, "-m", "bench.engine_run", json.dumps(asdict(run))]
    text = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return Finding(**json.loads(text))


def _measure(run: Run) -> Finding:
    network = SRNetwork.load(run.model, threads=run.threads)
    profile = CacheProfile.load(run.profile)
    warm_up = enhance(run.clip, profile, network, threads=run.threads)
    next(warm_up)
    warm_up.close()
    frames = enhance(run.clip, profile, network, threads=run.threads)
    begin, cpu = time.perf_counter(), time.process_time()
    count = sum(1 for _ in islice(frames, run.frames))
    seconds, cpu = time.perf_counter() - begin, time.process_time() - cpu
    frames.close()
    peak = _peak()
    return Finding(count, seconds, cpu, peak, _in_turn(run, network, profile))


def _in_turn(run: Run, network: SRNetwork, profile: CacheProfile) -> list[float]:
    """Seconds of each stage over as many frames."""
    enhancer = Enhancer(network, profile.grid, threads=run.threads)
    packets = decode_packets(VideoSource(run.clip), threads=run.threads, full=False)
    first, count, stages = 0, 0, np.zeros(3)
    while count < run.frames:
        times = [time.perf_counter()]
        packet = next(packets)
        times.append(time.perf_counter())
        inferred = enhancer.infer(packet, profile.anchors[first : first + len(packet.frames)])
        times.append(time.perf_counter())
        count += enhancer.reuse(inferred) is not None
        times.append(time.perf_counter())
        first += len(packet.frames)
        stages += np.diff(times)
    return [float(seconds) for seconds in stages]


def _peak() -> float:
    """Of this process alone: what `resource` tells begins with the parent's."""
    line = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert line is not None
    return int(line[1]) / 1024


if __name__ == "__main__":
    print(json.dumps(asdict(_measure(Run(**json.loads(sys.argv[1]))))))
