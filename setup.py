"""Build the release's sdist so that the same commit always gives the same bytes.

Everything else about the project stands in pyproject.toml.
"""

import gzip
import os
import tarfile
from pathlib import Path

from setuptools import setup
from setuptools.command.sdist import sdist

LEFT_OUT = ("bench", "docs", "tests")
"""Folders that no server has a use for; they were most of what travels."""


class ReproducibleSdist(sdist):  # type: ignore[misc] # setuptools has no types
    """An sdist whose bytes depend on its files alone.

    Owners, permissions of the umask and times vary between two builds; here they
    are fixed, times to ``SOURCE_DATE_EPOCH`` (seconds since 1970, see
    https://reproducible-builds.org/specs/source-date-epoch/).
    """

    def make_distribution(self):  # type: ignore[no-untyped-def]
        """Leave out what is not for servers."""
        for folder in LEFT_OUT:
            self.filelist.exclude_pattern(None, prefix=folder)
        super().make_distribution()

    def make_archive(  # type: ignore[no-untyped-def]
        self, base_name, format, root_dir=None, base_dir=None, owner=None, group=None
    ):
        """Write ``base_name``.tar.gz and return its path."""
        if format != "gztar":
            return super().make_archive(base_name, format, root_dir, base_dir, owner, group)
        epoch = int(os.environ.get("SOURCE_DATE_EPOCH", "0"))

        def normal(member: tarfile.TarInfo) -> tarfile.TarInfo:
            member.uid = member.gid = 0
            member.uname = member.gname = ""
            member.mtime = epoch
            member.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
            return member

        target = Path(f"{base_name}.tar.gz")
        target.parent.mkdir(parents=True, exist_ok=True)
        top = Path(root_dir or ".")
        with (
            target.open("wb") as raw,
            gzip.GzipFile("", "wb", 6, fileobj=raw, mtime=epoch) as packed,
            tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive,
        ):
            for path in sorted([top / base_dir, *(top / base_dir).rglob("*")]):
                archive.add(path, path.relative_to(top), recursive=False, filter=normal)
        return str(target)


setup(cmdclass={"sdist": ReproducibleSdist})
