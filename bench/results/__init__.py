"""The `results` command: the quality part of docs/results.md, part by part, from one command."""
