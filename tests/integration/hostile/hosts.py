"""Which app a request is for: Host headers, and targets that name a host themselves."""

from tests.integration.hostile.case import Case, got, head, utf8

PORTAL = "portal GET /x"
ADMIN = "admin GET /x"
WIDE = "\N{FULLWIDTH LATIN SMALL LETTER E}xample.org"

HOSTS: dict[str, Case] = {
    "`Host: EXAMPLE.ORG`": got(head(host="EXAMPLE.ORG"), 200, PORTAL),
    "`Host: example.org.`": got(head(host="example.org."), 200, PORTAL),
    "`Host: example.org:80`": got(head(host="example.org:80"), 200, PORTAL),
    "`Host: example.org:65536`": got(head(host="example.org:65536"), 200, PORTAL),
    "`Host: example.org:`": got(head(host="example.org:"), 200, PORTAL),
    "`Host: example.org:x`": got(head(host="example.org:x"), 400),
    "`Host: example.org:80x`": got(head(host="example.org:80x"), 400),
    "`Host: example.org:-1`": got(head(host="example.org:-1"), 400),
    "`Host: example.org:80:80`": got(head(host="example.org:80:80"), 400),
    "`Host: example.org:80@admin.example.org`": got(
        head(host="example.org:80@admin.example.org"), 400
    ),
    "`Host: user@example.org`": got(head(host="user@example.org"), 400),
    "`Host: example.org@admin.example.org`": got(head(host="example.org@admin.example.org"), 400),
    "`Host: nobody.example.org:x`": got(head(host="nobody.example.org:x"), 400),
    "`Host: example.org, admin.example.org`": got(head(host="example.org, admin.example.org"), 400),
    "`Host: example.org/wiki`": got(head(host="example.org/wiki"), 400),
    "`Host: example.org#admin.example.org`": got(head(host="example.org#admin.example.org"), 400),
    "`Host: example.org?`": got(head(host="example.org?"), 400),
    "`Host: example.org\\admin.example.org`": got(head(host="example.org\\admin.example.org"), 400),
    "`Host: example..org`": got(head(host="example..org"), 400),
    "`Host: .example.org`": got(head(host=".example.org"), 421),
    "`Host: example.org..`": got(head(host="example.org.."), 400),
    "`Host: nobody.example.org`": got(head(host="nobody.example.org"), 421),
    "`Host: evilexample.org`": got(head(host="evilexample.org"), 421),
    "`Host: example.org.evil.org`": got(head(host="example.org.evil.org"), 421),
    "`Host: dispatcher.internal`": got(head(host="dispatcher.internal"), 421),
    "`Host: 127.0.0.1`": got(head(host="127.0.0.1"), 421),
    "`Host: [::1]`": got(head(host="[::1]"), 421),
    "`Host: [::1`": got(head(host="[::1"), 400),
    "`Host: xn--bcher-kva.example`": got(head(host="xn--bcher-kva.example"), 200, ADMIN),
    "`Host: bücher.example`": got(head(host=utf8("bücher.example")), 400),
    f"`Host: {WIDE}` (wide letter)": got(head(host=utf8(WIDE)), 400),
    "`Host: %65xample.org`": got(head(host="%65xample.org"), 421),
    "`Host: example.org%00`": got(head(host="example.org%00"), 421),
    "`Host: example.org\\x00`": got(head(host="example.org\x00"), 400),
    "`Host: example.org\\x01`": got(head(host="example.org\x01"), 400),
    "`Host: example.org admin.example.org`": got(head(host="example.org admin.example.org"), 400),
    "`Host: admin.example.org\\t`": got(head(host="admin.example.org\t"), 400),
    "`Host:` (empty)": got(head("/x", "Host:", host=""), 400),
    "a Host of 9,000 letters": got(head(host="a" * 9000), 421),
    "a Host of 70,000 letters": got(head(host="a" * 70_000), 431),
    "a Host of 7,000 letters": got(head(host="a" * 7000), 421),
    "no Host, HTTP/1.1": got(head(host=""), 400),
    "no Host, HTTP/1.0": got(head(host="", version=" HTTP/1.0"), 421),
    "two Hosts, alike": got(head("/x", "Host: example.org"), 400),
    "two Hosts, one of another app": got(head("/x", "Host: admin.example.org"), 400),
    "two Hosts, the second as ` Host:` (folded)": got(head("/x", " Host: admin.example.org"), 400),
    "two Hosts, the second as `Host :`": got(head("/x", "Host : admin.example.org"), 400),
    "two Hosts, the second as `HOST:`": got(head("/x", "HOST: admin.example.org"), 400),
    "`X-Forwarded-Host: admin.example.org`": got(
        head("/x", "X-Forwarded-Host: admin.example.org"), 200, PORTAL
    ),
    "`X_Forwarded_Host`, `X-Host`, `Forwarded` of another app": got(
        head(
            "/x",
            "X_Forwarded_Host: admin.example.org",
            "X-Host: admin.example.org",
            "Forwarded: host=admin.example.org",
        ),
        200,
        PORTAL,
    ),
    "`http://admin.example.org/`, Host another app's": got(
        head("http://admin.example.org/x"), 200, ADMIN
    ),
    "`http://example.org/`, Host another app's": got(
        head("http://example.org/x", host="admin.example.org"), 200, PORTAL
    ),
    "`http://nobody.example.org/`, Host an app's": got(head("http://nobody.example.org/x"), 421),
    "`http://dispatcher.internal/`, Host an app's": got(head("http://dispatcher.internal/x"), 421),
    "`https://admin.example.org/`, by http": got(head("https://admin.example.org/x"), 200, ADMIN),
    "`ftp://admin.example.org/`": got(head("ftp://admin.example.org/x"), 200, ADMIN),
    "`http://user@admin.example.org/`": got(head("http://user@admin.example.org/x"), 400),
    "`http://admin.example.org:80/`": got(head("http://admin.example.org:80/x"), 200, ADMIN),
    "`http://ADMIN.example.org./`": got(head("http://ADMIN.example.org./x"), 200, ADMIN),
    "`http://admin.example.org:x/`": got(head("http://admin.example.org:x/x"), 400),
    "`http://admin.example.org/`, Host no host at all": got(
        head("http://admin.example.org/x", host="example.org:x"), 400
    ),
    "`http:///`": got(head("http:///x"), 400),
    "`http://admin.example.org\\@example.org/`": got(
        head("http://admin.example.org\\@example.org/x"), 400
    ),
    "`http:/admin.example.org/`": got(head("http:/admin.example.org/x"), 400),
    "`http://admin.example.org/`, no Host, HTTP/1.1": got(
        head("http://admin.example.org/x", host=""), 400
    ),
    "`http://admin.example.org/`, no Host, HTTP/1.0": got(
        head("http://admin.example.org/x", host="", version=" HTTP/1.0"), 200, ADMIN
    ),
    "`@admin.example.org/`": got(head("@admin.example.org/x"), 400),
    "`//admin.example.org/`": got(
        head("//admin.example.org/x"), 200, "portal GET //admin.example.org/x"
    ),
}
"""By what is sent."""
