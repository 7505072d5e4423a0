import pytest

from tests.lab import together
from tests.lab.errors import CommandFailed, LabError
from tests.lab.host import Host, first
from tests.lab.settings import read

HOSTS = first(read({}), 3)


def test_all_faults_are_told_and_the_others_are_done() -> None:
    done = []

    def work(host: Host) -> None:
        if host.number != 2:
            raise LabError(f"{host.name} is odd")
        done.append(host.name)

    with pytest.raises(LabError, match="h1 is odd\nh3 is odd"):
        together.each(work, HOSTS)

    assert done == ["h2"]


def test_what_nobody_can_mend_keeps_its_type() -> None:
    def work(_: Host) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        together.each(work, HOSTS)


def test_a_failed_command_shows_itself_and_the_end_of_what_it_said() -> None:
    error = CommandFailed(("ls", "a b"), 2, "x" * 3000 + "no such file\n")

    assert str(error).startswith("ls 'a b': exit 2\n")
    assert str(error).endswith("xno such file")
    assert len(str(error)) < 2100
