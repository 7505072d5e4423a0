"""What a browser does with cookies (RFC 6265bis, sections 5.6 to 5.8), for the tests here."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Cookie:
    name: str
    value: str
    host: str
    path: str
    born: int
    host_only: bool = True
    secure: bool = False
    hidden: bool = False


@dataclass
class Browser:
    """One jar. Only ``Max-Age=0`` makes a cookie end."""

    jar: dict[tuple[str, str, str], Cookie] = field(default_factory=dict)
    clock: int = 0

    def store(self, header: str, host: str, path: str, *, secure: bool = False) -> bool:
        """Take a Set-Cookie header of an answer; whether it was taken."""
        pair, *rest = header.split(";")
        name, equals, value = pair.partition("=")
        name, value = (name.strip(), value.strip()) if equals else ("", name.strip())
        said = {}
        for part in rest:
            key, _, text = part.partition("=")
            said[key.strip().lower()] = text.strip()
        where = said.get("path", "")
        if not where.startswith("/"):
            where = path[: path.rfind("/")] or "/"
        domain = said.get("domain", "").removeprefix(".")
        if domain and not (host == domain or host.endswith(f".{domain}")):
            return False
        starts = name.lower() if name else value.lower()
        if starts.startswith(("__host-", "__secure-")) and not (name and "secure" in said):
            return False
        if starts.startswith("__host-") and (domain or said.get("path") != "/"):
            return False
        if "secure" in said and not secure:
            return False
        self.clock += 1
        place = (name, domain or host, where)
        old = self.jar.pop(place, None)
        new = Cookie(
            name,
            value,
            domain or host,
            where,
            old.born if old else self.clock,
            host_only=not domain,
            secure="secure" in said,
            hidden="httponly" in said,
        )
        if said.get("max-age") != "0":
            self.jar[place] = new
        return True

    def header(self, host: str, path: str, *, secure: bool = False) -> str:
        """Return the Cookie header of a request."""
        return "; ".join(map(shown, self.matching(host, path, secure)))

    def scripts_see(self, host: str, path: str, *, secure: bool = False) -> str:
        """Return ``document.cookie`` of a page."""
        found = self.matching(host, path, secure)
        return "; ".join(shown(cookie) for cookie in found if not cookie.hidden)

    def matching(self, host: str, path: str, secure: bool) -> list[Cookie]:
        found = [
            cookie
            for cookie in self.jar.values()
            if (host == cookie.host or (not cookie.host_only and host.endswith(f".{cookie.host}")))
            and is_below(path, cookie.path)
            and (secure or not cookie.secure)
        ]
        return sorted(found, key=lambda cookie: (-len(cookie.path), cookie.born))


def is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder if folder.endswith("/") else f"{folder}/")


def shown(cookie: Cookie) -> str:
    return f"{cookie.name}={cookie.value}" if cookie.name else cookie.value
