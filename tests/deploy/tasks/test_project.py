"""What tasks know of the project."""

from __future__ import annotations

import pytest

from deploy.errors import PlanError
from deploy.tasks import project
from dispatcher.registry.address import Address
from dispatcher.registry.site import App, Site
from tests.deploy.sample import SITE


def test_an_app_that_is_not_there_is_told_with_those_that_are() -> None:
    with pytest.raises(PlanError, match="there is no app 'nope'; there are portal"):
        project.pool_of(SITE, "nope")


def test_the_place_of_tenants_is_told_as_one() -> None:
    place = Address("*.archive.example.org")
    site = Site("yard", "example.org", (App("archive", "a:b", (place,), tenants=place),))

    assert project.addresses(site) == "http://<tenant>.archive.example.org/"
