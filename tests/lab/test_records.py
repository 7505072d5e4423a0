from pathlib import Path

from tests.lab import records
from tests.lab.host import Host
from tests.lab.processes import Process
from tests.lab.records import Record
from tests.lab.settings import read


def new_host(place: Path) -> Host:
    host = Host(read({"LAB_STATE": str(place)}), 1)
    host.dir.mkdir(parents=True)
    return host


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    host = new_host(tmp_path)
    record = Record(supervisor=Process(1, "2"), since=3.5, cut=True, relay=None, lag="80ms rtt")

    records.save(host, record)

    assert records.load(host) == record


def test_nothing_is_known_of_a_new_host(tmp_path: Path) -> None:
    host = new_host(tmp_path)

    assert records.load(host) == Record()
    assert records.state(host) == "absent"


def test_a_host_whose_supervisor_is_gone_is_off(tmp_path: Path) -> None:
    host = new_host(tmp_path)
    host.disk.touch()
    records.save(host, Record(supervisor=Process(1, "not when pid 1 started")))

    assert records.state(host) == "off"
    assert records.leader(host) is None
