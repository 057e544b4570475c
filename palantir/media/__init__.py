"""Containers in and out, through PyAV: VP9 packets, decoded pictures, written videos.

VP9 segments are only demultiplexed here; their frames are the work of `palantir.codec`.
"""

from palantir.media.colour import Colour
from palantir.media.downscale import lr_size
from palantir.media.encode import encode_lr
from palantir.media.facts import VideoFacts, probe
from palantir.media.frames import read_frames
from palantir.media.pictures import Plane, Planes
from palantir.media.sink import VideoSink
from palantir.media.source import Packet, VideoSource

__all__ = [
    "Colour",
    "Packet",
    "Plane",
    "Planes",
    "VideoFacts",
    "VideoSink",
    "VideoSource",
    "encode_lr",
    "lr_size",
    "probe",
    "read_frames",
]
