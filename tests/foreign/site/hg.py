"""Mercurial's hgweb takes bytes, which TOML has not."""

from mercurial.hgweb import hgweb


def make(repositories):
    return hgweb({name.encode(): path.encode() for name, path in repositories.items()})
