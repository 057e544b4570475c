"""Ways of upscaling compared, and what frames refer to: results, tables, plots and pictures.

`evaluate` is the paper's evaluation on any clips, as `palantir evaluate` runs it; `summarise` makes
its tables.
"""

from palantir.evaluate.comparison import Row, Variant, compare_variants
from palantir.evaluate.demo import Demo, run_demo
from palantir.evaluate.evaluation import Evaluation, evaluate
from palantir.evaluate.fidelity_study import Fidelity, FidelityQuestion, study_fidelity
from palantir.evaluate.halo_study import HaloLoss, study_halo
from palantir.evaluate.pictures import comparison_picture, trace_picture
from palantir.evaluate.question import GridWish, NetworkWish, Question
from palantir.evaluate.reference_study import ReferenceStudy, study_references
from palantir.evaluate.single_anchors import measure_single_anchors
from palantir.evaluate.summary import Summary, summarise
from palantir.evaluate.tier_study import TierQuestion, study_tiers

__all__ = [
    "Demo",
    "Evaluation",
    "Fidelity",
    "FidelityQuestion",
    "GridWish",
    "HaloLoss",
    "NetworkWish",
    "Question",
    "ReferenceStudy",
    "Row",
    "Summary",
    "TierQuestion",
    "Variant",
    "compare_variants",
    "comparison_picture",
    "evaluate",
    "measure_single_anchors",
    "run_demo",
    "study_fidelity",
    "study_halo",
    "study_references",
    "study_tiers",
    "summarise",
    "trace_picture",
]
