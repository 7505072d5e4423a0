"""Those who want no answer: connections that wait, headers and bodies that trickle in, a flood.

``python -m bench.edge.crowd PORT KIND COUNT ADDRESSES`` opens them, says ``there``, and keeps them
up until its input ends; then it says what they were answered. ADDRESSES is from how many of the
loopback network they come.
"""

from __future__ import annotations

import asyncio
import resource
import sys
from collections import Counter
from collections.abc import Callable, Coroutine
from functools import partial

from bench.edge.front import HOST

HEAD = f"HTTP/1.1\r\nHost: {HOST}\r\n".encode()
PACE_SECONDS = 5.0
"""Between two bytes of what trickles in: sooner than the site gives up on one who sends nothing."""

AT_ONCE = 200
PIPELINED = 20
Visit = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[None, None, None]]


async def idle(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


async def trickle(
    begin: bytes, piece: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Send the beginning, and a piece now and then."""
    writer.write(begin)
    refused = asyncio.ensure_future(reader.read(100))
    while not refused.done():
        await writer.drain()
        await asyncio.wait({refused}, timeout=PACE_SECONDS)
        writer.write(piece)
    seen[refused.result()[9:12].decode() or "closed"] += 1


async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Ask as fast as answers come, many at a time."""
    while True:
        writer.write((b"GET / " + HEAD + b"\r\n") * PIPELINED)
        await writer.drain()
        got = await reader.read(1 << 16)
        if not got:
            writer.close()
            return
        seen.update(word[:3].decode() for word in got.split(b"HTTP/1.1 ")[1:])


KINDS: dict[str, Visit] = {
    "idle": idle,
    "headers": partial(trickle, b"GET / " + HEAD, b"X-More: 1\r\n"),
    "bodies": partial(trickle, b"POST / " + HEAD + b"Content-Length: 1000000\r\n\r\n", b"x"),
    "flood": flood,
}
seen: Counter[str] = Counter()


async def connected(
    port: int, source: str
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
    try:
        return await asyncio.open_connection("127.0.0.1", port, local_addr=(source, 0))
    except OSError:
        seen["not connected"] += 1
        return None


async def come(port: int, kind: str, count: int, addresses: int) -> None:
    gate = asyncio.Semaphore(AT_ONCE)
    there = 0
    all_ = asyncio.Event()

    async def one(number: int) -> None:
        nonlocal there
        which = number % addresses
        source = f"127.{9 + (which >> 16)}.{which >> 8 & 255}.{which & 255 | 1}"
        async with gate:
            at = await connected(port, source)
        there += 1
        if there == count:
            all_.set()
        while at:
            try:
                await KINDS[kind](*at)
            except ConnectionError:
                seen["closed"] += 1
            # A flood goes on, whatever it is told; the others gave up.
            at = await connected(port, source) if kind == "flood" else None

    tasks = [asyncio.create_task(one(number)) for number in range(count)]
    await all_.wait()
    print("there", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    for task in tasks:
        task.cancel()
    print(" ".join(f"{word}:{times}" for word, times in seen.items()), flush=True)


if __name__ == "__main__":
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    asyncio.run(come(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
