from __future__ import annotations

import os
from pathlib import Path

import pytest

from third_party.libvpx import apt
from third_party.libvpx.apt import Archive, machine_archives, source_stanzas
from third_party.libvpx.upstream import LibvpxError, Upstream

SUITES = ("bookworm", "bookworm-security")


@pytest.fixture
def etc(tmp_path: Path) -> Path:
    """An empty apt configuration."""
    (tmp_path / "etc" / "sources.list.d").mkdir(parents=True)
    return tmp_path / "etc"


def test_reads_one_line_sources_with_options(etc: Path) -> None:
    (etc / "sources.list").write_text(
        "# deb http://a.example/commented bookworm main\n"
        "deb [arch=amd64 signed-by=/k.gpg] http://a.example/debian bookworm main contrib # mirror\n"
    )
    signed = (("Signed-By", "/k.gpg"),)
    assert machine_archives(etc) == [Archive("http://a.example/debian", False, signed)]


def test_reads_deb822_sources_with_an_inline_key(etc: Path) -> None:
    (etc / "sources.list.d" / "debian.sources").write_text(
        "Types: deb\n# a comment\nURIs: http://a.example/debian\nSuites: trixie trixie-updates\n"
        "Components: main\nSigned-By:\n -----BEGIN\n .\n abc\n\n"
        "Types: deb\nURIs: http://a.example/security\nSuites: trixie-security\nComponents: main\n"
    )
    archives = machine_archives(etc)
    assert [(a.uri, a.security) for a in archives] == [
        ("http://a.example/debian", False),
        ("http://a.example/security", True),
    ]
    assert dict(archives[0].options)["Signed-By"].splitlines() == ["", " -----BEGIN", " .", " abc"]


@pytest.mark.parametrize(
    "line",
    [
        "deb https://b.example/apt cloud-bookworm main",
        "deb https://b.example/node nodistro main",
        "deb http://a.example/debian bookworm non-free",
        "deb http://a.example/ubuntu noble main",
    ],
)
def test_other_archives_are_left_out(etc: Path, line: str) -> None:
    (etc / "sources.list.d" / "other.list").write_text(line + "\n")
    assert machine_archives(etc) == []


def test_disabled_archives_are_left_out(etc: Path) -> None:
    (etc / "sources.list.d" / "debian.sources").write_text(
        "Types: deb\nURIs: http://a.example/debian\nSuites: bookworm\nComponents: main\n"
        "Enabled: no\n"
    )
    assert machine_archives(etc) == []


def test_asks_each_archive_for_source_packages_of_the_pinned_suite() -> None:
    archives = [
        Archive("http://a.example/debian", False, (("Signed-By", "/k.gpg"),)),
        Archive("http://a.example/security", True, ()),
    ]
    assert source_stanzas(archives, SUITES) == (
        "Types: deb-src\nURIs: http://a.example/debian\nSuites: bookworm\nComponents: main\n"
        "Signed-By: /k.gpg\n"
        "\n"
        "Types: deb-src\nURIs: http://a.example/security\nSuites: bookworm-security\n"
        "Components: main\n"
    )


def test_a_machine_without_apt_get_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LibvpxError, match="no apt-get here"):
        apt.download(Upstream.read(), tmp_path)


def _fake_apt_get(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    program = folder / "bin" / "apt-get"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=os.pathsep)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("W: Failed to fetch x  Could not resolve 'x'", "no network"),
        ("E: Can not find version '1' of package 'libvpx'", "no longer carry libvpx 1.12"),
        ("E: No space left on device", "No space left on device"),
    ],
)
def test_why_apt_get_failed_is_said_in_one_line(
    etc: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, expected: str
) -> None:
    (etc / "sources.list").write_text("deb http://a.example/debian bookworm main\n")
    _fake_apt_get(tmp_path, monkeypatch, f'echo "{said}" >&2; exit 100')
    with pytest.raises(LibvpxError, match=expected) as raised:
        apt.download(Upstream.read(), tmp_path, etc)
    assert "\n" not in str(raised.value)
