"""What a shell may put after a task: names that site.toml has.

Invoke completes tasks and options by itself, and says nothing of what they are given. It imports
the fabfile before it answers; so whoever asks for a name gets it there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from invoke.exceptions import Exit

from deploy.tasks.project import SITE, registry
from dispatcher.registry.faults import RegistryError

if TYPE_CHECKING:
    from dispatcher.registry.site import Site

ASKED = ("--complete", "--")

NAMES: dict[str, Callable[[Site], Iterator[str]]] = {
    "app": lambda site: (app.name for app in site),
    "canary": lambda site: (server.name for server in site.servers),
    "env": lambda _: environments(),
    "host": lambda site: iter(site.hosts),
    "only": lambda site: (server.name for server in site.servers),
    "pool": lambda site: (pool.name for pool in site.pools),
    "state": lambda _: iter(("on", "off", "status")),
    "without": lambda site: (server.name for server in site.servers),
}
"""By what tasks call them."""


def environments() -> Iterator[str]:
    """Yield the names of the environments, whatever is wrong with what they say."""
    from dispatcher.registry import overlay
    from dispatcher.registry.site_toml import parse

    yield from overlay.environments(parse(SITE, SITE.read_text("utf-8")))


def answer(argv: list[str], tasks: Mapping[str, Any]) -> None:
    """Print names and end, where a shell asks for some; else leave it to Invoke."""
    if not set(ASKED) <= set(argv):
        return
    words = [word for word in argv[argv.index("--") + 1 :] if word != "="]  # bash splits there
    try:
        found = names(words[1:], tasks, registry)
    except RegistryError:  # `fab` itself tells
        return
    if found is not None:
        print("\n".join(found))
        raise Exit


def names(
    words: list[str], tasks: Mapping[str, Any], site: Callable[[str], Site]
) -> list[str] | None:
    """Return what may stand where the last of the words is begun, or after it.

    None where that is no name. ``site`` reads site.toml for an environment.
    """
    places = [place for place, word in enumerate(words) if word in tasks]
    if not places:
        return None
    flags = {
        f"{'--' if len(name) > 1 else '-'}{name}": argument
        for argument in tasks[words[places[0]]].get_arguments()
        for name in argument.names
    }
    positional = list(dict.fromkeys(one.name for one in flags.values() if one.positional))
    given: dict[str, str] = {}
    about, begun = (positional or [""])[0], ""
    rest = iter(words[places[0] + 1 :])
    for word in rest:
        flag = flags.get(word)
        if flag and flag.takes_value:
            about, begun = flag.name, next(rest, "")
        elif word.startswith("-") or not positional:
            about, begun = "", word
        else:
            about, begun = positional.pop(0), word
        given[about] = begun
    if about not in NAMES:
        return None
    head, comma, _ = begun.rpartition(",")
    there = NAMES[about](site("" if about == "env" else given.get("env", "")))
    return [f"{head}{comma}{name}" for name in there if name not in head.split(",")]
