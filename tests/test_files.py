from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from palantir.files import atomic_path, atomic_write, check_target, open_regular

NOT_ROOT = pytest.mark.skipif(os.geteuid() == 0, reason="root writes wherever it likes")


def test_written_bytes_are_under_the_final_name_alone(tmp_path: Path) -> None:
    atomic_write(tmp_path / "a.bin", b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["a.bin"]
    assert (tmp_path / "a.bin").read_bytes() == b"new"


def test_an_existing_file_is_replaced(tmp_path: Path) -> None:
    target = tmp_path / "a.bin"
    target.write_bytes(b"old")
    atomic_write(target, b"new")
    assert target.read_bytes() == b"new"


def test_the_temporary_file_has_the_suffix_and_the_folder_of_the_target(tmp_path: Path) -> None:
    with atomic_path(tmp_path / "a.webm") as temporary:
        assert (temporary.parent, temporary.suffix) == (tmp_path, ".webm")


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, GeneratorExit])
def test_a_failure_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, error: type[BaseException]
) -> None:
    target = tmp_path / "a.bin"
    target.write_bytes(b"old")

    def fail_midway() -> None:
        with atomic_path(target) as temporary:
            temporary.write_bytes(b"half")
            raise error

    with pytest.raises(error):
        fail_midway()
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_closed_generator_leaves_nothing(tmp_path: Path) -> None:
    def writer() -> Iterator[None]:
        with atomic_path(tmp_path / "a.bin") as temporary:
            temporary.write_bytes(b"half")
            yield

    steps = writer()
    next(steps)
    del steps
    assert not list(tmp_path.iterdir())


def test_permissions_follow_the_umask(tmp_path: Path) -> None:
    (tmp_path / "plain").touch()
    atomic_write(tmp_path / "ours", b"")
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_symbolic_link_stays_and_its_file_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "file")
    atomic_write(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "file").read_bytes() == b"new"


def test_a_very_long_name_is_no_obstacle(tmp_path: Path) -> None:
    target = tmp_path / ("n" * 250 + ".bin")
    atomic_write(target, b"new")
    assert target.read_bytes() == b"new"


def test_a_device_is_refused_and_survives() -> None:
    with pytest.raises(OSError, match="not a regular file"):
        atomic_write("/dev/null", b"")
    assert not Path("/dev/null").is_file()


def test_a_folder_below_a_file_is_refused_with_the_name_of_the_target(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    target = tmp_path / "file" / "a.bin"
    with pytest.raises(NotADirectoryError) as caught:
        atomic_write(target, b"")
    assert caught.value.filename == os.fspath(target)


def test_a_target_that_can_be_written_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "old").write_bytes(b"old")
    (tmp_path / "link").symlink_to(tmp_path / "new")
    before = sorted(tmp_path.iterdir())
    for name in ("old", "new", "link"):
        check_target(tmp_path / name)
    assert sorted(tmp_path.iterdir()) == before
    assert (tmp_path / "old").read_bytes() == b"old"


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("none/a.bin", "No such file"),
        ("folder", "not a regular file"),
        ("file/a.bin", "Not a directory"),
        ("dangling", "No such file"),
        ("to a device", "not a regular file"),
        ("/proc/a.bin", "No such file"),  # where not even root can make a file
        pytest.param("locked/a.bin", "Permission denied", marks=NOT_ROOT),
    ],
)
def test_a_target_that_cannot_be_written_is_known_before(
    tmp_path: Path, place: str, message: str
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "locked").mkdir(mode=0o555)
    (tmp_path / "file").touch()
    (tmp_path / "dangling").symlink_to(tmp_path / "none" / "a.bin")
    (tmp_path / "to a device").symlink_to("/dev/null")
    with pytest.raises(OSError, match=message) as caught:
        check_target(tmp_path / place)
    assert caught.value.filename == os.fspath(tmp_path / place)


def test_a_regular_file_is_opened_at_its_beginning(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(b"bytes")
    (tmp_path / "link").symlink_to(tmp_path / "a.bin")
    for name in ("a.bin", "link"):
        with open_regular(tmp_path / name) as file:
            assert file.read() == b"bytes"


@pytest.mark.parametrize(
    ("name", "message"),
    [("pipe", "not a regular file"), (".", "Is a directory"), ("none", "No such file")],
)
def test_what_is_no_regular_file_is_not_opened(tmp_path: Path, name: str, message: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    open_files = len(list(Path("/proc/self/fd").iterdir()))
    with pytest.raises(OSError, match=message) as caught:
        open_regular(tmp_path / name)
    assert caught.value.filename == os.fspath(tmp_path / name)
    assert len(list(Path("/proc/self/fd").iterdir())) == open_files
