from __future__ import annotations

from pathlib import Path

import pytest

from third_party.libvpx.patching import apply_patch, check_touched, read_series, touched_sums
from third_party.libvpx.upstream import LibvpxError

PATCH = "--- a/f.c\n+++ b/f.c\n@@ -2,0 +3 @@\n+hook();\n@@ -4 +5 @@\n-four\n+4\n"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A tree of one file with the lines one to five."""
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "f.c").write_text("one\ntwo\nthree\nfour\nfive\n")
    (tmp_path / "p.patch").write_text(PATCH)
    return tmp_path / "tree"


def test_a_patch_without_context_lands_on_its_lines(tree: Path) -> None:
    apply_patch(tree, tree.parent / "p.patch", exact=True)
    assert (tree / "f.c").read_text().split() == ["one", "two", "hook();", "three", "4", "five"]


def test_a_hunk_that_would_move_is_refused(tree: Path) -> None:
    (tree / "f.c").write_text("zero\none\ntwo\nthree\nfour\nfive\n")
    with pytest.raises(LibvpxError, match=r"p\.patch does not land where it should"):
        apply_patch(tree, tree.parent / "p.patch", exact=True)


def test_an_upstream_file_other_than_the_pinned_one_is_refused(tree: Path) -> None:
    patches = tree.parent
    (patches / "series").write_text("p.patch\n")
    (patches / "touched.sha256").write_text(touched_sums(tree, patches))
    check_touched(tree, patches)
    (tree / "f.c").write_text("one\ntwo and more\nthree\nfour\nfive\n")
    with pytest.raises(LibvpxError, match=r"f\.c is not the file our patches were made for"):
        check_touched(tree, patches)


def test_series_skips_comments(tmp_path: Path) -> None:
    (tmp_path / "series").write_text("# why\n\na.patch\nb.patch -p1\n")
    assert read_series(tmp_path) == ["a.patch", "b.patch"]
