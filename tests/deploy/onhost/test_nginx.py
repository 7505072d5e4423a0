"""`deploy.onhost.nginx`, with a real nginx's configuration and a real certificate."""

from __future__ import annotations

import ssl
import subprocess
from pathlib import Path

import pytest

from deploy.onhost import nginx
from tests.deploy.webserver import NGINX, needs_nginx

CONFIGURATION = """\
events {{ worker_connections 100; }}
http {{
    include {folder}/other;
    server {{
        listen 127.0.0.1:80; # server_name commented.example;
        server_name one.example "two.example"
            three.example;
        # server_name commented.example;
    }}
}}
"""
OTHER = "server { server_name\tfour.example; ssl_certificate /etc/a.pem; }"


@needs_nginx
def test_names_and_certificates_are_found_with_their_files(tmp_path: Path) -> None:
    main = tmp_path / "nginx.conf"
    main.write_text(f"pid {tmp_path}/pid;\n{CONFIGURATION.format(folder=tmp_path)}")
    (tmp_path / "other").write_text(OTHER.replace("ssl_certificate /etc/a.pem;", ""))

    dump = nginx.run(str(NGINX), "-T", "-q", "-e", f"{tmp_path}/log", "-c", str(main))
    found = nginx.files(dump.stdout)

    assert dump.returncode == 0, dump.stderr
    assert list(found) == [str(main), f"{tmp_path}/other"]
    assert nginx.values("server_name", found[str(main)]) == [
        *("one.example", "two.example", "three.example"),
    ]
    assert nginx.values("worker_connections", found[str(main)]) == ["100"]
    assert nginx.values("server_name", found[f"{tmp_path}/other"]) == ["four.example"]
    assert nginx.values("ssl_certificate", OTHER) == ["/etc/a.pem"]


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ('2026/11/21 nginx: [warn] a\nnginx: [emerg] 7#7: unknown directive "x" in a:1\n', None),
        ("sh: nginx: not found\n", "sh: nginx: not found"),
        ("", "says nothing"),
    ],
)
def test_what_is_wrong_with_a_configuration_is_told_in_a_line(said: str, fault: str | None) -> None:
    assert nginx.fault(said) == (fault or 'unknown directive "x" in a:1')


def test_a_certificate_tells_its_names_and_its_end(tmp_path: Path) -> None:
    path = tmp_path / "c.pem"
    words = (
        *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
        *("-nodes", "-days", "30", "-subj", "/CN=a.example", "-keyout", str(tmp_path / "key")),
        *("-addext", "subjectAltName=DNS:a.example,DNS:b.example", "-out", str(path)),
    )
    subprocess.run(words, check=True, capture_output=True)

    found = nginx.certificate(str(path))
    missing = nginx.certificate(str(tmp_path / "none"))

    end = subprocess.run(
        ("openssl", "x509", "-noout", "-enddate", "-in", str(path)),
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    assert found["names"] == ["a.example", "b.example"]
    assert found["until"] == ssl.cert_time_to_seconds(end.removeprefix("notAfter="))
    assert (missing["until"], missing["names"]) == (None, [])


def test_who_listens_on_the_ports_of_the_web_is_told() -> None:
    table = (
        'LISTEN 0 511 0.0.0.0:80 0.0.0.0:* users:(("nginx",pid=7,fd=6),("nginx",pid=8,fd=6))\n'
        'LISTEN 0 511 [::]:443 [::]:* users:(("apache2",pid=9,fd=4))\n'
        "LISTEN 0 128 0.0.0.0:22 0.0.0.0:*\nLISTEN 0 128 *:8080 *:*\n"
    )

    assert nginx.listeners(table) == [["0.0.0.0:80", "nginx"], ["[::]:443", "apache2"]]
