"""Where is another app of the site? ``from dispatcher.links import site_url`` is all one needs.

`urls` puts an address together: `context` says which app asks, `destination` which of the
other's addresses is meant, and `rules` what its endpoints look like, without loading it where
another pool does. Called by apps, in a request or outside of any.
"""

from dispatcher.links.urls import LinkError, site_has, site_url

__all__ = ["LinkError", "site_has", "site_url"]
