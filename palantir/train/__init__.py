"""Training of light SR networks on VP9-coded video. Needs the extra `palantir-sr[torch]`."""
