"""Benchmarks: each is a command, and README.md has its last results."""
