"""Versions and methods, what asks for another protocol, and several requests on a connection."""

from tests.integration.hostile.case import Case, Pause, chunked, got, head, post

PORTAL = "portal GET /x"
WIKI = "wiki GET /x"
KEPT = head(close=False)
UPGRADE = ("Upgrade: h2c", "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA")
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(9)
HELLO = bytes.fromhex("160301002a0100002603030000")
"""How a client of TLS begins."""

CONNECTIONS: dict[str, Case] = {
    "HTTP/0.9: `GET /`": got(b"GET /x\r\n", (), why="nginx's own page, without a status"),
    "`GET / HTTP/1.2`": got(head(version=" HTTP/1.2"), 200, PORTAL),
    "`GET / HTTP/2.0`": got(head(version=" HTTP/2.0"), 505),
    "`GET / HTTP/0.9`": got(head(version=" HTTP/0.9"), 400),
    "`GET / HTTP/1.1.1`": got(head(version=" HTTP/1.1.1"), 400),
    "`GET / HTTP/1`": got(head(version=" HTTP/1"), 400),
    "`GET / http/1.1`": got(head(version=" http/1.1"), 400),
    "`GET  /  HTTP/1.1` (spaces)": got(head(" /x ", version=" HTTP/1.1"), 200, PORTAL),
    "`GET\\t/ HTTP/1.1`": got(b"GET\t/x HTTP/1.1\r\n\r\n", 400),
    "`get / HTTP/1.1`": got(head(method="get"), 400),
    "`GET\\x00 / HTTP/1.1`": got(head(method="GET\x00"), 400),
    "`FOO / HTTP/1.1`": got(head(method="FOO"), 200, "portal FOO /x"),
    "`G-T / HTTP/1.1`": got(head(method="G-T"), 200, "portal G-T /x"),
    "`TRACE / HTTP/1.1`": got(head(method="TRACE"), 405),
    "`CONNECT example.org:443 HTTP/1.1`": got(head("example.org:443", method="CONNECT"), 400),
    "`CONNECT / HTTP/1.1`": got(head(method="CONNECT"), 405),
    "`OPTIONS * HTTP/1.1`": got(head("*", method="OPTIONS"), 400),
    "the preface of HTTP/2": got(PREFACE, 400),
    "`Upgrade: h2c`": got(
        head("/x", *UPGRADE, "Connection: Upgrade, HTTP2-Settings", close=False), 200, PORTAL
    ),
    "`Upgrade: h2c`, then the preface of HTTP/2": got(
        head("/x", *UPGRADE, "Connection: Upgrade", close=False) + PREFACE, (200, 400), PORTAL
    ),
    "`Upgrade: websocket`": got(
        head(
            "/x",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            "Sec-WebSocket-Version: 13",
            close=False,
        )
        + head("/x/inner", host="admin.example.org"),
        (200, 200),
        PORTAL,
        "admin GET /x/inner",
        why="no upgrade: the second is a request like any other",
    ),
    "`Upgrade: TLS/1.0`, HTTP/1.1": got(head("/x", "Upgrade: TLS/1.0"), 200, PORTAL),
    "the first bytes of TLS, by http": got(HELLO + bytes(100), 400),
    "`PROXY TCP4 ...` before the request": got(
        b"PROXY TCP4 127.0.0.1 127.0.0.1 1 80\r\n" + head(), 400
    ),
    "`Connection: close, X-Forwarded-For`": got(
        head("/x", "Connection: close, X-Forwarded-For, Host", close=False), 200, PORTAL
    ),
    "`Expect: 100-continue`": got(
        post("Content-Length: 5", "Expect: 100-continue", body="hello"),
        (100, 200),
        "portal POST /x hello",
    ),
    "`Expect: 100-continue`, and then no body": got(
        post("Content-Length: 5", "Expect: 100-continue"), 100
    ),
    "`Expect: 100-continue` with a body that is too long": got(
        post("Content-Length: 99999999", "Expect: 100-continue"), 413
    ),
    "`Expect: nonsense`": got(
        post("Content-Length: 5", "Expect: nonsense", body="hello"), 200, "portal POST /x hello"
    ),
    "`Expect: 100-continue`, no body at all": got(
        head("/x", "Expect: 100-continue"), (100, 200), PORTAL
    ),
    "two requests at once, of two apps": got(KEPT + head("/wiki/x"), (200, 200), PORTAL, WIKI),
    "a hundred requests at once": got(KEPT * 99 + head(), (200,) * 100, *(PORTAL,) * 100),
    "a request, and then nonsense": got(KEPT + b"nonsense\r\n\r\n", (200, 400), PORTAL),
    "a request, one that is refused, one behind it": got(
        KEPT + head("/x", "Host: x", close=False) + head(), (200, 400), PORTAL
    ),
    "a POST that is too long, a request in its body": got(
        post("Content-Length: 99999999", body=head("/x/inner").decode(), close=False), 413
    ),
    "`Connection: close`, and a request behind it": got(head() + head("/x/inner"), 200, PORTAL),
    "a POST with its body a moment later": got(
        (post("Content-Length: 5"), Pause(0.2), b"hello"), 200, "portal POST /x hello"
    ),
}
"""By what is sent."""

SLOW: dict[str, Case] = {
    "nothing": got(b""),
    "half a line": got(b"GET /x"),
    "headers without an end": got(head()[:-2]),
    "a header each 0.2 s, for longer than headers may take": got(
        (b"GET /x HTTP/1.1\r\nHost: example.org\r\n", *(b"X: 1\r\n", Pause(0.2)) * 20)
    ),
    "a body that stops": got(post("Content-Length: 9", body="hello")),
    "a body that stops, passed on as it comes": got(
        post("Content-Length: 9", body="hello", target="/stream/x"),
        (),
        "stream POST /x (CutShort)",
        why="it was promised nine bytes, and got five",
    ),
    "a byte of the body each 0.1 s": got(
        (post("Content-Length: 5"), Pause(0.1), b"h", Pause(0.1), b"e", Pause(0.1), b"llo"),
        200,
        "portal POST /x hello",
    ),
    "a reader of 16 MB that does not read": got(
        head("/x/long"), 200, "portal GET /x/long", reads=False, short=True
    ),
    "a reader of 16 MB that does not read, passed on as it comes": got(
        head("/stream/x/long"), 200, "stream GET /x/long", reads=False, short=True
    ),
    "a request, and its client is gone": got(head(), (), PORTAL, leaves=True),
    "half a body, and its client is gone": got(
        post("Content-Length: 9", body="hello"), (), leaves=True
    ),
    "half a body, passed on as it comes, and its client is gone": got(
        chunked("5\r\nhello\r\n", "/stream/x"), (), "stream POST /x (CutShort)", leaves=True
    ),
    "a second request that does not end": got(KEPT + b"GET /", (200), PORTAL),
}
"""By what is sent, or what is not."""
