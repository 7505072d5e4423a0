"""Where does a lab say what it is doing?"""

import sys
from collections.abc import Callable

Tell = Callable[[str], None]


def tell(line: str) -> None:
    """Say it to whoever watches; standard output is for answers."""
    sys.stderr.write(f"lab: {line}\n")
    sys.stderr.flush()
