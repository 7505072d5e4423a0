"""Secrets are each app's own, and outlive a rotation."""

from __future__ import annotations

from contextlib import suppress

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st

from dispatcher.keys.derivation import PREVIOUS, Keys, Master, derived

OLD = Master("2026-11-20T07:00:00+00:00", b"o" * 32)
NEW = Master("2026-11-21T07:00:00+00:00", b"n" * 32)


@given(st.binary(min_size=32, max_size=32), st.text(), st.text())
def test_a_secret_is_what_hkdf_of_the_library_makes_of_the_master(
    key: bytes, site: str, app: str
) -> None:
    """RFC 5869, with SHA-256 and no salt."""
    info = f"flaskyard\0secret\0{site}\0{app}".encode()
    library = HKDF(SHA256(), 32, salt=None, info=info).derive(key)

    assert Keys((Master("", key),)).secrets(site, app) == (library.hex(),)


def test_no_two_apps_sites_or_masters_have_a_secret_in_common() -> None:
    keys = Keys((NEW, OLD))
    names = [("yard", "wiki"), ("yard", "shop"), ("yard-staging", "wiki"), ("yardwiki", "")]

    secrets = [secret for site, app in names for secret in keys.secrets(site, app)]

    assert len(set(secrets)) == 8
    assert derived(NEW.key, "fingerprint") not in secrets


def test_after_a_rotation_the_secrets_from_before_follow_the_new_one() -> None:
    before = Keys((OLD,))

    after = before.rotated(NEW)

    assert after.secrets("yard", "wiki")[1:] == before.secrets("yard", "wiki")
    assert after.masters[0] == NEW


def test_only_so_many_masters_from_before_are_kept() -> None:
    keys = Keys((OLD,))
    for _ in range(5):
        keys = keys.rotated(Master.new())

    assert len(keys.masters) == 1 + PREVIOUS
    assert OLD not in keys.masters


def test_no_key_is_shown_by_accident() -> None:
    keys = Keys((NEW,))

    for shown in (repr(keys), str(keys), f"{keys.masters}", NEW.fingerprint):
        assert "nnn" not in shown
        assert NEW.key.hex()[:8] not in shown


def test_keys_are_read_as_they_were_written() -> None:
    keys = Keys((Master.new(), OLD))

    assert Keys.of(keys.text()) == keys


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "is empty"),
        ("secret-in-vain", "line 1 must be a time, a space and 64 hexadecimal digits"),
        (Keys((NEW,)).text() + "2026-11-21T07:00:00+00:00 abcd\n", "line 2 must be"),
        (f"today {NEW.key.hex()}\n", "line 1 must be"),
    ],
)
def test_a_line_that_is_no_key_is_named_and_not_shown(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=told) as caught:
        Keys.of(text)

    assert "vain" not in str(caught.value)
    assert "6e6e" not in str(caught.value)


@given(st.text(max_size=120))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(ValueError):
        assert Keys.of(text).masters
