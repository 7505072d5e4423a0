"""Requests as no browser sends them, through the real nginx to real gunicorns."""
