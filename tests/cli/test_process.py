"""The command as a process: signals, pipes, terminals, a standard output that fails."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.media.clips import make_clip

FRAMES = 300
PALANTIR = [sys.executable, "-m", "palantir"]


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a clip that keeps every command busy for seconds, and its profile."""
    folder = tmp_path_factory.mktemp("long")
    clip = folder / "long.webm"
    make_clip(clip, times=range(0, 40 * FRAMES, 40), size=(160, 96))
    done = subprocess.run([*PALANTIR, "schedule", clip], capture_output=True, check=False)
    assert done.returncode == 0
    return folder


def start(*words: str | Path, cwd: Path) -> subprocess.Popen[str]:
    command = [*PALANTIR, *map(str, words)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=cwd, stdout=pipe, stderr=pipe, text=True)


def wait_for_a_temporary(folder: Path) -> None:
    for _ in range(1000):
        if any(path.name.startswith(".") for path in folder.iterdir()):
            time.sleep(0.2)  # well into the work
            return
        time.sleep(0.01)
    raise AssertionError("no temporary file in ten seconds")


BUSY = {
    "enhance": ("enhance", "long.webm", "-o", "out.mkv"),
    "enhance to Y4M": ("enhance", "long.webm", "-o", "out.y4m"),
    "encode": ("encode", "long.webm", "--scale", "1", "--bitrate", "9000", "-o", "out.mkv"),
}
SIGNALS = {
    signal.SIGINT: (130, "interrupted"),
    signal.SIGTERM: (143, "terminated"),
    signal.SIGHUP: (129, "the terminal is gone"),
}


@pytest.mark.parametrize("sent", SIGNALS, ids=lambda sent: sent.name)
@pytest.mark.parametrize("name", BUSY)
def test_a_signal_in_the_middle_leaves_nothing(long: Path, name: str, sent: signal.Signals) -> None:
    before = sorted(long.iterdir())
    process = start(*BUSY[name], cwd=long)
    wait_for_a_temporary(long)
    process.send_signal(sent)
    out, err = process.communicate(timeout=20)
    code, words = SIGNALS[sent]
    assert (process.returncode, out, err) == (code, "", f"palantir: {words}\n")
    assert sorted(long.iterdir()) == before


def wait_until_it_minds_signals(process: subprocess.Popen[str]) -> None:
    status = Path(f"/proc/{process.pid}/status")
    for _ in range(2000):
        caught = next(line for line in status.read_text().splitlines() if "SigCgt" in line)
        if int(caught.split()[1], 16) >> (signal.SIGTERM - 1) & 1:
            return
        time.sleep(0.01)
    raise AssertionError("no handler in twenty seconds")


@pytest.mark.parametrize("delay", [0.0, 0.15, 0.3])
def test_scheduling_can_be_interrupted_at_any_time(long: Path, delay: float) -> None:
    busy = ("schedule", "long.webm", "--selector", "sequential", "--patch", "8x8", "-o", "out.pcp")
    before = sorted(long.iterdir())
    process = start(*busy, cwd=long)
    wait_until_it_minds_signals(process)
    time.sleep(delay)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (130, "palantir: interrupted\n")
    assert sorted(long.iterdir()) == before


