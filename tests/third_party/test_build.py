"""How libvpx is configured."""

from __future__ import annotations

import pytest

from third_party.libvpx.build import FLAVOURS, configure_options
from third_party.libvpx.upstream import LibvpxError


@pytest.mark.parametrize("limit", ["32769x16", "16x40000", "99999x99999"])
def test_a_size_limit_that_libvpx_cannot_count_is_refused(
    limit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PALANTIR_SIZE_LIMIT", limit)
    with pytest.raises(LibvpxError, match=f"at most 32768x32768, not {limit}"):
        configure_options()


def test_the_largest_size_limit_is_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PALANTIR_SIZE_LIMIT", "32768x32768")
    assert "--size-limit=32768x32768" in configure_options()


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_sanitizers_see_all_since_they_get_no_assembler(flavour: str) -> None:
    options = configure_options(flavour)
    sanitized = "-fsanitize" in " ".join(options)
    assert sanitized == ("--target=generic-gnu" in options)
