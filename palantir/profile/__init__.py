"""The cache profile: the file in which a segment's anchors travel to whoever decodes it."""

from __future__ import annotations

from palantir.profile.cache_profile import REUSE_PARAMETERS, CacheProfile

__all__ = ["REUSE_PARAMETERS", "CacheProfile"]
