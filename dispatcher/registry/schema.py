"""What may stand in each table of site.toml, and what is said where something else does."""

import difflib
import re
from collections.abc import Callable
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from dispatcher.registry.address import (
    PROBE_HOST,
    fault_of_host,
    fault_of_label,
    fault_of_path,
    in_ascii,
)
from dispatcher.registry.headers import fault_of_plain, fault_of_policy
from dispatcher.registry.jobs import fault_of_command
from dispatcher.registry.limits import MOST_HEADER_KB
from dispatcher.registry.networks import fault_of_network
from dispatcher.registry.nginx import fault_of_header, fault_of_proxy
from dispatcher.registry.servers import fault_of_address
from dispatcher.registry.tenancy import fault_of_tenants
from dispatcher.registry.tls import (
    LETS_ENCRYPT,
    TWO_YEARS,
    fault_of_authorities,
    fault_of_directory,
    fault_of_email,
    fault_of_file,
    fault_of_pattern,
)

NAME = re.compile(r"[a-z]([a-z0-9-]{0,30}[a-z0-9])?")
TARGET = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
SIZE = re.compile(r"[1-9]\d{0,5}[MG]|[1-9]\d?%")
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
COOKIE = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|-]+")
REMOTE = re.compile(
    r"(?:(?P<user>[a-z_][a-z0-9_-]*)@)?(?P<host>[A-Za-z0-9._-]+|\[[0-9a-f:]+\])(?::(?P<port>\d{1,5}))?"
)


def checked(fault_of: Callable[[str], str | None]) -> AfterValidator:
    """Make a validator of a function that says what is wrong with a string, if anything."""

    def check(value: str) -> str:
        if fault := fault_of(value):
            raise PydanticCustomError("flaskyard", "{fault}", {"fault": fault})
        return value

    return AfterValidator(check)


def fault_of_name(name: str) -> str | None:
    """Names become part of unit, user and file names on servers, hence the few letters."""
    if NAME.fullmatch(name):
        return None
    return "is not a name; write up to 32 of a-z, 0-9 and inner hyphens, like 'yard'"


def fault_of_cookie(name: str) -> str | None:
    """A name is a token (RFC 6265, section 4.1.1); ``~`` parts it from an app's."""
    if COOKIE.fullmatch(name):
        return None
    return "is not the name of a cookie; write it as scripts do, like 'theme'"


def fault_of_target(target: str) -> str | None:
    if TARGET.fullmatch(target):
        return None
    return "is not 'package.module:attribute'; write what to import, like 'apps.wiki:create_app'"


def fault_of_size(size: str) -> str | None:
    if SIZE.fullmatch(size):
        return None
    return "is not how much memory; write '300M', '2G' or '50%' of the server's"


def remote(text: str) -> tuple[str, str, int | None]:
    """Split ``user@host:port`` into host, user (empty where none is given) and port."""
    match = REMOTE.fullmatch(text)
    if match is None:
        raise ValueError(fault_of_remote(text))
    return match["host"], match["user"] or "", int(match["port"]) if match["port"] else None


def fault_of_domain(name: str) -> str | None:
    if name == PROBE_HOST:
        return "is the dispatcher's own, for probes; take another name"
    return fault_of_host(name)


def fault_of_remote(remote: str) -> str | None:
    if REMOTE.fullmatch(remote):
        return None
    return "is not how SSH reaches a server; write 'deploy@web1.example.org' or 'web1:2222'"


def fault_of_variable(name: str) -> str | None:
    if not VARIABLE.fullmatch(name):
        return "is not the name of an environment variable; write one like 'WIKI_HOME'"
    if name.startswith("DISPATCHER_"):
        return "is the dispatcher's own; its variables are set from outside the registry"
    return None


Scheme = Literal["http", "https"]
Name = Annotated[str, checked(fault_of_name)]
Domain = Annotated[str, AfterValidator(in_ascii), checked(fault_of_domain)]
Label = Annotated[str, AfterValidator(in_ascii), checked(fault_of_label)]
Command = Annotated[str, checked(fault_of_command)]
Header = Annotated[str, checked(fault_of_plain)]
Policy = Annotated[str, checked(fault_of_policy)]


