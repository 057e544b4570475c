"""SR networks: ONNX models run by ONNX Runtime, which is imported when the first one is loaded."""

from palantir.models.network import SRNetwork, shipped_model
from palantir.models.traits import METADATA_PREFIX, NetworkTraits

__all__ = ["METADATA_PREFIX", "NetworkTraits", "SRNetwork", "shipped_model"]
