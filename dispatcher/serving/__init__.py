"""How does one process serve its part of the site? Here all else is put together.

gunicorn asks `application` for what it serves (through `dispatcher.wsgi`): `apps` makes the
apps of the pool, `stack` puts router, tenants and boundary around them, `proxies` believes
what nginx says of the client. A request passes through what was made here, not through this.
"""
