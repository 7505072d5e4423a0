"""What `fab doctor` says."""

from __future__ import annotations

import pytest

from deploy.checks.finding import Seen
from deploy.errors import DeployError, ReachError
from deploy.reports import doctor
from tests.deploy.checks.given import HELLO, seen


def test_every_check_of_every_server_is_told_and_what_is_about_all_at_the_end(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found: dict[str, Seen | DeployError] = {
        "web1": seen(skew_seconds=7),
        "web2": seen(server="web2", hello={**HELLO, "keys": "other"}),
        "web3": ReachError("web3", "is down"),
    }

    rows = doctor.rows(found)
    doctor.table(rows)

    assert [row["server"] for row in rows] == ["web1", "web2", "web3", None]
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == [
        "web1  warn",
        "  ok      SSH reaches deploy@web1:22, and its host key is known",
    ]
    at = lines.index("  warn    its clock is 7 s ahead of the one here")
    assert lines[at + 1] == "          there: sudo apt-get install systemd-timesyncd"
    assert lines[-5:] == [
        "web3  wrong",
        "  wrong   is down",
        "all servers  wrong",
        "  wrong   the servers sign with different keys",
        "          run: fab bootstrap",
    ]
