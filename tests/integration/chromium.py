"""A real browser, without a window."""

from __future__ import annotations

import re
import shutil
import subprocess
from html import unescape
from pathlib import Path

import pytest

needs_chromium = pytest.mark.skipif(
    not shutil.which("chromium"), reason="needs a browser; apt-get install chromium"
)

SWITCHES = (
    "--headless",
    "--no-sandbox",  # root may not have one
    "--disable-gpu",
    "--ignore-certificate-errors",  # the site's own certificate
    "--virtual-time-budget=10000",  # ms of its own clock, which runs ahead while nothing happens
)


def shown(url: str, profile: Path) -> str:
    """Return the text of a page once its scripts have ended; what it stores is in ``profile``."""
    return opened(url, profile)[0]


def opened(url: str, profile: Path, *more: str) -> tuple[str, list[str]]:
    """Return the text of a page once its scripts have ended, and what the browser's console says.

    That has what a policy of the page did not let through. ``more`` are switches.
    """
    own = (f"--user-data-dir={profile}", "--enable-logging=stderr", "--log-level=0")
    words = ["chromium", *SWITCHES, *own, *more, "--dump-dom", url]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=True)
    console = re.findall(r":CONSOLE[^\]]*\] (.*)", done.stderr)
    return unescape(re.sub(r"<[^>]*>", "", done.stdout)).strip(), console
