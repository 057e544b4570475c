from __future__ import annotations

import pytest

from palantir.media import Colour


@pytest.mark.parametrize(("tag", "matrix"), [(1, "bt709"), (5, "bt601"), (6, "bt601")])
def test_a_tagged_matrix_is_taken_at_any_height(tag: int, matrix: str) -> None:
    assert {Colour.from_tags(tag, 1, height).matrix for height in (144, 2160)} == {matrix}


@pytest.mark.parametrize(("height", "matrix"), [(480, "bt601"), (576, "bt601"), (720, "bt709")])
def test_an_untagged_matrix_follows_the_height(height: int, matrix: str) -> None:
    assert Colour.from_tags(2, 0, height).matrix == matrix


def test_only_an_explicit_tag_makes_full_range() -> None:
    assert [Colour.from_tags(1, tag, 720).full_range for tag in (0, 1, 2)] == [False, False, True]


@pytest.mark.parametrize("full", [False, True])
def test_the_tags_read_back_as_the_same_colour(full: bool) -> None:
    for colour in (Colour("bt601", full), Colour("bt709", full)):
        tags = colour.tags
        assert Colour.from_tags(tags["colorspace"], tags["color_range"], 48) == colour
