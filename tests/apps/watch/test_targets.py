from pathlib import Path

import pytest

from apps.watch import create_app
from apps.watch.targets import Target, TargetsError, read_targets


def test_the_targets_file_of_the_app_is_good(tmp_path: Path) -> None:
    app = create_app({"STATE_DIRECTORY": str(tmp_path / "state")})

    assert len(app.extensions["watch"]) == 3
    assert list(tmp_path.iterdir()) == []


def test_the_environment_may_name_another_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "t.toml"
    file.write_text('[[target]]\nname = "www"\nurl = "https://example.org"\n')
    monkeypatch.setenv("WATCH_TARGETS", str(file))

    assert create_app().extensions["watch"] == (Target("www", "https://example.org"),)


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    file = tmp_path / "t.toml"
    file.write_text(
        """
        [[target]]
        name = "Main site"
        url = "example.org"
        [[target]]
        name = "wiki"
        adress = "https://example.org/"
        [[target]]
        name = "wiki"
        url = "https://me:secret@example.org/"
        """
    )

    with pytest.raises(TargetsError) as raised:
        create_app({"WATCH_TARGETS": str(file)})

    hint = "must be like 'https://example.org/path', without a user name or password"
    assert str(raised.value).splitlines() == [
        f"{file}: target[1].name: 'Main site' must be lower case letters, digits and single"
        " hyphens, like 'tide-tables'",
        f"{file}: target[1].url: 'example.org' {hint}",
        f"{file}: target[2].adress: unknown key; known are name and url",
        f"{file}: target[2].url: missing",
        f"{file}: target[3].url: 'https://me:secret@example.org/' {hint}",
        f"{file}: target[3].name: 'wiki' is the name of target[2] too; one must differ",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"target: \[\] must be at least one \[\[target\]\]"),
        ("target = 3", "target: 3 must be at least one"),
        ("target = [3]", r"target\[1\]: 3 must be a table"),
        ("targets = []", r"targets: unknown key; only \[\[target\]\] is known"),
        ("[[target]", "is not TOML: .*line 1"),
        ("name = '\udcff'", "is not TOML: .*utf-8"),
    ],
)
def test_what_is_not_a_targets_file_says_so(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "t.toml"
    file.write_text(text, errors="surrogateescape")

    with pytest.raises(TargetsError, match=message):
        read_targets(file)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(TargetsError, match=r"none\.toml: cannot be read: No such file"):
        read_targets(tmp_path / "none.toml")


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.org/",
        "file:///etc/passwd",
        "https://",
        "//example.org/",
        "https://example.org:port/",
        "https://[::1/",
        "https://example.org/a b",
        "https://example.org/\r\nX: y",
        7,
    ],
)
def test_only_web_addresses_are_watched(url: object) -> None:
    with pytest.raises(TargetsError, match=r"target\[1\]\.url: .* must be like 'https://"):
        read_targets([{"name": "www", "url": url}])


@pytest.mark.parametrize("url", ["http://[::1]:8000/", "https://example.org", "https://a.b/?q=1#x"])
def test_all_kinds_of_web_addresses_may_be_watched(url: str) -> None:
    assert read_targets([{"name": "www", "url": url}]) == (Target("www", url),)
