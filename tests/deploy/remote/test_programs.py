"""What is sent to a server that has no agent yet needs nothing but Python there."""

from __future__ import annotations

import ast

import pytest

from deploy.acting.steps import Script
from deploy.remote.programs import source
from deploy.stages import plans
from tests.deploy.sample import AT, BARE, BUILT, SITE

PLAN = plans.bootstrap(AT, SITE, BUILT, BARE, "ada", "the master keys")
SENT = {step.do.name for step in PLAN if isinstance(step.do, Script)} | {"facts", "hand"}


def test_bootstrap_sends_programs() -> None:
    assert {"derive", "adopt"} <= SENT


@pytest.mark.parametrize("name", sorted(SENT))
def test_a_program_that_is_sent_imports_nothing_of_ours(name: str) -> None:
    imported = [
        module
        for node in ast.walk(ast.parse(source(name)))
        for module in (
            [one.name for one in node.names]
            if isinstance(node, ast.Import)
            else [node.module or "."]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    ]

    assert [module for module in imported if module.startswith(("deploy", "dispatcher", "."))] == []
