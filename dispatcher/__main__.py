"""``python -m dispatcher`` serves the site; with a command it is ``dispatcher COMMAND``."""

import sys

from dispatcher.cli import main

if __name__ == "__main__":
    words = sys.argv[1:]
    named = words and (words[0] in ("--help", "-h") or not words[0].startswith("-"))
    main(words if named else ["run", *words], prog_name="dispatcher")
