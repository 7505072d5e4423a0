"""Where things are on a server."""

from __future__ import annotations

from dataclasses import dataclass

from deploy.release import Release


@dataclass(frozen=True, slots=True)
class Layout:
    """Paths, unit and user names of the site called ``site``.

    >>> Layout("yard").socket("r1", "default")
    '/run/yard/r1/default.sock'
    """

    site: str

    @property
    def home(self) -> str:
        return f"/srv/{self.site}"

    @property
    def incoming(self) -> str:
        """Where the files of an agent arrive; none is used before its hash is checked."""
        return f"{self.home}/incoming"

    @property
    def store(self) -> str:
        """Every file ever shipped and still in use, as ``<sha256>/<name>``."""
        return f"{self.home}/store"

    @property
    def environments(self) -> str:
        """The installed dependencies, once for each lock; a release begins as a copy of one."""
        return f"{self.home}/environments"

    @property
    def agent(self) -> str:
        """A link to the agent, with the environment that makes environments: uv, setuptools."""
        return f"{self.home}/agent"

    @property
    def tools(self) -> str:
        return f"{self.agent}/venv/bin"

    @property
    def relay(self) -> str:
        """What the SSH user may run as root, and nothing else."""
        return f"{self.agent}/relay"

    @property
    def sudoers(self) -> str:
        return f"/etc/sudoers.d/flaskyard-{self.site}"

    @property
    def records(self) -> str:
        """Where the agent keeps its journals and the history."""
        return f"/var/lib/flaskyard/{self.site}"

    @property
    def agent_socket(self) -> str:
        return f"flaskyard-agent@{self.site}.socket"

    @property
    def agent_service(self) -> str:
        return f"flaskyard-agent@{self.site}.service"

    @property
    def lock(self) -> str:
        """In root's own part of /run: a reboot frees it, and nobody else can make it."""
        return f"/run/{self.site}.lock"

    @property
    def releases(self) -> str:
        return f"{self.home}/releases"

    @property
    def current(self) -> str:
        """A link to the release that is live; nginx reads its configuration through it."""
        return f"{self.home}/current"

    @property
    def boot(self) -> str:
        """The script that starts the current release when the server boots."""
        return f"{self.home}/boot"

    @property
    def boot_unit(self) -> str:
        return f"{self.site}.service"

    @property
    def static(self) -> str:
        """Static files of all releases that are installed, as nginx serves them."""
        return f"{self.home}/static"

    @property
    def webs(self) -> str:
        """On an edge: the servers that it passes requests on to; outlives releases."""
        return f"{self.home}/webs.conf"

    @property
    def publishing(self) -> str:
        """Is there from the beginning of a cutover to its end."""
        return f"{self.home}/publishing"

    @property
    def schedules(self) -> str:
        """Is there on the one server where the schedules run."""
        return f"{self.home}/schedules"

    @property
    def maintenance(self) -> str:
        """What of the site is closed, and how nginx says so; outlives releases."""
        return f"{self.home}/maintenance"

    @property
    def secrets(self) -> str:
        """The folder that only root may enter."""
        return f"/etc/flaskyard/{self.site}"

    @property
    def keys(self) -> str:
        """The master keys, the same on all servers."""
        return f"{self.secrets}/keys"

    def pool_keys(self, pool: str) -> str:
        """The keys that one pool gets, made of the master keys: they tell nothing of others'."""
        return f"{self.secrets}/pools/{pool}"

    @property
    def vault(self) -> str:
        """The secrets that people set for apps, encrypted; the same on all servers."""
        return f"{self.secrets}/secrets"

    def handed(self, release: str) -> str:
        """The folder of what one release was given of them, a file for each pool."""
        return f"{self.secrets}/releases/{release}"

    @property
    def tls(self) -> str:
        """What certificates there are: they are none of a release's."""
        return f"{self.secrets}/tls"

    def certificate(self, host: str) -> str:
        """A host's key and certificate, in one file; there before nginx is told of the host.

        >>> Layout("yard").certificate("*.archive.example.org")
        '/etc/flaskyard/yard/tls/_.archive.example.org.pem'
        """
        return f"{self.tls}/{host.replace('*', '_')}.pem"

    @property
    def wanted(self) -> str:
        """Which certificates are wanted, as long as no release says so."""
        return f"{self.tls}/wanted.json"

    @property
    def tls_service(self) -> str:
        """Sees to the certificates, and so does its timer."""
        return f"flaskyard-tls@{self.site}.service"

    @property
    def tls_timer(self) -> str:
        return f"flaskyard-tls@{self.site}.timer"

    @property
    def nginx(self) -> str:
        return f"/etc/nginx/conf.d/{self.site}.conf"

    @property
    def debians_unit(self) -> str:
        """Where Debian would have a unit of the same name."""
        return f"/usr/lib/systemd/system/{self.boot_unit}"

    def live(self, routes: str) -> str:
        """The link through which nginx, configured for ``routes``, finds the live sockets.

        connect(2) follows it for each new connection, so that one rename(2) is the
        whole cutover. Each nginx configuration has a link of its own: while nginx
        reloads, its old workers still reach the old release and its new ones the new.
        """
        return f"{self.home}/live/{routes}"

    def sockets(self, release: str) -> str:
        return f"/run/{self.site}/{release}"

    def socket(self, release: str, pool: str) -> str:
        return f"{self.sockets(release)}/{pool}.sock"

    def folder(self, release: str) -> str:
        return f"{self.releases}/{release}"

    def environment(self, name: str) -> str:
        return f"{self.environments}/{name}"

    def user(self, pool: str) -> str:
        return f"{self.site}-{pool}"

    @property
    def builder(self) -> str:
        """The user who installs releases, in a sandbox; no pool is called like that."""
        return f"_{self.site}"

    def template(self, pool: str, kind: str) -> str:
        """The file of a pool's ``service`` or ``socket``, of which each release has an instance."""
        return f"/etc/systemd/system/{self.user(pool)}@.{kind}"

    def unit(self, release: str, pool: str, kind: str) -> str:
        return f"{self.user(pool)}@{release}.{kind}"

    def stand_in(self, pool: str) -> str:
        """What serves for a pool while it restarts; no label, so no pool, has an underscore."""
        return f"{self.user(pool)}_again"

    def job_template(self, pool: str, job: str) -> str:
        """The file of a job's service, of which each release has an instance."""
        return f"/etc/systemd/system/{self.user(pool)}.{job}@.service"

    def job_unit(self, release: str, pool: str, job: str) -> str:
        """The unit of a job; no pool has a dot in its name, and so no such unit."""
        return f"{self.user(pool)}.{job}@{release}.service"

    def jobs(self, pool: str, app: str) -> str:
        """How the journal knows all jobs of an app."""
        return f"{self.site}/{pool}/{app}"

    def units(self, release: Release, kind: str) -> tuple[str, ...]:
        """Return the unit of each pool of a release."""
        return tuple(self.unit(release.id, pool.name, kind) for pool in release.pools)

    def retirement(self, release: str) -> str:
        """The timer that will stop a release that is no longer live."""
        return f"{self.site}-retire-{release}"

    def state(self, pool: str) -> str:
        """Where the apps of a pool have their data: systemd's StateDirectory."""
        return f"/var/lib/{self.site}/{pool}"

    @property
    def restored_all(self) -> str:
        """Beside the data of pools, on the same disk; no pool has an underscore in its name."""
        return f"/var/lib/{self.site}/_restored"

    def restored(self, pool: str, kind: str = "") -> str:
        """What a restore has: ``new`` data to come, the ``old``, a ``note`` of which is wanted; and
        when it is done, the ``data`` of before.
        """
        folder = f"{self.restored_all}/{pool}"
        return f"{folder}/{kind}" if kind else folder

    def sent(self, kept: str = "") -> str:
        """What a client brings to be restored, which only root may read."""
        folder = f"{self.records}/restores"
        return f"{folder}/{kept}" if kept else folder
