"""SR networks: ONNX models run by ONNX Runtime, which is imported when the first one is loaded."""

from palantir.models.allowed import read_allowed
from palantir.models.network import NetworkLoad, SRNetwork, network_load, shipped_model
from palantir.models.quantization import DEFAULT_FIDELITY, Quantized, quantize
from palantir.models.traits import METADATA_PREFIX, NetworkTraits

__all__ = [
    "DEFAULT_FIDELITY",
    "METADATA_PREFIX",
    "NetworkLoad",
    "NetworkTraits",
    "Quantized",
    "SRNetwork",
    "network_load",
    "quantize",
    "read_allowed",
    "shipped_model",
]
