"""Programs that run on a server, as root, sent there as text.

Each needs nothing but Python's standard library, takes one JSON object as its only
argument, and is imported by nothing here but its tests.
"""