class Table(BaseModel):
    """A table of site.toml: no other keys, no types bent to fit."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Top(Table):
    """The keys outside any table, and the tables there may be."""

    name: Name
    domain: Domain
    scheme: Scheme = "https"
    watch_seconds: Annotated[float, Field(ge=0, le=3600)] = 5
    tls: dict[str, Any] | None = None
    nginx: dict[str, Any] = {}
    apps: dict[str, Any]
    pools: dict[str, Any] = {}
    servers: dict[str, Any] = {}
    limits: dict[str, Any] = {}
    headers: dict[str, Any] = {}
    environments: dict[str, Any] = {}


class LimitsTable(Table):
    body_mb: Annotated[int, Field(ge=1, le=102_400)] = 16
    answer_seconds: Annotated[int, Field(ge=1, le=86_400)] = 60
    per_second: Annotated[int, Field(ge=0, le=100_000)] = 100
    at_once: Annotated[int, Field(ge=0, le=100_000)] = 100
    buffered: bool = True


class SiteLimitsTable(LimitsTable):
    """Those of all apps, and what cannot be said of one."""

    header_kb: Annotated[int, Field(ge=1, le=MOST_HEADER_KB)] = 8


class HeadersTable(Table):
    base: Literal["strict", "mild", "none"] | None = None
    content_security_policy: Policy = ""
    content_security_policy_report_only: Policy = ""
    cross_origin_embedder_policy: Header = ""
    cross_origin_opener_policy: Header = ""
    cross_origin_resource_policy: Header = ""
    permissions_policy: Header = ""
    referrer_policy: Header = ""
    reporting_endpoints: Header = ""
    x_content_type_options: Header = ""
    x_frame_options: Header = ""
    x_robots_tag: Header = ""


class AppTable(Table):
    app: Annotated[str, checked(fault_of_target)]
    path: Annotated[str, checked(fault_of_path)] | None = None
    subdomain: Label | None = None
    domains: list[Domain] = []
    tenants: Annotated[str, checked(fault_of_tenants)] | None = None
    tenant_limit: Annotated[int, Field(ge=1, le=10_000)] = 100
    pool: str = "default"
    args: dict[str, Any] | None = None
    config: dict[str, Any] = {}
    env: dict[Annotated[str, checked(fault_of_variable)], str] = {}
    load: Literal["eager", "lazy"] = "eager"
    load_seconds: Annotated[float, Field(gt=0, le=60)] = 30
    each_mount: bool = False
    alone: bool = False
    own_host: bool = False
    static: bool = True
    websockets: bool = False
    script_cookies: list[Annotated[str, checked(fault_of_cookie)]] = []
    ready: Annotated[str, checked(fault_of_target)] | None = None
    migrate: Command | None = None
    migrate_seconds: Annotated[float, Field(gt=0, le=540)] = 60
    migrate_on: Literal["one", "each"] | None = None
    workers: dict[Name, Command] = {}
    schedule: Command | None = None
    finish_seconds: Annotated[float, Field(gt=0, le=86_400)] = 600
    limits: dict[str, Any] = {}
    headers: dict[str, Any] = {}


class PoolTable(Table):
    workers: Annotated[int, Field(ge=1, le=64)] = 2
    worker_class: Literal["gevent", "gthread", "sync"] = "gevent"
    threads: Annotated[int, Field(ge=1, le=256)] | None = None
    timeout: Annotated[int, Field(ge=1, le=3600)] = 60
    max_requests: Annotated[int, Field(ge=0)] = 0
    preload: bool = True
    memory: Annotated[str, checked(fault_of_size)] = "80%"
    cpu: Annotated[float, Field(ge=0.01, le=1024)] | None = None
    tasks: Annotated[int, Field(ge=10, le=100_000)] | None = None
    network: list[Annotated[str, checked(fault_of_network)]] = []


class OwnTable(Table):
    certificate: Annotated[str, checked(fault_of_file)]
    key: Annotated[str, checked(fault_of_file)]


class TlsTable(Table):
    email: Annotated[str, checked(fault_of_email)] | None = None
    directory: Annotated[str, checked(fault_of_directory)] = LETS_ENCRYPT
    elsewhere: bool = False
    hsts_seconds: Annotated[int, Field(ge=0, le=2 * TWO_YEARS)] = TWO_YEARS
    hsts_subdomains: bool = False
    client_ca: Annotated[str, checked(fault_of_authorities)] | None = None
    certificates: dict[
        Annotated[str, AfterValidator(in_ascii), checked(fault_of_pattern)], OwnTable
    ] = {}


class NginxTable(Table):
    trusted_proxies: list[Annotated[str, checked(fault_of_proxy)]] = []
    real_ip_header: Annotated[str, checked(fault_of_header)] | None = None
    proxy_protocol: bool = False
    variables: Any = {}


class ServerTable(Table):
    host: Annotated[str, checked(fault_of_remote)]
    role: Literal["web", "edge"] = "web"
    address: Annotated[str, checked(fault_of_address)] | None = None


class EnvironmentTable(Table):
    """What an environment may say anew."""

    domain: Domain | None = None
    scheme: Scheme | None = None
    watch_seconds: Annotated[float, Field(ge=0, le=3600)] | None = None
    tls: dict[str, Any] | None = None
    nginx: dict[str, Any] = {}
    apps: dict[str, Any] = {}
    pools: dict[str, Any] = {}
    servers: dict[str, Any] = {}
    limits: dict[str, Any] = {}
    headers: dict[str, Any] = {}


TYPES = {
    "bool_type": "must be true or false, without quotes",
    "float_type": "must be a number, without quotes",
    "int_type": "must be a whole number, without quotes",
    "list_type": "must be a list, as in ['one', 'two']",
    "string_type": "must be text, in quotes",
}
"""What to write where a value is of another type, by pydantic's word for that."""


def explain(table: type[Table], error: ErrorDetails) -> str:
    """Put what pydantic found into the words of this file."""
    key = str(error["loc"][-1]) if error["loc"] else ""
    match error["type"]:
        case "extra_forbidden":
            near = difflib.get_close_matches(key, table.model_fields, 1)
            known = f"did you mean {near[0]!r}?" if near else "known are"
            names = "" if near else f" {', '.join(table.model_fields)}"
            return f"is not a key of this table; {known}{names}"
        case "missing":
            return "is missing"
        case "dict_type" if key == "headers":
            return "must be a table; write headers.base = 'mild', for one"
        case "dict_type" | "model_type":
            return "must be a table"
        case kind if kind in TYPES:
            return TYPES[kind]
        case _:
            message = error["msg"].replace("Input should", "must", 1)
            return message[0].lower() + message[1:]


T = TypeVar("T", bound=Table)
Error = tuple[tuple[str, ...], str, Any]
"""A dotted key, what would be right, and the value given."""


def errors_of(table: type[T], data: object) -> tuple[T | None, list[Error]]:
    """Return the validated table, or None, and all its errors."""
    try:
        return table.model_validate(data), []
    except ValidationError as error:
        return None, [
            (
                tuple(str(part) for part in one["loc"] if part != "[key]"),
                explain(table, one),
                None if one["type"] == "missing" else one["input"],
            )
            for one in error.errors()
        ]
