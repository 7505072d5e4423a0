"""Where a request ends and the next begins: Content-Length and Transfer-Encoding at odds."""

from tests.integration.hostile.case import Case, Pause, chunked, got, head, post

INNER = "GET /x/inner HTTP/1.1\r\nHost: admin.example.org\r\n\r\n"
"""What is to be taken for a request of its own."""

CHUNKED = "Transfer-Encoding: chunked"
NOTHING = f"0\r\n\r\n{INNER}"
"""A body of no chunk, and behind it what is to be taken for the next request."""
HELLO = "5\r\nhello\r\n0\r\n\r\n"
POSTED = "portal POST /x"

AMBIGUOUS: dict[str, Case] = {
    "CL.TE: both, the length has a request behind the last chunk": got(
        post(f"Content-Length: {len(NOTHING)}", CHUNKED, body=NOTHING), 400
    ),
    "TE.CL: both, the length ends within the first chunk": got(
        post("Content-Length: 4", CHUNKED, body=f"{len(INNER):x}\r\n{INNER}\r\n0\r\n\r\n"), 400
    ),
    "both, in the other order": got(
        post(CHUNKED, f"Content-Length: {len(NOTHING)}", body=NOTHING), 400
    ),
    "both, and both right": got(post("Content-Length: 15", CHUNKED, body=HELLO), 400),
    "TE.TE: `chunked` and `identity`": got(
        post(CHUNKED, "Transfer-Encoding: identity", body=NOTHING), 400
    ),
    "TE.TE: `identity` and `chunked`": got(
        post("Transfer-Encoding: identity", CHUNKED, body=NOTHING), 400
    ),
    "`chunked` twice": got(post(CHUNKED, CHUNKED, body=NOTHING), 400),
}

ENCODINGS = (
    *("chunked, identity", "identity, chunked", "gzip, chunked", "chunked, chunked"),
    *("xchunked", "chunked;q=1", "'chunked'", "chunked,", ",chunked", "identity", "gzip", ""),
    *("chunked\x0b", "\x0bchunked", "chun\tked"),
)
AMBIGUOUS |= {
    f"`Transfer-Encoding: {value}`".replace("\x0b", "\\x0b").replace("\t", "\\t"): got(
        post(f"Transfer-Encoding: {value}", body=NOTHING), 501
    )
    for value in ENCODINGS
}
FIVE = "\N{ARABIC-INDIC DIGIT FIVE}"
LENGTHS = ("+5", "-5", "0x5", "5.0", "5e0", "5 5", "5, 5", "5,", "five", "", FIVE, "1" * 40)
AMBIGUOUS |= {
    f"`Content-Length: {value}`": got(
        post(f"Content-Length: {value.encode().decode('latin-1')}", body="hello" + INNER), 400
    )
    for value in LENGTHS
}
AMBIGUOUS |= {
    "`TRANSFER-ENCODING: CHUNKED`": got(
        post("TRANSFER-ENCODING: CHUNKED", body=HELLO), 200, f"{POSTED} hello"
    ),
    "`Transfer-Encoding : chunked`": got(post("Transfer-Encoding : chunked", body=NOTHING), 400),
    "`Transfer-Encoding\\t: chunked`": got(post("Transfer-Encoding\t: chunked", body=NOTHING), 400),
    "` Transfer-Encoding: chunked` (folded)": got(
        post("X: 1", " Transfer-Encoding: chunked", body=NOTHING), 400
    ),
    "`Transfer-Encoding:` and `chunked` in the next line": got(
        post("Transfer-Encoding:", " chunked", body=NOTHING), 400
    ),
    "`Transfer_Encoding: chunked`": got(
        post("Transfer_Encoding: chunked", body=NOTHING),
        200,
        POSTED,
        why="no header of HTTP's, and taken away; without a length there is no body",
    ),
    "`Transfer-Encoding: chunked` after a `\\r` alone": got(
        post("X: 1\rTransfer-Encoding: chunked", body=NOTHING), 400
    ),
    "`Transfer-Encoding: chunked` in HTTP/1.0": got(
        head("/x", CHUNKED, method="POST", version=" HTTP/1.0") + NOTHING.encode(), 400
    ),
    "two Content-Lengths, 5 and 0": got(
        post("Content-Length: 5", "Content-Length: 0", body="hello"), 400
    ),
    "two Content-Lengths, alike": got(
        post("Content-Length: 5", "Content-Length: 5", body="hello"), 400
    ),
    "`Content-Length : 5`": got(post("Content-Length : 5", body="hello"), 400),
    "`Content_Length: 5`": got(
        post("Content_Length: 5", body="hello"),
        200,
        POSTED,
        why="no header of HTTP's, and taken away",
    ),
    "`Content-Length: 05`": got(post("Content-Length: 05", body="hello"), 200, f"{POSTED} hello"),
    "a GET with a body that is a request": got(
        head("/x", f"Content-Length: {len(INNER)}") + INNER.encode(),
        200,
        f"portal GET /x {ascii(INNER.rstrip())[1:-1]}",
    ),
}
"""By what is sent. Most have a request to another app behind what one reading takes for the end."""

