"""The exceptions palantir raises on bad input, a bad environment or bad arguments.

    PalantirError
    ├── MediaError        a file or pipe cannot be read or written, or has no VP9 track
    ├── BitstreamError    libvpx refused a frame; names the frame and gives libvpx's own words
    ├── UnsupportedError  a legal stream that the SR path does not handle (bit depth, subsampling)
    ├── ProfileError      a cache profile that is damaged, of another version or of another segment
    ├── ModelError        an ONNX file that is no usable SR network
    └── ScheduleError     a budget, grid, interval or graph that cannot be scheduled

Each message is one line, names the file or frame, and carries the numbers that explain it.
"""

from __future__ import annotations

__all__ = [
    "BitstreamError",
    "MediaError",
    "ModelError",
    "PalantirError",
    "ProfileError",
    "ScheduleError",
    "UnsupportedError",
]


class PalantirError(Exception):
    """Base of every error that palantir raises on purpose."""


class MediaError(PalantirError):
    """A container, file or pipe that cannot be read or written."""


class BitstreamError(PalantirError):
    """A VP9 packet that libvpx cannot decode."""


class UnsupportedError(PalantirError):
    """A legal stream that the super-resolution path does not handle."""


class ProfileError(PalantirError):
    """A cache profile that is damaged, unknown or bound to another segment."""


class ModelError(PalantirError):
    """A file that is not a usable super-resolution network."""


class ScheduleError(PalantirError):
    """A budget, grid, interval or graph that cannot be scheduled."""
