"""Which cookies are whose: each app sees those it set itself, whatever else shares its host.

A browser keeps one jar for a host, and sends what is in it by path alone (RFC 6265,
section 5.4). So a cookie leaves under the name of its app, ``session`` as
``wiki~session``, and comes back as ``session`` to that app only. A cookie that scripts
are to read keeps its name; beside it goes a mark under the app's own name,
``wiki~theme``, which says that there is one: without its mark it is not the app's.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

SEPARATOR = "~"
"""A letter of names (RFC 6265, "token") that nobody uses; apps' names have none."""

MARK = "~readable~"
"""The value that stands for: scripts read this one, so look under its plain name."""

HOST = "__Host-"
"""Browsers take such a name from this very host only (RFC 6265bis, section 4.1.3.2)."""

SPACE = " \t"


class Namespace:
    """The cookies of one app at one address. It keeps no names and values that it is shown."""

    __slots__ = ("alone", "prefix", "scripted", "secure_prefix")

    def __init__(self, app: str, *, alone: bool = False, scripted: Iterable[str] = ()) -> None:
        """Make the namespace of the app called ``app``.

        ``alone`` says that nothing else answers at its host. ``scripted`` names the cookies
        that its own scripts make: no response shows whose they are.
        """
        self.alone = alone
        self.scripted = frozenset(scripted)
        self.prefix = f"{app}{SEPARATOR}"
        self.secure_prefix = f"{HOST}{self.prefix}" if alone else self.prefix

    def of(self, tenant: str) -> Namespace:
        """Return the namespace of one tenant of the app; it is made for a request only.

        >>> Namespace("wiki").of("choir").prefix
        'wiki.choir~'
        """
        app = self.prefix.removesuffix(SEPARATOR)
        return Namespace(f"{app}.{tenant}", alone=self.alone, scripted=self.scripted)

    def inward(self, header: str, secure: bool) -> str:
        """Return the Cookie header that the app sees; empty where nothing of it is the app's.

        >>> Namespace("wiki").inward("session=1; wiki~session=2; shop~session=3", secure=True)
        'session=2'
        """
        prefix = self.secure_prefix if secure else self.prefix
        if MARK in header or self.scripted:
            return "; ".join(self.sorted_out(header, prefix))
        start = len(prefix)
        if ";" not in header:
            return header[start:] if header.startswith(prefix) else ""
        if prefix not in header:
            return ""
        own = []
        for pair in header.split(";"):
            if prefix in pair:
                stripped = pair.strip(SPACE)
                if stripped.startswith(prefix):
                    own.append(stripped[start:])
        return "; ".join(own)

    def sorted_out(self, header: str, prefix: str) -> list[str]:
        """Return the app's pairs where some are under plain names.

        Browsers send the longest paths first, so that of several with one name the app's
        own come before those of an app around it: as many are its own as have a mark.
        """
        start = len(prefix)
        pairs = [pair.strip(SPACE) for pair in header.split(";")]
        marks: dict[str, int] = {}
        for pair in pairs:
            if pair.endswith(MARK) and pair.startswith(prefix):
                name, _, value = pair[start:].partition("=")
                if value == MARK:
                    marks[name] = marks.get(name, 0) + 1
        for name in self.scripted:
            marks.setdefault(name, 1)
        own = []
        for pair in pairs:
            name, _, value = pair.partition("=")
            if pair.startswith(prefix):
                if value != MARK:
                    own.append(pair[start:])
            elif marks.get(name):
                marks[name] -= 1
                own.append(pair)
        return own

    def outward(
        self, value: str, mount: str, secure: bool, *, bare: bool = False
    ) -> tuple[str, ...]:
        """Return what the browser gets for one Set-Cookie header of the app.

        ``mount`` is the path prefix the app is at, empty for a whole host; ``bare`` says that
        the request was for just that, without a slash. What the app wrote stays as it is,
        but for the name, ``Domain``, and a ``Path`` that leads out of the mount.

        >>> Namespace("wiki").outward("session=2; HttpOnly; Path=/", "/wiki", secure=False)
        ('wiki~session=2; HttpOnly; Path=/wiki',)
        >>> Namespace("wiki").outward("theme=dark; Path=/wiki/", "/wiki", secure=False)
        ('theme=dark; Path=/wiki/', 'wiki~theme=~readable~; Path=/wiki/; HttpOnly')
        """
        pair, _, rest = value.partition(";")
        name, equals, text = pair.partition("=")
        if not equals:
            name, text = "", name.strip(SPACE)  # RFC 6265bis: a value without a name
        name = name.strip(SPACE)
        scope = scoped(rest, mount, bare)
        ours = scope.text if scope.secure or not secure else f"{scope.text}; Secure"
        if secure and self.alone and scope.path != "/":
            ours = f"{without_path(ours)}; Path=/"
        renamed = f"{self.secure_prefix if secure else self.prefix}{name}="
        if scope.hidden or must_be_renamed(name, mount):
            return (f"{renamed}{text}{ours}",)
        return f"{name}={text}{scope.text}", f"{renamed}{MARK}{ours}; HttpOnly"


def must_be_renamed(name: str, mount: str) -> bool:
    """Whether a name would not be safe, or not be taken by browsers, as it is.

    One without letters or with our separator could pass for another app's; one with
    ``__Host-`` may have no path but ``/``.
    """
    return not name or SEPARATOR in name or (mount != "" and name[:7].lower() == HOST.lower())


class Scope(NamedTuple):
    """What the attributes of a Set-Cookie header say."""

    hidden: bool
    """Whether scripts cannot read it: HttpOnly."""

    secure: bool
    path: str
    """Empty where the browser takes the folder of the request."""

    text: str
    """The attributes, kept to the mount."""


@lru_cache(maxsize=256)  # most apps write one or two, over and over
def scoped(attributes: str, mount: str, bare: bool) -> Scope:
    """Read attributes and keep them to the mount. Of several paths the last one counts."""
    hidden = secure = False
    effective = ""
    kept = []
    for part in attributes.split(";") if attributes else ():
        name, equals, text = part.partition("=")
        match name.strip(SPACE).lower():
            case "domain":
                continue
            case "httponly":
                hidden = True
            case "secure":
                secure = True
            case "path":
                path = text.strip(SPACE)
                effective = under(mount, path) if path.startswith("/") else ""
                if effective and effective != path:
                    part = f"{name}{equals}{effective}"
        kept.append(f";{part}")
    if bare and mount and not effective:
        kept.append(f"; Path={mount}")  # the folder of such a request is around the mount
    return Scope(hidden, secure, effective, "".join(kept))


def under(mount: str, path: str) -> str:
    """Return the path as it is below the mount, as far as it is not there yet.

    >>> under("/wiki", "/"), under("/wiki", "/admin"), under("/wiki", "/wiki/admin")
    ('/wiki', '/wiki/admin', '/wiki/admin')
    """
    if not mount or path == mount or path.startswith(f"{mount}/"):
        return path
    return mount + path if path.strip("/") else mount


def without_path(attributes: str) -> str:
    parts = attributes.split(";")
    return ";".join(p for p in parts if p.partition("=")[0].strip(SPACE).lower() != "path")
