"""Which headers does an answer get that its app did not write itself?

They tell browsers what a page may do and who may use it. Two sets are here: what holds for an app
that was written for it, and what harms no app that nobody here knows.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256

Headers = tuple[tuple[str, str], ...]
"""Names and values, in the order in which they are sent."""

NONCE = "{nonce}"
"""Stands in a policy for what is fresh in each answer."""

CSP_NONCE = "site.csp_nonce"
"""The key of environ that tells an app what that is."""

POLICY, FRAMES = "Content-Security-Policy", "X-Frame-Options"

WITHOUT = "accelerometer camera display-capture geolocation gyroscope hid magnetometer"
WITHOUT += " microphone midi payment serial usb xr-spatial-tracking"

STRICT = {
    POLICY: (
        "default-src 'self'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; "
        "img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ", ".join(f"{feature}=()" for feature in WITHOUT.split()),
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "X-Content-Type-Options": "nosniff",
}

MILD = {
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "X-Content-Type-Options": "nosniff",
    # Not frame-ancestors: that would come before what an app says by this very header.
    FRAMES: "SAMEORIGIN",
}

SETS: Mapping[str, Mapping[str, str]] = {"strict": STRICT, "mild": MILD, "none": {}}

OURS = "apps."
"""How the import string of an app begins that was written here."""

NAMES = (
    *STRICT,
    FRAMES,
    "Content-Security-Policy-Report-Only",
    "Cross-Origin-Embedder-Policy",
    "Reporting-Endpoints",
    "X-Robots-Tag",
)
"""All that site.toml can say, and nothing that would speak to a proxy or of a connection."""

KEYS = {name.lower().replace("-", "_"): name for name in NAMES}
"""The same by their keys in site.toml."""

LONGEST = 2000
"""Characters; nginx takes all headers of an answer in 8 kB."""

STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)
VALUE = re.compile(r"[\x20-\x7e]*")
PLACEHOLDER = re.compile(r"\{[^{}]*\}?|\}")
OF_NONCE = re.compile(r"\s*'nonce-\{nonce\}'")


def headers(
    target: str, of_site: Mapping[str, str | None], of_app: Mapping[str, str | None]
) -> Headers:
    """Return the headers for an app that is imported from ``target``.

    What the app says in site.toml goes before what the site does, and both before the set; an
    empty value stands for no such header. ``none`` of an app is none of the site's either.

    >>> headers("wiki:app", {"referrer_policy": "no-referrer"}, {"x_frame_options": ""})
    (('Referrer-Policy', 'no-referrer'), ('X-Content-Type-Options', 'nosniff'))
    """
    usual = "strict" if target.startswith(OURS) else "mild"
    base = of_app.get("base") or of_site.get("base") or usual
    found = dict(SETS[base])
    for said in (() if of_app.get("base") == "none" else (of_site,)) + (of_app,):
        found |= {KEYS[key]: value or "" for key, value in said.items() if key in KEYS}
    return tuple((name, found[name]) for name in NAMES if found.get(name))


def fixed(given: Headers) -> dict[str, str]:
    """Return them as they are for files, of which none can know what is fresh in an answer."""
    return {name: OF_NONCE.sub("", value) for name, value in given}


def unframed(policy: str) -> str:
    """Return a policy that does not say who may frame a page.

    >>> unframed("default-src 'self'; frame-ancestors 'none'")
    "default-src 'self'"
    """
    kept = [part for part in policy.split(";") if part.split()[:1] != ["frame-ancestors"]]
    return ";".join(kept).strip()


def of_page(html: str) -> dict[str, str]:
    """Return the headers of a page of the site's own: it has its styles in it, and nothing else.

    >>> of_page("<style>p { color: red }</style>")[POLICY].split("; ")[:2]
    ["default-src 'none'", "style-src 'sha256-ngewhhP73WDIbgwseeu52VAAJgKdGUsu1IUQQsAm8m4='"]
    """
    hashes = [b64encode(sha256(style.encode()).digest()).decode() for style in STYLE.findall(html)]
    styles = " ".join(f"'sha256-{one}'" for one in hashes)
    nobody = "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    return {
        POLICY: f"default-src 'none'; style-src {styles}; {nobody}",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }


def fault_of_header(value: str) -> str | None:
    """Say why ``value`` cannot be a header's, or None: nginx and browsers read it as it stands."""
    if not VALUE.fullmatch(value) or len(value) > LONGEST:
        return f"is no value of a header; write it in one line of ASCII, of up to {LONGEST:,}"
    if strange := [letter for letter in "$\\" if letter in value]:
        return f"has {strange[0]!r}, which nginx would read in its own way; leave it out"
    return None


def fault_of_plain(value: str) -> str | None:
    if fault := fault_of_header(value):
        return fault
    if NONCE in value:
        return "has {nonce}, which only a Content-Security-Policy knows; leave it out"
    return None


def fault_of_policy(value: str) -> str | None:
    """Say why ``value`` cannot be a Content-Security-Policy, or None where it can."""
    for found in PLACEHOLDER.findall(value):
        if found != NONCE:
            return f"has {found!r}, which stands for nothing; write 'nonce-{NONCE}'"
    if NONCE in OF_NONCE.sub("", value):
        return f"has {NONCE} where no nonce is; write 'nonce-{NONCE}', with the quotes"
    return fault_of_header(value)
