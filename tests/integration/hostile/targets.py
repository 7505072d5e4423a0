"""How a path is written: encodings, dots, slashes, and what is no path."""

from tests.integration.hostile.case import Case, got, head, utf8

TARGETS: dict[str, Case] = {
    "`/wiki/`": got(head("/wiki/x"), 200, "wiki GET /x"),
    "`/%77iki/`": got(head("/%77iki/x"), 200, "wiki GET /x"),
    "`/%2577iki/` (encoded twice)": got(head("/%2577iki/x"), 200, "portal GET /%77iki/x"),
    "`/WIKI/`": got(head("/WIKI/x"), 200, "portal GET /WIKI/x"),
    "`/wiki%2f`": got(head("/wiki%2fx"), 400),
    "`/wiki%5c`": got(head("/wiki%5cx"), 200, "portal GET /wiki\\\\x"),
    "`/wiki\\`": got(head("/wiki\\x"), 200, "portal GET /wiki\\\\x"),
    "`/wiki;x/`": got(head("/wiki;x/x"), 200, "portal GET /wiki;x/x"),
    "`/wiki/;x`": got(head("/wiki/;x/x"), 200, "wiki GET /;x/x"),
    "`/wiki%3bx/`": got(head("/wiki%3bx/x"), 200, "portal GET /wiki;x/x"),
    "`/wiki%20/`": got(head("/wiki%20/x"), 200, "portal GET /wiki /x"),
    "`/wiki./`": got(head("/wiki./x"), 200, "portal GET /wiki./x"),
    "`/wiki%2e/`": got(head("/wiki%2e/x"), 200, "portal GET /wiki./x"),
    "`//wiki/`": got(head("//wiki/x"), 400),
    "`/%2fwiki/`": got(head("/%2fwiki/x"), 400),
    "`/./wiki/`": got(head("/./wiki/x"), 400),
    "`/%2e/wiki/`": got(head("/%2e/wiki/x"), 400),
    "`/x/../wiki/`": got(head("/x/../wiki/x"), 400),
    "`/x/%2e%2e/wiki/`": got(head("/x/%2e%2e/wiki/x"), 400),
    "`/x/%2e%2e%2fwiki/`": got(head("/x/%2e%2e%2fwiki/x"), 400),
    "`/x/%252e%252e/wiki/` (encoded twice)": got(
        head("/x/%252e%252e/wiki/x"), 200, "portal GET /x/%2e%2e/wiki/x"
    ),
    "`/x/..;/wiki/`": got(head("/x/..;/wiki/x"), 200, "portal GET /x/..;/wiki/x"),
    "`/x/..\\wiki/`": got(head("/x/..\\wiki/x"), 200, "portal GET /x/..\\\\wiki/x"),
    "`/x/%c0%ae%c0%ae/wiki/` (overlong)": got(
        head("/x/%c0%ae%c0%ae/wiki/x"), 200, "portal GET /x/\\xc0\\xae\\xc0\\xae/wiki/x"
    ),
    "`/wiki%c0%af` (overlong)": got(head("/wiki%c0%afx"), 200, "portal GET /wiki\\xc0\\xafx"),
    "`/wiki/../`": got(head("/wiki/../x"), 400),
    "`/wiki/%2e%2e/`": got(head("/wiki/%2e%2e/x"), 400),
    "`/wiki/..%2f`": got(head("/wiki/..%2fx"), 400),
    "`/wiki/x/../../`": got(head("/wiki/x/../../x"), 400),
    "`/wiki/x//../`": got(head("/wiki/x//../x"), 200, "wiki GET /x//../x"),
    "`/wiki/..`": got(head("/wiki/..?x"), 400),
    "`/../`": got(head("/../x"), 400),
    "`/..%2f`": got(head("/..%2fx"), 400),
    "`/wiki/%00`": got(head("/wiki/%00x"), 400),
    "`/wiki/\\x00`": got(head("/wiki/\x00x"), 400),
    "`/wiki%00/`": got(head("/wiki%00/x"), 400),
    "`/wiki/\\x01`": got(head("/wiki/\x01x"), 400),
    "`/wiki/\\x7f`": got(head("/wiki/\x7fx"), 400),
    "`/wiki/%0d%0aX:%201`": got(head("/wiki/%0d%0aX:%201/x"), 200, "wiki GET /\\r\\nX: 1/x"),
    "`/wiki/%0a%0d` as another's request": got(
        head("/wiki/x%20HTTP/1.1%0d%0aHost:%20admin.example.org%0d%0a%0d%0a"),
        200,
        "wiki GET /x HTTP/1.1\\r\\nHost: admin.example.org",
    ),
    "`/wiki/ HTTP/1.1` (a space in the path)": got(head("/wiki/x x"), 400),
    "`/wiki/\\t`": got(head("/wiki/\tx"), 400),
    "`/wiki/ü` (bytes beyond ASCII)": got(head(utf8("/wiki/ü/x")), 400),
    "`/wiki/\\xff`": got(head("/wiki/\xff/x"), 400),
    "`/wiki/%zz`": got(head("/wiki/%zz/x"), 400),
    "`/wiki/%`": got(head("/wiki/x%"), 400),
    "`/wiki/%u002e%u002e/`": got(head("/wiki/%u002e%u002e/x"), 400),
    "`/wiki/#x`": got(head("/wiki/x#x"), 200, "wiki GET /x"),
    "`/x#/../wiki/`": got(head("/x/x#/../wiki/"), 200, "portal GET /x/x"),
    "`/x?/../wiki/`": got(head("/x/x?/../wiki/"), 200, "portal GET /x/x"),
    "`wiki/` (no slash)": got(head("wiki/x"), 400),
    "`?x`": got(head("?x"), 400),
    "`*`": got(head("*"), 400),
    "`/` and 8,000 letters": got(
        head("/" + "a" * 8000 + "/x"), 200, "portal GET /" + "a" * 8000 + "/x"
    ),
    "`/` and 8,180 letters, as much as nginx reads": got(
        head("/" + "a" * 8160 + "/x"), 200, "portal GET /" + "a" * 8160 + "/x"
    ),
    "`/` and 9,000 letters": got(head("/" + "a" * 9000 + "/x"), 414),
    "`/` and a million letters": got(head("/" + "a" * 1_000_000 + "/x"), 414),
    "`/.well-known/acme-challenge/%0a` and what looks like a line of the log": got(
        head(
            "/.well-known/acme-challenge/%0a2026/11/21%2012:00:00%20%5Bemerg%5D%20forged",
            host="nobody.example.org",
        ),
        404,
    ),
    "`/wiki/%0a` and what looks like a line of the log": got(
        head("/wiki/%0a192.0.2.1%20-%20-%20%5B21/Nov/2026:12:00:00%5D%20forged"),
        200,
        "wiki GET /\\n192.0.2.1 - - [21/Nov/2026:12:00:00] forged",
    ),
    "4,000 slashes before `wiki/`": got(head("/" * 4000 + "wiki/x"), 400),
    "`/x/../` 1,000 times, then `wiki/`": got(head("/x/.." * 1000 + "/wiki/x"), 400),
}
"""By what is sent to the host of portal, `/`, and wiki, `/wiki`."""