CHUNKS: dict[str, Case] = {
    "chunks as they should be": got(chunked(HELLO), 200, f"{POSTED} hello"),
    "chunks, their sizes with zeros before": got(
        chunked("0005\r\nhello\r\n000\r\n\r\n"), 200, f"{POSTED} hello"
    ),
    "chunks with extensions": got(
        chunked('5;a=b;c="d"\r\nhello\r\n0;e\r\n\r\n'), 200, f"{POSTED} hello"
    ),
    "a chunk with an extension that has `\\n` in quotes": got(
        chunked(f'5;a="\n"\r\nhello\r\n0\r\n\r\n{INNER}'), 400
    ),
    "trailers": got(chunked("5\r\nhello\r\n0\r\nX-Trailer: 1\r\n\r\n"), 200, f"{POSTED} hello"),
    "trailers that are `Content-Length`, `Host` and `Transfer-Encoding`": got(
        chunked(
            "5\r\nhello\r\n0\r\nContent-Length: 9\r\nHost: admin.example.org\r\n"
            "Transfer-Encoding: x\r\n\r\n"
        ),
        200,
        f"{POSTED} hello",
        why="nginx drops them",
    ),
    "a trailer that is no header": got(
        chunked("5\r\nhello\r\n0\r\nnonsense\r\n\r\n"),
        200,
        f"{POSTED} hello",
        why="dropped as well",
    ),
    "trailers of 100 kB": got(
        chunked("5\r\nhello\r\n0\r\n" + "X: y\r\n" * 17_000 + "\r\n"), 200, f"{POSTED} hello"
    ),
    "no CRLF behind the data": got(chunked("5\r\nhello0\r\n\r\n"), 400),
    "more data than the chunk says": got(chunked("4\r\nhello\r\n0\r\n\r\n"), 400),
    "less data than the chunk says": got(chunked(f"8\r\nhello\r\n0\r\n\r\n{INNER}"), 400),
    "a chunk that takes the `\\r` behind its data, too": got(
        chunked(f"6\r\nhello\r\n0\r\n\r\n{INNER}"), 200, f"{POSTED} hello", why="the `\\n` ends it"
    ),
    "a body that ends within a chunk": got(chunked("9\r\nhello")),
    "no last chunk": got(chunked("5\r\nhello\r\n")),
    "no CRLF after the last chunk": got(chunked("5\r\nhello\r\n0\r\n")),
    "a chunk that is longer than a body may be": got(chunked("fffffff\r\nhello"), 413),
    "a chunk size with a space behind it": got(
        chunked("5 \r\nhello\r\n0 \r\n\r\n"), 200, f"{POSTED} hello", why="nginx writes it anew"
    ),
    "sizes that end with `\\n` alone": got(
        chunked("5\nhello\n0\n\n"), 200, f"{POSTED} hello", why="nginx takes it, and writes it anew"
    ),
}
SIZES = ("-5", "+5", "0x5", " 5", "5_0", "g", "", ";a", "5,", "5.0", "f" * 17, "1" + "0" * 16)
CHUNKS |= {
    f"a chunk size `{size}`": got(chunked(f"{size}\r\nhello\r\n0\r\n\r\n{INNER}"), 400)
    for size in SIZES
}
CHUNKS |= {
    f"{name}, where bodies are passed on as they come": got(
        chunked(body, "/stream/x"), 400, why="what came before the fault may reach the app"
    )
    for name, body in {
        "a chunk size `+5`": f"+5\r\nhello\r\n0\r\n\r\n{INNER}",
        "no CRLF behind the data": "5\r\nhello0\r\n\r\n",
        "less data than the chunk says": f"8\r\nhello\r\n0\r\n\r\n{INNER}",
    }.items()
}
CHUNKS |= {
    "a chunk, and then none that is one, passed on as it comes": got(
        (post(CHUNKED, target="/stream/x"), b"5\r\nhello\r\n", Pause(0.5), b"nonsense\r\n"),
        400,
        "stream POST /x (CutShort)",
    ),
    "a chunk, and then an end without a last one, passed on as it comes": got(
        (post(CHUNKED, target="/stream/x"), b"5\r\nhello\r\n"), (), "stream POST /x (CutShort)"
    ),
}
"""By the body that is sent."""
