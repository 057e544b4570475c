"""Training of light SR networks on VP9-coded video, and of filters for the plain upscaler.

Networks need the extra `palantir-sr[torch]`.
"""
