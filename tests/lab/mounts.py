"""What is mounted below a directory, and how is it taken off?"""

from pathlib import Path

from tests.lab import shell
from tests.lab.waiting import until


def below(place: Path) -> list[Path]:
    """Return the mount points there, the last mounted first."""
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    # blanks and the like are written \040
    points = (Path(line.split()[4].encode().decode("unicode_escape")) for line in lines)
    return [point for point in points if point.is_relative_to(place)][::-1]


def clear(place: Path) -> None:
    """Unmount all of it; after two seconds lazily, so that at least the place is free."""

    def cleared() -> bool:
        for point in below(place):
            shell.try_to("umount", point)
        return not below(place)

    if not until(cleared, seconds=2, pause_seconds=0.05):
        for point in below(place):
            shell.run("umount", "-l", point, check=False)
