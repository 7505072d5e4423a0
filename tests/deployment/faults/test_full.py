"""Where there is no room left in the middle of a deployment, the old release stays as it was."""

from __future__ import annotations

import pytest

from tests.deployment.faults import state
from tests.deployment.faults.stage import Stage
from tests.deployment.faults.visitors import visitors

pytestmark = pytest.mark.lab

DISK = (
    "set -- $(stat -f -c '%f %S' /); fallocate -l $((($1 - 200) * $2)) /var/tmp/spare; "
    "cat /dev/zero > /var/tmp/rest 2> /dev/null || true",
    "rm -f /var/tmp/spare /var/tmp/rest",
)
INODES = (
    "mkdir /var/tmp/rest; cd /var/tmp/rest; set -- $(stat -f -c %d /); "
    "python3 -c 'import os, sys\nfor n in range(int(sys.argv[1]) - 30): os.mknod(str(n))' $1",
    "rm -rf /var/tmp/rest",
)
RUN = (
    "mount -o remount,size=4M /run; cat /dev/zero > /run/rest 2> /dev/null || true",
    "rm -f /run/rest; mount -o remount,size=1G /run",
)
INODES_OF_RUN = (
    "mount -o remount,nr_inodes=1000 /run; mkdir /run/rest; cd /run/rest; "
    "seq 2000 | xargs touch 2> /dev/null || true",
    "rm -rf /run/rest; mount -o remount,nr_inodes=100000 /run",
)


@pytest.mark.parametrize(
    ("note", "fill"),
    [
        ("check the hashes", DISK),
        ("bring it to the disk", DISK),
        ("check the hashes", RUN),
        ("check the hashes", INODES_OF_RUN),
        ("check the hashes", INODES),
    ],
    ids=["disk, early", "disk, late", "run", "inodes of run", "inodes"],
)
def test_what_fills_up_in_the_middle_is_survived(
    stage: Stage, note: str, fill: tuple[str, str]
) -> None:
    lab, host, project = stage.lab, stage.host, stage.project
    state.keep_warm(lab, host)
    before, live = state.all_of(lab, host), project.live()

    with visitors(host.ip) as visits:
        _, running = stage.deploy_until(stage.number_of(note))
        try:
            lab.run(host, "sh", "-c", fill[0])
            stage.gate.let_go()
            _, err = running.communicate(timeout=90)
        finally:
            lab.run(host, "sh", "-c", fill[1])

    assert running.returncode == 1, err
    assert "every server is as it was before" in err
    assert (project.live(), state.all_of(lab, host)) == (live, before)
    assert state.orphans(lab, host) == ""
    # Apps that write fail on a full disk, whatever is deployed; this one only answers.
    ours = [lost for lost in visits.lost if fill not in (DISK, INODES) or "/marker/" in lost]
    assert ours == []
