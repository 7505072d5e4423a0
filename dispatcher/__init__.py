"""One site of many WSGI apps: which app answers which host and path.

Each package here answers one question; docs/code.md is a map of them, and of the way of a request.
"""
