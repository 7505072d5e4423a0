"""What tools of others say of the site's https. Their words stay in dist/scans."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from dispatcher.registry.tls import Tls
from tests.deploy.certify.made import chained
from tests.deploy.test_nginx import SITE
from tests.deploy.webserver import needs_nginx, running
from tests.integration.served import ROOT

pytestmark = [needs_nginx, pytest.mark.setup]

HOST = SITE.domain
SCANS = ROOT / "dist" / "scans"
ON_PURPOSE = {
    "cipher_order": "each of the ciphers is good; clients know which is fast for them (Mozilla)",
    "secure_renego": "its openssl did not get through without a host's name; sslyze looks, too",
    "engine_problem": "is about the tool's own openssl",
}


@dataclass(frozen=True, slots=True)
class Scanned:
    """A server, and the file of the authority that its certificate is from."""

    port: int
    root: Path


@pytest.fixture(scope="module")
def scanned() -> Iterator[Scanned]:
    SCANS.mkdir(parents=True, exist_ok=True)
    # A short path: that of a socket may have 107 bytes.
    with tempfile.TemporaryDirectory(prefix="web-") as name:
        folder = Path(name)
        root, own = chained(HOST)
        (folder / "root.pem").write_bytes(root)
        (folder / f"{HOST}.pem").write_bytes(own)
        with running(replace(SITE, tls=Tls(f"ada@{HOST}")), folder) as web:
            yield Scanned(web.https, folder / "root.pem")


def test_it_is_as_mozilla_would_have_it(scanned: Scanned) -> None:
    subprocess.run([ROOT / "bin" / "environment", "scan"], check=True, capture_output=True)
    sslyze = (ROOT / ".venv-scan" / "bin" / "python", "-m", "sslyze")
    options = ("--mozilla_config=intermediate", f"--certinfo_ca_file={scanned.root}")

    done = subprocess.run(
        (*sslyze, *options, "--sni", HOST, f"127.0.0.1:{scanned.port}"),
        capture_output=True,
        text=True,
        check=False,
    )

    (SCANS / "sslyze.txt").write_text(done.stdout + done.stderr)
    assert f"127.0.0.1:{scanned.port}: OK - Compliant." in done.stdout, done.stdout + done.stderr
    assert done.returncode == 0


@pytest.mark.skipif(shutil.which("testssl") is None, reason="needs testssl; apt: testssl.sh")
def test_testssl_finds_nothing(scanned: Scanned) -> None:
    found = SCANS / "testssl.json"
    found.unlink(missing_ok=True)
    quietly = ("--color", "0", "--quiet", "--warnings", "off", "--severity", "LOW")
    about = ("--protocols", "--std", "--fs", "--server-preference", "--vulnerable")
    to = ("--add-ca", scanned.root, "--jsonfile", found, "--ip", "127.0.0.1")

    done = subprocess.run(
        ("testssl", *quietly, *about, *to, f"https://{HOST}:{scanned.port}"),
        capture_output=True,
        text=True,
        check=False,
    )

    (SCANS / "testssl.txt").write_text(done.stdout + done.stderr)
    told = {one["id"]: one["finding"] for one in json.loads(found.read_text())}
    assert {name: text for name, text in told.items() if name not in ON_PURPOSE} == {}
