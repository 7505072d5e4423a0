"""What do all apps look like? One base template, one stylesheet, one error page.

This is no app of its own. An app calls `init_look` in its factory and then
writes ``{% extends "look/base.html" %}``. The stylesheet and the icon are served
below the app's own mount, so an app looks the same alone as within the site.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import Blueprint, Flask
from werkzeug.exceptions import HTTPException

from apps.look.errors import error_page
from dispatcher.links import site_has, site_url

__all__ = ["Look", "error_page", "init_look"]


@dataclass(frozen=True, slots=True)
class Look:
    """What the base template asks of an app; ``look`` in every template."""

    home: str
    """Endpoint that the app's own name at the top of the page leads to.

    The association's name beside it leads to the portal, where the site has one.
    """

    nav: Mapping[str, str]
    """Endpoint to label, in the order shown."""

    section: str
    """The app's own name, beside the association's; empty for the portal."""


def init_look(
    app: Flask, *, home: str, nav: Mapping[str, str] | None = None, section: str = ""
) -> None:
    """Give ``app`` the shared templates, static files and error pages.

    An app overrides an error page with a template ``404.html`` of its own, and all
    of them by registering another handler for HTTPException afterwards.
    """
    look = Look(home=home, nav=nav or {}, section=section)
    app.extensions["look"] = look
    app.register_blueprint(
        Blueprint(
            "look",
            __name__,
            static_folder="static",
            static_url_path="/look",
            template_folder="templates",
        )
    )
    app.context_processor(lambda: {"look": look})
    app.add_template_global(site_has)
    app.add_template_global(site_url)
    app.register_error_handler(HTTPException, error_page)
