"""Networks may be run only if their SHA-256 is on a list."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from palantir.cli import main
from palantir.errors import ModelError
from palantir.models import SRNetwork, optimised, read_allowed, shipped_model
from tests.models.small_networks import stack


@pytest.fixture
def network(tmp_path: Path) -> Path:
    (tmp_path / "net.onnx").write_bytes(stack(scale=2))
    return tmp_path / "net.onnx"


def sum_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_listed_network_is_loaded(network: Path) -> None:
    assert SRNetwork.load(network, allowed={sum_of(network)}).scale == 2


def test_a_network_that_is_not_listed_is_not_even_parsed(
    network: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("palantir.models.network.parse", None)
    with pytest.raises(ModelError) as error:
        SRNetwork.load(network, allowed={64 * "0"})
    assert str(error.value) == (
        f"{network}: its SHA-256, {sum_of(network)}, is not among the 1 allowed"
    )


def test_the_shipped_network_is_always_allowed() -> None:
    assert SRNetwork.load(allowed=()).scale == 4


def test_no_optimised_form_is_taken_from_the_cache(
    network: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever can write to the cache folder could put another network there."""
    SRNetwork.load(network)
    read = list[bytes | None]()
    monkeypatch.setattr(optimised.OptimisedGraph, "read", lambda self: read.append(None))
    SRNetwork.load(network, allowed={sum_of(network)})
    assert not read


def test_a_list_is_what_sha256sum_writes(tmp_path: Path) -> None:
    lines = [f"{'a' * 64}  net.onnx", f"{'B' * 64} *other.onnx", f"\\{'c' * 64}  odd\\nname", ""]
    (tmp_path / "list").write_text("\n".join(lines))
    assert read_allowed(tmp_path / "list") == {"a" * 64, "b" * 64, "c" * 64}


@pytest.mark.parametrize(
    ("text", "reason"),
    [("hello", "line 1 does not begin"), (f"{'a' * 64}\n{'a' * 63}", "line 2 does not begin"),
     (f"{'a' * 65}", "line 1 does not begin"), ("a" * 2**20 + "a", "no list of allowed models")],
)  # fmt: skip
def test_other_lists_are_refused(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "list").write_text(text)
    with pytest.raises(ModelError, match=reason):
        read_allowed(tmp_path / "list")
    with pytest.raises(ModelError, match="No such file"):
        read_allowed(tmp_path / "missing")


def test_the_command_keeps_to_the_list(
    tmp_path: Path, network: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from tests.media.clips import make_clip

    clip, target, listed = make_clip(tmp_path / "a.webm"), tmp_path / "sr.y4m", tmp_path / "list"
    listed.write_text(f"{sum_of(shipped_model())}  detail-x4.onnx\n")
    command = ["enhance", str(clip), "-o", str(target), "--model", str(network)]
    command += ["--allowed-models", str(listed)]
    assert run(["schedule", str(clip)]) == 0
    assert run(command) == 1
    assert "is not among the 1 allowed" in capsys.readouterr().err
    assert not target.exists()
    listed.write_text(f"{sum_of(network)}  net.onnx\n")
    assert run(command) == 0


def run(command: list[str]) -> int:
    with pytest.raises(SystemExit) as ended:
        main(command)
    return int(ended.value.code or 0)
