"""Tests, mirroring the tree: tests/dispatcher holds what dispatcher must keep."""
