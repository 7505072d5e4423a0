"""Read site.toml into a `Site`, or say everything that is wrong with it."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from dispatcher.registry import schema
from dispatcher.registry.assembly import Found, assemble
from dispatcher.registry.faults import Fault, RegistryError
from dispatcher.registry.overlay import Document, environments, overlaid
from dispatcher.registry.site import Site
from dispatcher.registry.toml_lines import Key, line_of, lines_of
from dispatcher.registry.users import errors_between

PARTS, MOST_ENVIRONMENTS = 100, 50

ENDLESS = re.compile(
    rf"""(?:\.[ \t]*+(?:[A-Za-z0-9_-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+){{{PARTS}}}"""
)
"""A key so deep that tomllib takes minutes and gigabytes for it."""


def load(path: Path, environment: str = "", domain: str = "") -> Site:
    """Return the site that ``path`` describes, as it is in ``environment``.

    ``domain`` replaces the one written; where that is ``localhost``, the domains of apps
    are put below it too, to be reached from here. Raises `RegistryError` with every fault of
    the file, those of other environments too.
    """
    return parsed(path, read(path), environment, domain)


def parsed(path: Path, text: str, environment: str = "", domain: str = "") -> Site:
    """Return the site that a text describes; ``path`` is what its faults are told of.

    The text may be a stranger's who is out to keep the reader busy.
    """
    try:
        return understood(path, text, environment, domain)
    except RecursionError:
        raise RegistryError(path, (Fault("", "has tables or lists too deep in others"),)) from None


def understood(path: Path, text: str, environment: str, domain: str) -> Site:
    document = parse(path, text)
    if len(there := tuple(environments(document))) > MOST_ENVIRONMENTS:
        fault = Fault("environments", f"has {len(there)}; at most {MOST_ENVIRONMENTS} may be there")
        raise RegistryError(path, (fault,))
    lines = lines_of(text)
    faults: dict[tuple[Key, str], Fault] = {}
    sites: dict[str, Site | None] = {}
    for name in ("", *there):
        found: list[Found] = errors_of_environment(document, name)
        sites[name] = assemble(overlaid(document, name), name, domain, found)
        for key, message, value in found:
            # The base comes first: its faults return in every overlay and are told once.
            faults.setdefault((key, message), placed(key, message, value, name, lines))
    for name, (key, message, value) in errors_between(sites):
        faults.setdefault((key, message), placed(key, message, value, name, lines))
    if faults:
        in_order = sorted(faults.values(), key=lambda fault: fault.line or 0)
        raise RegistryError(path, tuple(in_order))
    site = sites.get(environment)
    if site is None:
        known = ", ".join(there) or "none"
        message = f"is not there; the file's environments: {known}"
        raise RegistryError(path, (Fault(f"environments.{environment}", message),))
    return replace(site, file=path)


def read(path: Path) -> str:
    """Return the file's text; raises `RegistryError` saying why there is none."""
    try:
        return path.read_bytes().decode()
    except FileNotFoundError:
        message = "there is no such file; run from the site's folder or name it with --site"
    except UnicodeDecodeError as error:
        message = f"byte {error.start} is not UTF-8, which TOML must be"
    except OSError as error:
        message = f"cannot be read: {error.strerror}"
    raise RegistryError(path, (Fault("", message),))


def parse(path: Path, text: str) -> Document:
    """Return the TOML document; raises `RegistryError` naming the line."""
    if endless := ENDLESS.search(text):
        number = text.count("\n", 0, endless.start()) + 1
        message = f"has over {PARTS} names joined by dots"
        raise RegistryError(path, (Fault("", message, line=number),))
    try:
        return tomllib.loads(text)
    except ValueError as error:  # a number of thousands of digits is no error of TOML's
        message = str(error)
    place = re.search(r" \(at line (\d+), column \d+\)$", message)
    line = int(place[1]) if place else None
    raise RegistryError(path, (Fault("", f"is not TOML: {message}", line=line),))


def errors_of_environment(document: Document, name: str) -> list[Found]:
    """Return what is wrong with an environment's own keys, before it is laid over the base."""
    if not name:
        return []
    fault = schema.fault_of_name(name)
    _, errors = schema.errors_of(schema.EnvironmentTable, document["environments"][name])
    unknown = [e for e in errors if e[0][0] not in schema.EnvironmentTable.model_fields]
    return [*([((), fault, None)] if fault else []), *unknown]


def placed(
    key: Key, message: str, value: object, environment: str, lines: Mapping[Key, int]
) -> Fault:
    """Make a fault point into the environment's own table where that has the key, else the base."""
    inside = ("environments", environment, *key)
    own = environment and (inside in lines or line_of(lines, key) is None)
    full = inside if own else key
    return Fault(".".join(full), message, value, line_of(lines, full))
