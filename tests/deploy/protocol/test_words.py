"""Whatever does not fit is refused: the agent is root, and its client only somebody with a key."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from deploy.bundle import Bundle
from deploy.protocol.data_words import Backup, Packed, Restore
from deploy.protocol.wire import ON_THE_WIRE
from deploy.protocol.words import (
    INTENTION,
    REQUEST,
    Begin,
    Deploy,
    Logs,
    Look,
    Maintenance,
    Order,
    Renew,
    Rollback,
    Rotate,
    Show,
    Take,
)
from deploy.remote.link import line
from tests.deploy.sample import BUNDLE, STAMP, A

KEY = "2026-11-21T12:00:00+00:00 5ec2e7"
DEPLOY = Deploy(registry='name = "yard"', bundle=BUNDLE, stamp=STAMP)
ROTATE = Rotate(key=SecretStr(KEY), stamp=STAMP)
ROLLBACK = Rollback(to=A.id, stamp=STAMP)


@pytest.mark.parametrize(
    "request_",
    [
        Look(registry="", environment="staging"),
        Take(file=BUNDLE.sdist),
        Show(intention=DEPLOY),
        Begin(intention=ROTATE),
        Begin(intention=ROLLBACK),
        Order(order="settle"),
        Logs(pool="default", app="wiki", follow=True),
        Backup(pool="default"),
        Take(file=BUNDLE.sdist, private=True),
        Begin(intention=Restore(stamp=STAMP, pools=(Packed(pool="default", file=BUNDLE.sdist),))),
    ],
    ids=lambda request: type(request).__name__,
)
def test_what_a_link_sends_is_what_an_agent_reads(request_: Any) -> None:
    text = line(request_)

    assert text.endswith(b"\n")
    assert text.count(b"\n") == 1
    assert REQUEST.validate_json(text) == request_


def changed(request: Any, path: str, value: object) -> str:
    """Return a request with something in it changed, as JSON."""
    text = request.model_dump_json(context=ON_THE_WIRE)
    at = whole = json.loads(text)
    *keys, last = path.split(".")
    for key in keys:
        at = at[int(key)] if key.isdecimal() else at[key]
    assert last in at or value == "unknown"
    at[last] = value
    return json.dumps(whole)


BACK = Begin(intention=ROLLBACK)
CLOSE = Maintenance(on=True, stamp=STAMP)
GO = Begin(intention=DEPLOY)
LOGS = Logs(pool="default", app="wiki")

CRAFTED = [
    (BACK, "intention.to", "../../etc"),
    (BACK, "intention.to", f"{A.id}\n"),
    (BACK, "intention.to", f"{A.id}/.."),
    (BACK, "intention.to", "20261119T100000-"),
    (BACK, "intention.to", "\u0662\u0660261119T100000-aaaaaaa"),
    (BACK, "intention.to", "2026-11-19"),
    (BACK, "intention.to", ""),
    (BACK, "intention.to", None),
    (BACK, "intention.stamp.by", "ada\n\x1b[2K root"),
    (BACK, "intention.stamp.by", "ada\u009b2K root"),
    (BACK, "intention.stamp.by", "ada\u2028root"),
    (BACK, "intention.stamp.by", "ada\u202etoor"),
    (BACK, "intention.stamp.by", "x" * 201),
    (BACK, "intention.stamp.by", ""),
    (BACK, "intention.stamp.time", "now\r"),
    (BACK, "intention.stamp.run", "../../etc/passwd"),
    (BACK, "intention.stamp.run", "f" * 15),
    (BACK, "intention.watch", -1),
    (BACK, "intention.watch", 1e9),
    (BACK, "intention.watch", "NaN"),
    (BACK, "intention.do", "destroy"),
    (BACK, "intention.sudo", "unknown"),
    (BACK, "sudo", "unknown"),
    (BACK, "ask", "shell"),
    (GO, "intention.bundle.id", ".."),
    (GO, "intention.bundle.commit", "c" * 39),
    (GO, "intention.bundle.version", "1/../.."),
    (GO, "intention.bundle.version", "--help"),
    (GO, "intention.bundle.version", "1" * 201),
    (GO, "intention.bundle.wheels.0.name", f"wheels/{'a' * 256}"),
    (GO, "intention.bundle.sdist.name", "../a.tar.gz"),
    (GO, "intention.bundle.site.name", "/etc/shadow"),
    (GO, "intention.bundle.requirements.name", "-r"),
    (GO, "intention.bundle.wheels.0.name", "wheels/../../a.whl"),
    (GO, "intention.bundle.wheels.0.path", "unknown"),
    (GO, "intention.registry", "x" * 1_000_001),
    (GO, "intention.environment", "../staging"),
    (GO, "intention.environment", "a\n"),
    (LOGS, "pool", "a*"),
    (LOGS, "pool", "../a"),
    (LOGS, "app", "a" * 64),
    (LOGS, "app", "a|.*"),
    (LOGS, "app", "--vacuum-size=1"),
    (LOGS, "app", "wiki\n"),
    (LOGS, "lines", -1),
    (LOGS, "lines", 10**9),
    (LOGS, "unit", "unknown"),
    *(
        (Begin(intention=CLOSE), "intention.allow", [network])
        for network in (
            "fe80::1%a; } error_log cron.d-flaskyard; geo $x {",
            "fe80::1%a\nload_module evil.so;/64",
            "::1%",
            "192.0.2.1; }",
            "192.0.2.1\n",
            "$remote_addr",
        )
    ),
    (Begin(intention=CLOSE), "intention.app", "a|b"),
    (Begin(intention=CLOSE), "intention.minutes", 10**9),
    *(
        (Begin(intention=Renew(stamp=STAMP)), "intention.host", host)
        for host in ("../keys", "a.org b.org", "a.org\n", "*.a.org", "--help;", "a" * 254)
    ),
    (Take(file=BUNDLE.sdist), "file.sha256", "/" * 64),
    (Take(file=BUNDLE.sdist), "file.size", -5),
    (Order(order="back"), "order", "destroy"),
]


@pytest.mark.parametrize(
    ("request_", "path", "value"),
    CRAFTED,
    ids=[f"{path}={value!r:.20}" for _, path, value in CRAFTED],
)
def test_a_request_that_was_crafted_is_refused(request_: Any, path: str, value: object) -> None:
    with pytest.raises(ValidationError):
        REQUEST.validate_json(changed(request_, path, value))


@pytest.mark.parametrize(
    "text",
    ["", "{", "null", "[]", "5", '"look"', "{}", '{"ask":"look"', '{"ask":null}', "\0", "\xff"],
)
def test_what_is_no_request_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        REQUEST.validate_json(text.encode("latin-1"))


def test_a_new_key_is_shown_on_the_wire_alone() -> None:
    assert KEY.encode() in line(Begin(intention=ROTATE))
    for shown in (
        repr(ROTATE),
        str(ROTATE),
        str(ROTATE.model_dump()),
        ROTATE.model_dump_json(),
        INTENTION.dump_json(ROTATE).decode(),
        Begin(intention=ROTATE).model_dump_json(),
        repr(Begin(intention=ROTATE)),
    ):
        assert "5ec2e7" not in shown


def test_what_is_kept_of_a_rotation_can_be_read_again() -> None:
    kept = INTENTION.validate_json(INTENTION.dump_json(ROTATE))

    assert kept.stamp == STAMP
    assert isinstance(kept, Rotate)


@pytest.mark.parametrize(
    ("role", "name"),
    [
        ("sdist", "release.json"),
        ("sdist", "nginx.conf"),
        ("sdist", "venv"),
        ("sdist", "wheels/a.tar.gz"),
        ("site", "pools"),
        ("requirements", "routes"),
        ("requirements", "site.toml"),
    ],
)
def test_no_file_of_a_bundle_is_called_as_another_of_a_release(role: str, name: str) -> None:
    given = BUNDLE.model_dump()
    given[role]["name"] = name

    with pytest.raises(ValidationError, match="called"):
        Bundle.model_validate(given)


def test_a_wheel_is_in_the_folder_of_the_wheels() -> None:
    given = BUNDLE.model_dump()
    given["wheels"][0]["name"] = "release.json"

    with pytest.raises(ValidationError, match="a wheel is called wheels/NAME"):
        Bundle.model_validate(given)
