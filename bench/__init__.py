"""Benchmarks: `python -m bench`; tables with ratios to a named peer."""
