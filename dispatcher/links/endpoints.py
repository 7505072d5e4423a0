"""Which endpoints an app has, and what their addresses look like."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Any

from werkzeug.routing import BuildError, Map, Rule, UnicodeConverter
from werkzeug.routing.converters import DEFAULT_CONVERTERS

from dispatcher.errors import DispatcherError

VARIABLE = re.compile(r"<(?:(?P<converter>[A-Za-z_]\w*)(?:\(.*?\))?:)?[A-Za-z_]\w*>")

Exported = dict[str, Any]
"""What is known of one rule of an app in another process, as JSON has it."""


class LinkError(DispatcherError):
    """A link that cannot be made."""

    def __init__(self, app: str, reason: str) -> None:
        super().__init__(app, reason)
        self.app, self.reason = app, reason

    def __str__(self) -> str:
        return f"site_url({self.app!r}): {self.reason}"


def exported(rules: Map) -> list[Exported]:
    """Return what another process needs to know of an app's rules."""
    own = {name for name, kind in rules.converters.items() if DEFAULT_CONVERTERS.get(name) != kind}
    return [
        {
            "rule": rule.rule,
            "endpoint": rule.endpoint,
            "defaults": dict(rule.defaults or {}),
            "methods": sorted(rule.methods or ()),
            "own": sorted(own & converters(rule.rule)),
        }
        for rule in rules.iter_rules()
        if isinstance(rule.endpoint, str) and not rule.build_only
    ]


def converters(rule: str) -> set[str]:
    """Return the names of the converters in a rule.

    >>> sorted(converters("/<int:id>/<any('a', 'b'):kind>/<name>"))
    ['any', 'default', 'int']
    """
    return {match["converter"] or "default" for match in VARIABLE.finditer(rule)}


def imported(rules: Iterable[Exported]) -> Map:
    """Return the rules that `exported` told of; those with converters of the app's own refuse."""
    rules = list(rules)
    own = {name for rule in rules for name in rule["own"]}
    return Map(
        [
            Rule(
                one["rule"],
                endpoint=one["endpoint"],
                defaults=one["defaults"],
                methods=one["methods"] or None,
            )
            for one in rules
        ],
        converters=dict.fromkeys(own, Own),
    )


class Own(UnicodeConverter):
    """Stands for a converter that is in the app's process alone."""

    def __init__(self, map: Map, *args: Any, **kwargs: Any) -> None:  # noqa: ARG002
        super().__init__(map)

    def to_url(self, value: Any) -> str:
        """Refuse: nobody here knows how it writes a value."""
        text = f"{value!r} goes through a converter of that app's own, and it runs in another pool"
        raise ValueError(f"{text}; link to a path")


def built(
    app: str, rules: Map, endpoint: str, values: Mapping[str, Any], *, base: tuple[str, str, str]
) -> str:
    """Return the address of an endpoint; ``base`` is scheme, host with port, and mount.

    Raises `LinkError` saying what would be right.
    """
    scheme, host, mount = base
    adapter = rules.bind(host, script_name=f"{mount}/", url_scheme=scheme)
    try:
        return adapter.build(endpoint, dict(values), force_external=True)
    except BuildError:
        raise LinkError(app, unbuilt(rules, endpoint, values)) from None
    except ValueError as error:  # of a converter
        raise LinkError(app, f"endpoint {endpoint!r} with {dict(values)}: {error}") from None


def unbuilt(rules: Map, endpoint: str, values: Mapping[str, Any]) -> str:
    """Say why there is no such address."""
    names = sorted({str(rule.endpoint) for rule in rules.iter_rules()})
    if endpoint not in names:
        near = ends_alike(endpoint, names) or difflib.get_close_matches(endpoint, names, 1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(names)}"
        return f"it has no endpoint {endpoint!r}; {hint}"
    given = {name for name, value in values.items() if value is not None}
    gaps = [
        rule.arguments - given - set(rule.defaults or ()) for rule in rules.iter_rules(endpoint)
    ]
    missing = min([sorted(gap) for gap in gaps], key=len)
    if missing:
        return f"endpoint {endpoint!r} needs a value for {', '.join(missing)}"
    return f"endpoint {endpoint!r} has no address for {dict(values)}"


def ends_alike(endpoint: str, names: Iterable[str]) -> list[str]:
    """Return the endpoints of that name in any blueprint."""
    return [name for name in names if name.rpartition(".")[2] == endpoint.rpartition(".")[2]]
