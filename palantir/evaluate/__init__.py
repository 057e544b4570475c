"""Ways of upscaling compared on one clip: tables and pictures."""

from palantir.evaluate.comparison import Row, Variant, compare_variants
from palantir.evaluate.demo import Demo, run_demo
from palantir.evaluate.pictures import comparison_picture, trace_picture

__all__ = [
    "Demo",
    "Row",
    "Variant",
    "compare_variants",
    "comparison_picture",
    "run_demo",
    "trace_picture",
]
