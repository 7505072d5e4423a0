"""``python -m deploy.agent SITE [recover | certify]``, which systemd runs and nobody else."""

from __future__ import annotations

import sys

from deploy.agent import service
from deploy.certify.round import certify
from deploy.layout import Layout

if __name__ == "__main__":
    site, *rest = sys.argv[1:]
    if rest == ["recover"]:
        service.opened(Layout(site)).resume()
    elif rest == ["certify"]:
        certify(Layout(site))
    else:
        service.serve(Layout(site))
