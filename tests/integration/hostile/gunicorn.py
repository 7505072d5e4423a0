"""The requests by which gunicorn tests its own parser; see gunicorn_requests/README.md."""

from __future__ import annotations

import re
from pathlib import Path

from tests.integration.hostile.case import Case, got

FOLDER = Path(__file__).parent / "gunicorn_requests"
HOST = b"Host: example.org"
ESCAPES = {b"\\r\\n": b"\r\n", b"\\0": b"\0", b"\\n": b"\n", b"\\t": b"\t"}


def request(kind: str, name: str) -> bytes:
    """Return what a file of them stands for, as gunicorn's own tests read it."""
    text = (FOLDER / kind / f"{name}.http").read_bytes().replace(b"\n", b"")
    for written, meant in ESCAPES.items():
        text = text.replace(written, meant)
    return re.sub(rb"\\x([0-9a-fA-F]{2})", lambda found: bytes([int(found[1], 16)]), text)


def addressed(raw: bytes) -> bytes:
    """Have it name a host of the site's, as far as it is about anything else."""
    named, count = re.subn(rb"(?im)^Host: [^\r\n\0]*(?=\r?\n)", HOST, raw, count=1)
    return named if count else re.sub(rb"\A((?:\r\n)*[^\r]*\r\n)", rb"\1" + HOST + b"\r\n", raw)


def names(kind: str) -> list[str]:
    return sorted(file.stem for file in (FOLDER / kind).glob("*.http"))


LONG = " ".join(["portal", *request("invalid", "006").decode().split()[:2]])
LARGER = "breaks a limit that gunicorn was given there; ours is larger"
DROPPED = "nginx drops headers with such names"
ANEW = "nginx takes it, and writes the body anew with a length"

Line = tuple[str, int | tuple[int, ...], tuple[str, ...], str]

DIFFERENT: tuple[Line, ...] = (
    ("001", (), (), "headers that do not end"),
    ("rfc9112_chunked_missing_final_crlf_01", (), (), "a body that does not end"),
    ("006", 200, (LONG,), LARGER),
    ("008", 200, ("portal PUT /stuff/here",), LARGER),
    ("009", 200, ('portal PUT /stuff/here {"nom": "nom"}',), LARGER),
    ("017", 200, ("portal GET /test",), LARGER),
    ("limit_header_default_01", 200, ("portal GET /",), LARGER),
    ("010", 200, ("portal GET /test",), LARGER),
    ("011", 200, ("portal GET /test",), LARGER),
    ("012", 200, ("portal GET /test",), LARGER),
    ("019", 200, ("portal GET /test",), "schemes that disagree; no client's are believed"),
    ("040", 200, ("portal GET /keep/same/as tricked",), DROPPED),
    (
        "chunked_07",
        200,
        ("portal POST /chunked_ambiguous_header_mapping hello world",),
        DROPPED,
    ),
    ("chunked_09", 200, ("portal POST /chunked_ows_without_ext hello",), ANEW),
    ("nonascii_03", (200, 400), ("portal GET /germans.. \\xc3\\x84\\xc3",), DROPPED),
    ("nonascii_04", (200, 400), ("portal GET /french.. \\xc3\\x84\\xc3",), DROPPED),
    ("rfc9110_trailer_forbidden_cl_01", 200, ("portal POST /p hello",), ANEW),
    ("rfc9110_trailer_forbidden_host_01", 200, ("portal POST /p hello",), ANEW),
    ("rfc9110_trailer_forbidden_te_01", 200, ("portal POST /p hello",), ANEW),
    ("rfc9112_bare_lf_01", 200, ("portal GET /",), "nginx takes a bare LF, and writes CRLF"),
    ("rfc9112_leading_crlf_02", 200, ("portal GET /",), "nginx passes empty lines over"),
    ("007", 431, (), ""),
    *((name, 505, (), "") for name in ("018", "prefix_06", "version_02")),
    *((name, 501, (), "") for name in ("chunked_02", "chunked_03")),
    ("rfc9112_te_identity_with_cl_01", 501, (), ""),
    ("rfc9112_te_not_chunked_final_01", 501, (), ""),
)
INVALID: dict[str, Case] = {
    name: got(addressed(request("invalid", name)), answers, *reaches, why=why)
    for name, answers, reaches, why in DIFFERENT
}
"""What gunicorn refuses and what else than 400 comes of it here, with the reason."""

ANSWERS: dict[str, tuple[int, ...]] = {
    **dict.fromkeys(("018", "022", "023"), (200, 400)),
    "099": (),
    "026": (431,),
    **dict.fromkeys(("025_line", "rfc9112_smuggle_gzip_chunked_01"), (501,)),
    "rfc9112_smuggle_te_identity_chunked_01": (501,),
    **dict.fromkeys(("rfc9112_target_absolute_01", "rfc9112_target_absolute_https_01"), (421,)),
    "rfc9112_target_absolute_ipv6_01": (421,),
    **dict.fromkeys(
        (
            *("017", "025", "028", "029", "030", "031compat", "031compat2"),
            *("compat_obs_fold", "compat_obs_fold_huge", "pp_01", "pp_02", "pp_04", "pp_05"),
            *("rfc9112_target_absolute_userinfo_01", "rfc9112_target_asterisk_options_01"),
            *("rfc9112_target_authority_connect_01", "rfc9112_target_authority_ipv6_01"),
        ),
        (400,),
    ),
}
"""What gunicorn takes, perhaps after it was told to, and nginx does not; all else gets 200."""


def invalid() -> dict[str, Case]:
    """Return what must come of each request that gunicorn refuses: 400, if nothing else is said."""
    return {
        name: INVALID.get(name) or got(addressed(request("invalid", name)), 400)
        for name in names("invalid")
    }


def valid() -> dict[str, Case]:
    """Return each request that gunicorn takes, and its answer: 200, if nothing else is said."""
    return {
        name: got(addressed(request("valid", name)), ANSWERS.get(name, (200,)))
        for name in names("valid")
    }
