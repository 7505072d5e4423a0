"""Pass frames between a tap device and a cable, later and fewer of them.

`python -m tests.lab.relay TAP VETH RTT_MS LOSS_PERCENT MBIT`, until terminated.
"""

import contextlib
import fcntl
import heapq
import os
import random
import select
import signal
import socket
import struct
import sys
import time
from typing import NamedTuple

ETH_P_ALL = 3
FRAME_BYTES = 65600
IFF_TAP_NO_PI = 0x0002 | 0x1000
PACKET_OUTGOING = 4
SO_RCVBUFFORCE = 33
TUNSETIFF = 0x400454CA
BUFFER_SECONDS = 0.2
BURST = 64

TO_BRIDGE, TO_HOST = 0, 1


class Frame(NamedTuple):
    """A frame under way. The number keeps those due at one moment in order."""

    due: float
    number: int
    way: int
    data: bytes


class Relay:
    """Two ends and the frames between them."""

    def __init__(self, tap: int, cable: socket.socket) -> None:
        self.tap = tap
        self.cable = cable
        self.delay_seconds = 0.0
        self.loss = 0.0
        self.bytes_per_second = 0.0
        self.queue: list[Frame] = []
        self.count = 0
        self.free_at = [0.0, 0.0]  # when the line is, each way

    def turn(self) -> None:
        """Deliver what is due, then take in what comes until the next is."""
        self.deliver(time.monotonic())
        wait = max(0.0, self.queue[0].due - time.monotonic()) if self.queue else 5.0
        ready, _, _ = select.select([self.tap, self.cable.fileno()], [], [], wait)
        for end in ready:
            way = TO_HOST if end == self.tap else TO_BRIDGE
            with contextlib.suppress(OSError):  # BlockingIOError: that was all of them
                for _ in range(BURST):
                    self.take(way)

    def deliver(self, now: float) -> None:
        while self.queue and self.queue[0].due <= now:
            frame = heapq.heappop(self.queue)
            with contextlib.suppress(OSError):
                if frame.way == TO_BRIDGE:
                    os.write(self.tap, frame.data)
                else:
                    self.cable.send(frame.data)

    def take(self, way: int) -> None:
        if way == TO_BRIDGE:
            data, address = self.cable.recvfrom(FRAME_BYTES)
            if address[2] == PACKET_OUTGOING:  # our own, to the host
                return
        else:
            data = os.read(self.tap, FRAME_BYTES)
        if random.random() < self.loss:
            return
        due = self.due(way, len(data), time.monotonic())
        if due is not None:
            self.count += 1
            heapq.heappush(self.queue, Frame(due, self.count, way, data))

    def due(self, way: int, size: int, now: float) -> float | None:
        """Return when a frame arrives; never, if it finds the line's buffer full."""
        if not self.bytes_per_second:
            return now + self.delay_seconds
        if self.free_at[way] - now > BUFFER_SECONDS:
            return None
        self.free_at[way] = max(self.free_at[way], now) + size / self.bytes_per_second
        return self.free_at[way] + self.delay_seconds


def open_tap(name: str) -> int:
    tap = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TAP_NO_PI))
    return tap


def open_cable(name: str) -> socket.socket:
    cable = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    cable.bind((name, ETH_P_ALL))
    cable.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 8 << 20)
    cable.setblocking(False)
    return cable


def main(tap: str, veth: str, rtt_ms: str, loss_percent: str, mbit: str) -> None:
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    os.chdir("/")
    relay = Relay(open_tap(tap), open_cable(veth))
    relay.delay_seconds = float(rtt_ms) / 2000
    relay.loss = float(loss_percent) / 100
    relay.bytes_per_second = float(mbit) * 125_000
    while True:
        relay.turn()


if __name__ == "__main__":
    main(*sys.argv[1:])
