"""SR networks: ONNX models run by ONNX Runtime, which is imported when the first one is loaded."""

from palantir.models.network import NetworkLoad, SRNetwork, network_load, shipped_model
from palantir.models.traits import METADATA_PREFIX, NetworkTraits

__all__ = [
    "METADATA_PREFIX",
    "NetworkLoad",
    "NetworkTraits",
    "SRNetwork",
    "network_load",
    "shipped_model",
]
