"""Whatever the input, a command ends with one line that names the file, and leaves nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from palantir.models import shipped_model
from tests.cli.outcome import Run

DATA = Path(os.environ.get("PALANTIR_DATA") or "/nonexistent")
INVALID = sorted((DATA / "vp9-invalid").glob("*[!s]"))  # not the lists, .res
Watch = Callable[[Path], Callable[[], None]]

COMMANDS = {
    "schedule": ("schedule", "INPUT", "-o", "out.pcp"),
    "enhance": ("enhance", "INPUT", "--profile", "segment.pcp", "-o", "out.mp4"),
    "quantize": ("quantize", str(shipped_model()), "--clip", "INPUT", "-o", "out.onnx"),
    "enhance to Y4M": ("enhance", "INPUT", "--profile", "segment.pcp", "-o", "out.y4m"),
    "inspect": ("inspect", "INPUT", "--image", "out.png"),
}
NO_VIDEO = {
    "empty.webm": "cannot read",
    "text.webm": "cannot read",
    "h264.mp4": "h264, not VP9",
    "tone.webm": "no video track",
    "truncated.webm": "truncated at packet",
    "missing.webm": "No such file",
    ".": "Is a directory",
}


def arguments(command: str, **names: str) -> list[str]:
    return [names.get(word, word) for word in COMMANDS[command]]


@pytest.fixture
def here(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.parametrize("name", NO_VIDEO)
@pytest.mark.parametrize("command", COMMANDS)
def test_what_is_no_vp9_file_is_refused(
    run: Run, here: Path, nothing_new: Watch, command: str, name: str
) -> None:
    untouched = nothing_new(here)
    words = [name] if name == "." else [name, NO_VIDEO[name]]
    run(*arguments(command, INPUT=name)).complains(*words)
    untouched()


@pytest.mark.parametrize("name", ["empty.webm", "text.webm", "tone.webm", "missing.webm", "."])
def test_what_is_no_video_is_neither_encoded_nor_measured(
    run: Run, here: Path, nothing_new: Watch, name: str
) -> None:
    untouched = nothing_new(here)
    run("encode", name, "-o", "out.webm").complains(name)
    run("quality", "hr.mp4", name).complains(name)
    run("quality", name, "hr.mp4").complains(name)
    untouched()


@pytest.mark.parametrize(("name", "why"), [("ten-bit.ivf", "10-bit"), ("444.ivf", "subsampling")])
def test_what_only_enhancing_cannot_do_is_scheduled_and_inspected(
    run: Run, here: Path, nothing_new: Watch, name: str, why: str
) -> None:
    assert run("schedule", name).code == 0
    assert len(run("inspect", name, "--json").json["frames"]) == 6
    untouched = nothing_new(here)
    run("enhance", name, "-o", "out.mp4").complains(name, why)
    run("quantize", str(shipped_model()), "--clip", name, "-o", "o.onnx").complains(name, why)
    untouched()


@pytest.mark.parametrize(
    ("profile", "why"),
    [
        ("damaged.pcp", "CRC-32"),
        ("other.pcp", "another segment"),
        ("segment.webm", "not a cache profile"),
        ("empty.webm", "empty"),
        ("missing.pcp", "No such file"),
        (".", "Is a directory"),
    ],
)
def test_a_profile_that_is_not_the_segments_is_refused(
    run: Run, here: Path, nothing_new: Watch, profile: str, why: str
) -> None:
    untouched = nothing_new(here)
    for command in (("enhance", "segment.webm", "-o", "out.mp4"),
                    ("inspect", "segment.webm", "--image", "out.png")):  # fmt: skip
        run(*command, "--profile", profile).complains(profile, why)
    if profile.endswith(".pcp") and profile != "other.pcp":
        run("inspect", profile).complains(profile, why)
    untouched()


@pytest.mark.parametrize("name", ["text.webm", "empty.webm", "missing.onnx", "."])
def test_what_is_no_network_is_refused(run: Run, here: Path, nothing_new: Watch, name: str) -> None:
    untouched = nothing_new(here)
    run("enhance", "segment.webm", "-o", "out.mp4", "--model", name).complains(name)
    run("demo", "hr.mp4", "-o", "out", "--model", name).complains(name)
    run("quantize", name, "--clip", "segment.webm", "-o", "out.onnx").complains(name)
    shutil.rmtree("out", ignore_errors=True)  # the demo's folder is asked for, and may stay
    untouched()


@pytest.mark.parametrize(
    ("kind", "why"),
    [("marked 2 but 4", "is marked scale 2 but scales by 4"), ("5", "scales by 5"),
     ("external", "external files")],
)  # fmt: skip
def test_a_network_of_a_wrong_scale_or_with_other_files_is_refused(
    run: Run, here: Path, nothing_new: Watch, kind: str, why: str
) -> None:
    from tests.models import small_networks

    if kind == "external":
        tensor = small_networks.weight("w0", 4, 1, 3, 3)
        tensor.data_location = small_networks.TensorProto.EXTERNAL
        tensor.ClearField("raw_data")
        tensor.external_data.add(key="location", value="segment.webm")
        convolve = small_networks.helper.make_node("Conv", ["x", "w0"], ["y"])
        data = small_networks.model([convolve], [tensor])
    elif kind == "5":
        data = small_networks.stack(scale=5)
    else:
        data = small_networks.stack(scale=4, metadata={"palantir.scale": "2"})
    (here / "net.onnx").write_bytes(data)
    untouched = nothing_new(here)
    run("enhance", "segment.webm", "-o", "out.mp4", "--model", "net.onnx").complains(
        "net.onnx", why
    )
    run("inspect", "net.onnx").complains("net.onnx", why)
    untouched()


def test_a_network_of_another_scale_than_the_shipped_one_is_welcome(run: Run, here: Path) -> None:
    from tests.models import small_networks

    (here / "x2.onnx").write_bytes(small_networks.stack(scale=2))
    made = run("enhance", "segment.webm", "-o", "x2.mp4", "--model", "x2.onnx", "--json").json
    assert (made["width"], made["height"]) == (128, 96)
    run("demo", "hr.mp4", "-o", "out", "--model", "x2.onnx").complains("4 times", "2 times")


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Path]:
    """A folder on a disk that is full but for a few bytes."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", str(disk)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no right to mount a small disk")
    try:
        (disk / "ballast").write_bytes(bytes(12 * 1024))
        yield disk
    finally:
        subprocess.run(["umount", str(disk)], check=True)


