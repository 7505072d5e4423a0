"""Where does Debian come from?"""

from tests.lab import shell
from tests.lab.errors import LabError
from tests.lab.settings import Settings

FIELDS = "$(RELEASE) $(REPO_URI)"


def mirror(settings: Settings) -> str:
    return settings.mirror or own_source(settings.suite, "LAB_MIRROR")


def sources(settings: Settings) -> str:
    """Return the lines of ``sources.list``, security updates included."""
    suite, main = settings.suite, mirror(settings)
    security = settings.security or own_source(f"{suite}-security", "LAB_SECURITY")
    places = [(main, suite), (main, f"{suite}-updates"), (security, f"{suite}-security")]
    return "".join(f"deb {address} {release} main\n" for address, release in places)


def own_source(release: str, variable: str) -> str:
    """Return where this machine's own apt finds a release of Debian."""
    listing = shell.run(
        "apt-get", "indextargets", "--format", FIELDS, "Created-By: Packages", check=False
    ).stdout
    address = source_in(listing, release) or beside(listing, release)
    if address is None:
        raise LabError(f"this machine's apt has no source for {release!r}; set {variable}")
    return address


def source_in(listing: str, release: str) -> str | None:
    r"""Return the first address of that release that looks like Debian's.

    >>> source_in("trixie http://a.test/tools\ntrixie http://b.test/debian/", "trixie")
    'http://b.test/debian'
    """
    for line in listing.splitlines():
        found, _, address = line.partition(" ")
        address = address.rstrip("/")
        if found == release and "debian" in address.rsplit("/", 1)[-1]:
            return address
    return None


def beside(listing: str, release: str) -> str | None:
    r"""Return where another release is kept: a mirror has all of them in one place.

    >>> beside("bookworm http://a.test/debian\nbookworm-security http://b.test/debian", "trixie")
    'http://a.test/debian'
    """
    kind = release.partition("-")[2]
    others = (line.partition(" ")[0] for line in listing.splitlines())
    found = (source_in(listing, other) for other in others if other.partition("-")[2] == kind)
    return next((address for address in found if address), None)