def test_an_ignored_hangup_stays_ignored(long: Path) -> None:
    command = ["nohup", *PALANTIR, "inspect", "long.webm", "--json"]
    process = subprocess.Popen(command, cwd=long, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    time.sleep(0.4)
    process.send_signal(signal.SIGHUP)
    process.communicate(timeout=20)
    assert process.returncode == 0


_LOST = """
import signal, sys, time
from palantir.cli.signals import Stopped, stopping_cleanly

class Lost:
    def __del__(self):
        signal.raise_signal(signal.SIGTERM)   # Python cannot pass on what a destructor raises

try:
    with stopping_cleanly():
        Lost()
        if sys.argv[1] == "renamed":
            try:
                signal.pause()
            except BaseException:
                raise ImportError("initialization failed")
        elif sys.argv[1] == "dropped":
            try:
                signal.pause()
            except BaseException:  # as C code does that clears an error it did not expect
                pass
        elif sys.argv[1] == "left":
            try:
                signal.pause()
            except BaseException:
                raise SystemExit(0)
        elif sys.argv[1] == "cycle":
            def keep():
                try:
                    signal.pause()
                except BaseException as error:
                    kept = error  # whose traceback knows this frame
            keep()
            for _ in range(1000):
                time.sleep(0.01)
        signal.pause()
except Stopped as stopped:
    sys.exit(stopped.exit_code)
"""


@pytest.mark.parametrize("kind", ["lost", "renamed", "dropped", "left", "cycle"])
def test_a_signal_counts_even_where_its_exception_is_lost_renamed_or_dropped(kind: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _LOST, kind],
        capture_output=True, text=True, timeout=10, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (143, "")


def test_a_reader_that_leaves_ends_the_pipe_in_one_line(long: Path) -> None:
    process = subprocess.Popen(
        [*PALANTIR, "enhance", "long.webm", "-o", "-"],
        cwd=long, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stderr is not None
    assert process.stdout.read(100).startswith(b"YUV4MPEG2 ")
    process.stdout.close()
    err = process.stderr.read()
    process.stderr.close()
    assert process.wait(timeout=20) == 1
    assert err == b"palantir: standard output: the reader closed the pipe\n"


@pytest.mark.parametrize("flags", [[], ["--json"]])
def test_a_reader_that_leaves_a_table_needs_no_words(long: Path, flags: list[str]) -> None:
    process = subprocess.Popen(
        [*PALANTIR, "inspect", "long.webm", *flags],
        cwd=long, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    err = process.stderr.read()
    process.stderr.close()
    assert (process.wait(timeout=20), err) == (1, b"")


@pytest.mark.parametrize(
    ("words", "redirect", "expected"),
    [
        ("enhance long.webm -o -", ">/dev/full", "cannot write: No space left on device"),
        ("enhance long.webm -o -", ">&-", "Bad file descriptor"),
        ("inspect long.pcp", ">/dev/full", "No space left on device"),
        ("inspect long.pcp --json", ">/dev/full", "No space left on device"),
        ("--help", ">/dev/full", "No space left on device"),
        ("inspect long.pcp", ">&-", ""),
    ],
)
def test_a_standard_output_that_fails_is_one_line(
    long: Path, words: str, redirect: str, expected: str
) -> None:
    done = subprocess.run(
        ["bash", "-c", f"{' '.join(PALANTIR)} {words} {redirect}"],
        cwd=long, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == (1 if expected else 0)
    assert done.stderr.count("\n") == bool(expected)
    assert expected in done.stderr


@pytest.mark.parametrize("encoding", ["ascii", "utf-8:strict"])
def test_output_does_not_depend_on_the_terminals_character_set(long: Path, encoding: str) -> None:
    odd = os.fsencode(long) + b"/gr\xc3\xb6\xff.pcp"
    Path(os.fsdecode(odd)).write_bytes((long / "long.pcp").read_bytes())
    done = subprocess.run(
        [*PALANTIR, "inspect", odd], capture_output=True, check=False,
        env={**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "1"},
    )  # fmt: skip
    Path(os.fsdecode(odd)).unlink()
    assert (done.returncode, done.stderr) == (0, b"")


def on_a_terminal(*words: str, cwd: Path) -> Iterator[bytes]:
    """What a terminal gets to see of standard error."""
    ours, theirs = pty.openpty()
    command = [*PALANTIR, *words]
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
    process = subprocess.Popen(
        command, cwd=cwd, stdout=subprocess.DEVNULL, stderr=theirs, env=environment
    )
    os.close(theirs)
    while True:
        try:
            data = os.read(ours, 65536)
        except OSError:  # Linux reports the end of a terminal like this
            break
        yield data
    os.close(ours)
    assert process.wait(timeout=20) == 0


def test_a_terminal_gets_a_bar_with_the_time_that_is_left(long: Path) -> None:
    words = ("encode", "long.webm", "--scale", "2", "-o", "bar.webm")
    seen = b"".join(on_a_terminal(*words, cwd=long)).decode()
    (long / "bar.webm").unlink()
    assert f"{FRAMES}/{FRAMES}" in seen
    assert "left 0:00:0" in seen.replace("\x1b[36m", "").replace("\x1b[0m", "")


def test_a_terminal_gets_no_bar_where_none_is_wanted(long: Path) -> None:
    words = ("schedule", "long.webm", "-o", "bar.pcp", "--no-progress")
    assert b"".join(on_a_terminal(*words, cwd=long)) == b""
    (long / "bar.pcp").unlink()


def test_a_bar_can_be_had_without_a_terminal(long: Path) -> None:
    process = start("schedule", "long.webm", "-o", "bar.pcp", "--progress", cwd=long)
    _, err = process.communicate(timeout=20)
    (long / "bar.pcp").unlink()
    assert f"{FRAMES}/{FRAMES}" in err


def test_the_room_can_be_run_like_the_command(long: Path) -> None:
    made = []
    for module in (["palantir.schedule"], ["palantir", "schedule"]):
        command = [sys.executable, "-m", *module, "long.webm", "-o", "made.pcp"]
        subprocess.run(command, cwd=long, check=True, capture_output=True)
        made.append((long / "made.pcp").read_bytes())
        (long / "made.pcp").unlink()
    assert made[0] == made[1] == (long / "long.pcp").read_bytes()
    help_text = subprocess.run(
        [sys.executable, "-m", "palantir.schedule", "--help"],
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    assert "palantir schedule [OPTIONS] SEGMENT" in help_text
