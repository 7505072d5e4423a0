"""How does ``package.module:attribute`` become an app, and how can that do no harm to others?

`contained` stands at the end of a request's way: it loads its app once, in bounded time, and
answers 503 while there is none. It makes an `attempt`, which imports and calls (`importing`)
under a `timeout` and takes back the `side_effects` on what all apps of the process share. What
Flask apps need to know of their site is filled in by `flask_config`. Most apps are loaded
before the first request (`startup`).
"""
