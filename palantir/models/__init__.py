"""SR networks: ONNX models run by ONNX Runtime, which is imported when the first one is loaded."""

from .network import SRNetwork, shipped_model
from .traits import METADATA_PREFIX, NetworkTraits

__all__ = ["METADATA_PREFIX", "NetworkTraits", "SRNetwork", "shipped_model"]
