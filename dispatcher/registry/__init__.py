"""What does site.toml say? It becomes a `Site`, or a list of all that is wrong with it.

`site_toml.load` reads the file, `schema` says what may stand in each table, `overlay` lays an
environment over the rest, and `assembly` makes the frozen values of `site` of it, with what
only the whole can tell: which addresses clash, which names are too long. Each process reads it
once, before the first request, and so does the deployment; hence nothing here imports a web
framework, or anything of the dispatcher but its errors.
"""
