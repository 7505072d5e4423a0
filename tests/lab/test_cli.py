import subprocess

import pytest

from tests.lab import image, needs
from tests.lab.host import Host
from tests.lab.lab import Lab
from tests.lab.processes import ENVIRON, python


def command(*words: str, lab: Lab | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command as one does, but without site packages."""
    environ = {**ENVIRON, **(lab.settings.environ() if lab else {})}
    return subprocess.run(
        python("tests.lab", *words), check=False, text=True, capture_output=True, env=environ
    )


def test_the_standard_library_is_enough() -> None:
    assert "throw-away Debian hosts" in command("--help").stdout


def test_a_machine_lacks_the_packages_of_the_programs_it_lacks() -> None:
    lacking = needs.absent(lambda program: program not in {"ip", "bridge", "systemd-nspawn"})

    assert lacking == ["iproute2", "systemd-container"]


@pytest.mark.lab
@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["kill", "x9"], "lab: bad host name 'x9': hosts are h1 to h40\n"),
        (["kill", "h9"], "lab: no host h9; there are: none\n"),
        (["up", "0"], "lab: 0 hosts: a lab has 1 to 40\n"),
        (["up", "1", "--from", "x"], "lab: no snapshot 'x'; see: lab status\n"),
    ],
)
def test_a_user_s_mistake_is_told_in_one_line(lab: Lab, words: list[str], message: str) -> None:
    lab.down()

    failed = command(*words, lab=lab)

    assert (failed.returncode, failed.stderr) == (1, message)


@pytest.mark.lab
def test_a_host_can_be_had_looked_at_and_entered_by_commands(lab: Lab) -> None:
    up = command("up", "1", "--fresh", lab=lab)
    assert up.returncode == 0, up.stderr
    assert "was up already" not in up.stderr

    again = command("up", "1", lab=lab)
    assert "lab: h1 was up already: is this lab yours?\n" in again.stderr

    assert "host=h1" in command("status", lab=lab).stdout
    assert '"systemd": "' in command("status", "--json", lab=lab).stdout
    assert command("ssh", "h1", "id -un; hostname", lab=lab).stdout == "deploy\nh1\n"
    assert command("exec", "h1", "id", "-un", lab=lab).stdout == "root\n"
    assert command("down", lab=lab).returncode == 0
    assert "host=" not in command("status", lab=lab).stdout


@pytest.mark.lab
def test_a_purge_takes_keys_and_snapshots_but_not_what_other_labs_use(lab: Lab, host: Host) -> None:
    lab.snap(host, "one")

    assert command("down", "--purge", lab=lab).returncode == 0

    assert [path.name for path in lab.settings.state.iterdir()] == ["lock"]
    assert image.ready(lab.settings)


@pytest.mark.lab
@pytest.mark.usefixtures("host")
def test_the_cache_is_kept_while_a_host_runs_on_it(lab: Lab) -> None:
    refused = command("drop-cache", lab=lab)

    assert refused.returncode == 1
    assert "lab: hosts are running on image" in refused.stderr
    assert image.ready(lab.settings)
