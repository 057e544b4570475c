"""Counts of instructions: whose they are, and what is said where they cannot be had."""

from __future__ import annotations

import shutil

import click
import pytest

from bench import kernels

_SO = "[/somewhere/palantir/_core.so]"
_ANNOTATED = f"""
Ir
6,000 (60.0%)  PROGRAM TOTALS
4,969,920 (24.0%)  ???:void palantir::(anonymous namespace)::stretch_scale<4, true>(short) {_SO}
   30,080 ( 0.2%)  ???:palantir::(anonymous namespace)::stretch_vector(short const*) {_SO}
      453 ( 0.1%)  ???:palantir::(anonymous namespace)::sum_pairs(int) [clone .avx2] {_SO}
       47 ( 0.1%)  ???:palantir::Enlarger::row(int, std::vector<short, A<short> >&)'2 {_SO}
        9 ( 0.1%)  ???:decode_coefs {_SO}
        8 ( 0.1%)  ???:palantir_like [/somewhere/else.so]
"""


def test_forms_of_a_kernel_share_a_row_and_others_code_has_none() -> None:
    assert dict(kernels._summed(_ANNOTATED)) == {
        "stretch": 5_000_000, "sum_pairs": 453, "Enlarger::row": 47,
    }  # fmt: skip


def test_a_missing_tool_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda tool: None)
    with pytest.raises(click.ClickException, match="valgrind is missing") as found:
        kernels.report_kernels(2)
    assert "\n" not in found.value.message
