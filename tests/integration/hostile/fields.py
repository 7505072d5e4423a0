"""Header lines: how they end, what they are called, how many there are."""

from tests.integration.hostile.case import Case, got, head

PORTAL = "portal GET /x"
HOST = b"Host: example.org\r\n"
CLOSE = b"Connection: close\r\n\r\n"

FIELDS: dict[str, Case] = {
    "a line folded with a space (obs-fold)": got(head("/x", "X: a", " b"), 400),
    "a line folded with a tab": got(head("/x", "X: a", "\tb"), 400),
    "the first line folded": got(b"GET /x HTTP/1.1\r\n Host: example.org\r\n" + CLOSE, 400),
    "lines that end with `\\n` alone": got(
        b"GET /x HTTP/1.1\nHost: example.org\nConnection: close\n\n", 200, PORTAL
    ),
    "a line that ends with `\\r` alone": got(head("/x", "X: 1\rY: 2"), 400),
    "a line that ends with `\\r\\r\\n`": got(head("/x", "X: 1\r"), 200, PORTAL),
    "an empty line before the request": got(b"\r\n" + head(), 200, PORTAL),
    "two hundred empty lines before the request": got(b"\r\n" * 200 + head(), 200, PORTAL),
    "`\\x00` in a value": got(head("/x", "X: a\x00b"), 400),
    "`\\x07` in a value": got(head("/x", "X: a\x07b"), 400),
    "`\\x7f` in a value": got(head("/x", "X: a\x7fb"), 400),
    "`\\xff` in a value": got(head("/x", "X: a\xffb"), 200, PORTAL),
    "`\\x00` in a name": got(head("/x", "X\x00Y: 1"), 400),
    "a space in a name": got(head("/x", "X Y: 1"), 400),
    "a space behind a name": got(head("/x", "X : 1"), 400),
    "a name of no letters": got(head("/x", ": 1"), 400),
    "a line without a colon": got(head("/x", "nonsense"), 200, PORTAL, why="nginx drops it"),
    "`(X): 1`": got(head("/x", "(X): 1"), 200, PORTAL),
    "`\\xe9: 1`": got(head("/x", "\xe9: 1"), 200, PORTAL),
    "`X_Y: 1`": got(head("/x", "X_Y: 1"), 200, PORTAL),
    "a header of 8,000 letters": got(head("/x", "X: " + "a" * 8000), 200, PORTAL),
    "a header of 8,180 letters": got(head("/x", "X: " + "a" * 8177), 200, PORTAL),
    "a header of 9,000 letters": got(head("/x", "X: " + "a" * 9000), 431),
    "a name of 9,000 letters": got(head("/x", "X" * 9000 + ": 1"), 431),
    "headers of 40 kB": got(head("/x", *["X: " + "a" * 7000] * 6), 431),
    "90 headers": got(head("/x", *(f"X-{n}: 1" for n in range(85))), 200, PORTAL),
    "1,000 headers": got(head("/x", *(f"X-{n}: 1" for n in range(998))), 200, PORTAL),
    "1,001 headers": got(head("/x", *(f"X-{n}: 1" for n in range(999))), 431),
    "2,000 headers of one name": got(head("/x", *["X: 1"] * 2000), 431),
    "1,000,000 headers": got(head("/x", *["X: 1"] * 1_000_000), 431),
    "a Cookie of 8,000 letters": got(head("/x", "Cookie: a=" + "b" * 8000), 200, PORTAL),
    "a User-Agent with quotes, a backslash and controls of terminals": got(
        head("/x", 'User-Agent: a" 200 0 "b\\', "Referer: \x9b31m\xe2\x80\xa8x"), 200, PORTAL
    ),
    "two Content-Types": got(head("/x", "Content-Type: a/b", "Content-Type: c/d"), 400),
}
"""By what is sent."""
