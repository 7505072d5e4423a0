"""Which addresses are watched?"""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

KEYS = ("name", "url")

_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_URL_HINT = "must be like 'https://example.org/path', without a user name or password"


class TargetsError(ValueError):
    """The targets cannot be watched as written. Names every fault at once."""

    def __init__(self, source: str, faults: Sequence[str]) -> None:
        super().__init__(source, faults)
        self.source, self.faults = source, tuple(faults)

    def __str__(self) -> str:
        return "\n".join(f"{self.source}: {fault}" for fault in self.faults)


@dataclass(frozen=True, slots=True)
class Target:
    name: str
    """Stands in addresses: lower case letters, digits and hyphens. Unique."""

    url: str


def read_targets(source: object) -> tuple[Target, ...]:
    """Return the targets in ``source``: a TOML file's path, or a list of tables as in one.

    >>> read_targets([{"name": "www", "url": "https://example.org/"}])
    (Target(name='www', url='https://example.org/'),)
    >>> read_targets([{"name": "Main site", "url": "https://example.org/"}])
    Traceback (most recent call last):
    apps.watch.targets.TargetsError: WATCH_TARGETS: target[1].name: 'Main site' must be \
lower case letters, digits and single hyphens, like 'tide-tables'
    """
    if isinstance(source, str | Path):
        where, tables = str(source), _tables_of(Path(source))
    else:
        where, tables = "WATCH_TARGETS", source
    faults = list(_faults(tables))
    if faults or not isinstance(tables, list | tuple):
        raise TargetsError(where, faults)
    return tuple(Target(table["name"], table["url"]) for table in tables)


def _tables_of(file: Path) -> object:
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise TargetsError(str(file), [f"cannot be read: {error.strerror}"]) from error
    except ValueError as error:
        raise TargetsError(str(file), [f"is not TOML: {error}"]) from error
    unknown = [key for key in content if key != "target"]
    if unknown:
        faults = [f"{key}: unknown key; only [[target]] is known" for key in unknown]
        raise TargetsError(str(file), faults)
    return content.get("target", [])


def _faults(tables: object) -> Iterator[str]:
    if not isinstance(tables, list | tuple) or not tables:
        yield f"target: {tables!r} must be at least one [[target]] with a name and a url"
        return
    first: dict[str, int] = {}
    for number, table in enumerate(tables, 1):
        at = f"target[{number}]"
        if not isinstance(table, Mapping):
            yield f"{at}: {table!r} must be a table with a name and a url"
            continue
        yield from _faults_of(at, table)
        if isinstance(name := table.get("name"), str):
            other = first.setdefault(name, number)
            if other != number:
                yield f"{at}.name: {name!r} is the name of target[{other}] too; one must differ"


def _faults_of(at: str, table: Mapping[str, object]) -> Iterator[str]:
    for key in table:
        if key not in KEYS:
            yield f"{at}.{key}: unknown key; known are {' and '.join(KEYS)}"
    for key in KEYS:
        if key not in table:
            yield f"{at}.{key}: missing"
    if "name" in table and not _is_name(table["name"]):
        yield (
            f"{at}.name: {table['name']!r} must be lower case letters, digits and single "
            "hyphens, like 'tide-tables'"
        )
    if "url" in table and not _is_url(table["url"]):
        yield f"{at}.url: {table['url']!r} {_URL_HINT}"


def _is_name(value: object) -> bool:
    return isinstance(value, str) and _NAME.fullmatch(value) is not None


def _is_url(value: object) -> bool:
    if not isinstance(value, str) or not value.isprintable() or " " in value:
        return False
    try:
        parts = urlsplit(value)
        _ = parts.port  # parsed, and refused, only when asked for
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
