"""Put a new master key before those there are, and forget the oldest."""

import json
import os
import sys
from pathlib import Path
from typing import Any

from deploy.onhost.whole import write


def main(given: dict[str, Any]) -> None:
    """Write the file of the keys anew; the one from before stays beside it."""
    keys, before = Path(given["keys"]), Path(given["before"])
    before.unlink(missing_ok=True)  # one of an earlier rotation must not come back
    lines = keys.read_text("ascii").splitlines()[: given["previous"]]
    text = "".join(f"{line}\n" for line in (Path(given["next"]).read_text("ascii").strip(), *lines))
    os.link(keys, before)
    write(keys, text.encode("ascii"))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
