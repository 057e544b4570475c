"""Debian's source package through the machine's own package client, without privileges.

``apt-get`` runs with private state, lists and cache, and with a private view of the machine's
own sources that asks the same archives for source packages. Nothing under /etc changes.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from third_party.libvpx.upstream import LibvpxError, Upstream

__all__ = ["Archive", "download", "machine_archives", "source_stanzas"]

_DEBIAN_SUITE = re.compile(
    r"(old)*stable|testing|unstable|sid|buster|bullseye|bookworm|trixie|forky|duke"
)
_NOT_KEPT = {"types", "uris", "suites", "components", "architectures", "enabled"}
_NO_NETWORK = re.compile(r"resolve|connect|timed out|unreachable|network|Connection", re.IGNORECASE)


@dataclass(frozen=True)
class Archive:
    """One archive that the machine already trusts: its address and how apt verifies it."""

    uri: str
    security: bool
    options: tuple[tuple[str, str], ...]


def machine_archives(etc: Path = Path("/etc/apt")) -> list[Archive]:
    """Return the Debian archives with a ``main`` component that the machine's sources name."""
    stanzas: list[dict[str, str]] = []
    folder = etc / "sources.list.d"
    for path in [etc / "sources.list", *sorted(folder.glob("*.list"))]:
        if path.is_file():
            stanzas += _one_line_stanzas(path.read_text())
    for path in sorted(folder.glob("*.sources")):
        stanzas += _deb822_stanzas(path.read_text())
    return list(dict.fromkeys(archive for stanza in stanzas for archive in _archives(stanza)))


def source_stanzas(archives: list[Archive], suites: tuple[str, ...]) -> str:
    """Return a deb822 sources file that asks ``archives`` for source packages of ``suites``."""
    stanzas = []
    for archive in archives:
        wanted = [suite for suite in suites if suite.endswith("-security") == archive.security]
        fields = [("Types", "deb-src"), ("URIs", archive.uri), ("Suites", " ".join(wanted))]
        fields += [("Components", "main"), *archive.options]
        stanzas.append("".join(f"{name}: {value}\n" for name, value in fields))
    return "\n".join(stanzas)


def download(upstream: Upstream, folder: Path, etc: Path = Path("/etc/apt")) -> None:
    """Download the source package's files into ``folder``, unchecked.

    Raises :class:`LibvpxError` in one line if there is no apt-get, no Debian archive among the
    machine's sources, no network, or if the archives no longer carry the version.
    """
    if shutil.which("apt-get") is None:
        raise LibvpxError(f"no apt-get here to fetch Debian's source package {upstream} with")
    archives = machine_archives(etc)
    if not archives:
        raise LibvpxError(f"no Debian archive with `main` in {etc} to fetch {upstream} from")
    private = folder / "apt"
    (private / "state" / "lists" / "partial").mkdir(parents=True)
    (private / "cache" / "archives" / "partial").mkdir(parents=True)
    sources = private / "debian.sources"
    sources.write_text(source_stanzas(archives, upstream.suites))
    # A suite that an archive does not carry fails `update`, and the others are still usable.
    update = _apt_get(private, folder, "update")
    name = f"{upstream.package}={upstream.version}"
    source = _apt_get(private, folder, "source", "--download-only", "--only-source", name)
    if source.returncode != 0:
        raise LibvpxError(_reason(upstream, update.stderr, source.stderr))
    shutil.rmtree(private)


def _apt_get(private: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    settings = {
        "Dir::Etc::SourceList": private / "debian.sources",
        "Dir::Etc::SourceParts": "/dev/null",
        "Dir::State": private / "state",
        "Dir::State::lists": private / "state" / "lists",
        "Dir::Cache": private / "cache",
        "Acquire::Languages": "none",
        "Acquire::Retries": 2,
        "Acquire::http::Timeout": 30,
        "Acquire::https::Timeout": 30,
    }
    options = [word for name, value in settings.items() for word in ("-o", f"{name}={value}")]
    return subprocess.run(
        ["apt-get", "-q", *options, *arguments],
        cwd=folder,
        env={**os.environ, "LC_ALL": "C"},
        capture_output=True,
        text=True,
        check=False,
    )


def _reason(upstream: Upstream, update: str, source: str) -> str:
    """Word in one line why apt-get could not get the source package."""
    said = [line for line in (update + source).splitlines() if line[:2] in ("E:", "W:")]
    network = [line for line in said if _NO_NETWORK.search(line)]
    if network:
        said_by_apt = network[0][2:].strip()
        return f"cannot fetch {upstream}: no network to the Debian archives ({said_by_apt})"
    if re.search("Can not find version|Unable to find a source package", source):
        return f"the Debian archives of this machine no longer carry {upstream}"
    last = [*filter(None, map(str.strip, [*(update + source).splitlines(), *said]))][-1:]
    return f"apt-get cannot fetch {upstream}: {last[0] if last else 'no reason given'}"


def _archives(stanza: dict[str, str]) -> Iterator[Archive]:
    debian = [suite for suite in stanza["suites"].split() if _is_debian(suite)]
    if "main" not in stanza.get("components", "").split():
        return
    if stanza.get("enabled", "yes").lower() in ("no", "false", "0"):
        return
    options = tuple(
        (name.title(), value) for name, value in stanza.items() if name not in _NOT_KEPT
    )
    for uri in stanza["uris"].split():
        for security in sorted({_is_security(suite) for suite in debian}):
            yield Archive(uri, security, options)


def _is_debian(suite: str) -> bool:
    return _DEBIAN_SUITE.fullmatch(re.split("[-/]", suite, maxsplit=1)[0]) is not None


def _is_security(suite: str) -> bool:
    return suite.endswith(("-security", "/updates"))


def _one_line_stanzas(text: str) -> Iterator[dict[str, str]]:
    pattern = re.compile(r"\s*deb(?:-src)?\s+(?:\[([^]]*)\]\s*)?(\S+)\s+(\S+)([^#]*)")
    for line in text.splitlines():
        match = pattern.match(line)
        if match:
            options, uri, suite, components = match.groups(default="")
            stanza = {"uris": uri, "suites": suite, "components": components}
            for option in shlex.split(options):
                name, _, value = option.partition("=")
                stanza[_FIELD_OF_OPTION.get(name.lower(), name.lower())] = value
            yield stanza


_FIELD_OF_OPTION = {"arch": "architectures", "lang": "languages", "target": "targets"}


def _deb822_stanzas(text: str) -> Iterator[dict[str, str]]:
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    for block in re.split(r"\n\s*\n", "\n".join(lines)):
        stanza: dict[str, str] = {}
        name = ""
        for line in block.splitlines():
            if line[:1] in (" ", "\t") and name:
                stanza[name] += "\n" + line
            elif ":" in line:
                name, value = line.split(":", 1)
                name = name.strip().lower()
                stanza[name] = value.strip()
        if "uris" in stanza and "suites" in stanza:
            yield stanza
