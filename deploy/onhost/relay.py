#!/usr/bin/python3 -I
"""Hand what comes on stdin to this site's agent, and its answers to stdout.

The only thing that the SSH user may do as root, and it takes no argument: what may be asked
is up to the agent, which checks every word.
"""

import os
import select
import socket
import sys
from pathlib import Path

PIECE = 1 << 16


def main(site: str, folder: str = "/run/flaskyard") -> None:
    """Go between until either side ends."""
    agent = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        agent.connect(f"{folder}/{site}.agent")
    except OSError as error:
        sys.exit(f"the agent of {site} cannot be reached: {error.strerror}; run: fab bootstrap")
    for stream in (0, 1):
        os.set_blocking(stream, True)  # whoever asks may have left them otherwise
    asking = [0, agent.fileno()]
    while agent.fileno() in asking:
        for ready in select.select(asking, [], [])[0]:
            if ready == 0:
                got = os.read(0, PIECE)
                if got:
                    agent.sendall(got)
                else:
                    agent.shutdown(socket.SHUT_WR)
                    asking.remove(0)
            else:
                said = agent.recv(PIECE)
                if not said:
                    return
                written = 0
                while written < len(said):
                    written += os.write(1, said[written:])


if __name__ == "__main__":
    try:
        main(Path(__file__).resolve().parent.parent.name)
    except (BrokenPipeError, ConnectionError):
        os._exit(1)