WRITERS = {
    "out.pcp": ("schedule", "segment.webm", "--grid", "24x32", "--budget", "50%", "-o"),
    "out.mp4": ("enhance", "segment.webm", "-o"),
    "out.webm": ("enhance", "segment.webm", "-o"),
    "out.y4m": ("enhance", "segment.webm", "-o"),
    "lr.webm": ("encode", "hr.mp4", "--scale", "1", "--bitrate", "3000", "-o"),
    "out.png": ("inspect", "segment.webm", "--grid", "24x32", "--image"),
    "out.onnx": ("quantize", str(shipped_model()), "--clip", "segment.webm", "--patches", "4",
                 "--fidelity", "20", "-o"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRITERS)
def test_a_full_disk_leaves_no_file(run: Run, here: Path, full: Path, name: str) -> None:
    (full / "more").write_bytes(bytes(4 * 1024))
    run(*WRITERS[name], full / name).complains(full / name, "No space left")
    assert sorted(path.name for path in full.iterdir()) == ["ballast", "more"]


@pytest.mark.parametrize("name", ["out.mp4", "out.y4m", "lr.webm"])
def test_a_disk_that_fills_up_in_the_middle_leaves_no_file(
    run: Run, here: Path, full: Path, name: str
) -> None:
    run(*WRITERS[name], full / name).complains(full / name, "No space left")
    assert sorted(path.name for path in full.iterdir()) == ["ballast"]


@pytest.mark.parametrize("name", WRITERS)
def test_a_missing_folder_is_named(run: Run, here: Path, nothing_new: Watch, name: str) -> None:
    untouched = nothing_new(here)
    run(*WRITERS[name], f"nowhere/{name}").complains(f"nowhere/{name}", "No such file")
    untouched()


@pytest.mark.parametrize("name", WRITERS)
def test_a_folder_is_never_replaced_by_a_result(
    run: Run, here: Path, nothing_new: Watch, name: str
) -> None:
    (here / name).mkdir()
    untouched = nothing_new(here)
    run(*WRITERS[name], name).complains(name)
    untouched()


@pytest.mark.parametrize("name", WRITERS)
def test_a_read_only_folder_is_named(run: Run, here: Path, tmp_path: Path, name: str) -> None:
    target = tmp_path / "read-only"
    target.mkdir()
    target.chmod(0o555)
    if os.geteuid() != 0:
        run(*WRITERS[name], target / name).complains(target / name, "Permission denied")
        return
    bind = ["mount", "-t", "tmpfs", "-o", "ro,size=16k", "tmpfs", str(target)]  # root may write
    if subprocess.run(bind, capture_output=True, check=False).returncode:
        pytest.skip("root, and no right to mount a read-only disk")
    try:
        run(*WRITERS[name], target / name).complains(target / name, "Read-only file system")
    finally:
        subprocess.run(["umount", str(target)], check=True)


_HOSTILE_RUN = """
import sys
import numpy as np
from palantir.cli import main
from palantir.errors import PalantirError
from palantir.grid import PatchGrid
from palantir.media.source import VideoSource
from palantir.profile import CacheProfile

stream, work = sys.argv[1:]
try:
    source = VideoSource(stream)
    packets = sum(1 for _ in source.packets())
    anchors = np.zeros((packets, 1), np.bool_)
    anchors[::7] = True
    CacheProfile(
        (max(1, source.width), max(1, source.height)), PatchGrid(1, 1), anchors,
        np.arange(packets), np.ones(packets, np.bool_), "none", {}, 1, 1.0, 1.0, "detail",
        source.sha256(),
    ).save(f"{work}/made.pcp")
except PalantirError:
    pass
for command in (
    ["schedule", stream, "-o", f"{work}/out.pcp"],
    ["enhance", stream, "--profile", f"{work}/made.pcp", "-o", f"{work}/out.y4m"],
    ["inspect", stream, "--json"],
):
    try:
        main(command)
    except SystemExit as end:
        print(f"{command[0]} ended with {end.code}", file=sys.stderr)
"""


@pytest.mark.data
@pytest.mark.skipif(not INVALID, reason="PALANTIR_DATA does not name the data folder")
@pytest.mark.parametrize("stream", INVALID, ids=lambda path: path.name)
def test_a_malformed_stream_of_libvpx_ends_every_command_in_order(
    stream: Path, tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _HOSTILE_RUN, str(stream), str(tmp_path)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr  # no signal, no traceback
    lines = done.stderr.splitlines()
    for command, result in (("schedule", "out.pcp"), ("enhance", "out.y4m"), ("inspect", "")):
        if lines[0] == f"{command} ended with 0":
            del lines[0]
            continue
        assert lines[0].startswith("palantir: "), done.stderr
        assert command == "enhance" or str(stream) in lines[0]
        assert lines[1] == f"{command} ended with 1", done.stderr
        assert not result or not (tmp_path / result).exists()
        del lines[:2]
    assert not lines
    assert not list(tmp_path.glob(".*"))  # no temporary file
