"""Do the same to several hosts at a time, and tell all that went wrong."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

from tests.lab.errors import LabError
from tests.lab.host import Host

AT_A_TIME = 4


def each(work: Callable[[Host], None], hosts: Iterable[Host]) -> None:
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        results = [pool.submit(work, host) for host in hosts]
    faults = [fault for fault in (result.exception() for result in results) if fault]
    for fault in faults:
        if not isinstance(fault, LabError):
            raise fault
    if faults:
        raise LabError("\n".join(str(fault) for fault in faults))
