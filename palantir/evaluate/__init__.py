"""Ways of upscaling compared on one clip, and what frames refer to: tables and pictures."""

from palantir.evaluate.comparison import Row, Variant, compare_variants
from palantir.evaluate.demo import Demo, run_demo
from palantir.evaluate.pictures import comparison_picture, trace_picture
from palantir.evaluate.reference_study import ReferenceStudy, study_references
from palantir.evaluate.single_anchors import measure_single_anchors

__all__ = [
    "Demo",
    "ReferenceStudy",
    "Row",
    "Variant",
    "compare_variants",
    "comparison_picture",
    "measure_single_anchors",
    "run_demo",
    "study_references",
    "trace_picture",
]
