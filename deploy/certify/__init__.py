"""What sees to a site's certificates on its server, every ten minutes, as root.

A `round` asks, for each host that is `wanted`, what is there (`certificate`), whether it is
due (`due`), and gets another: from an authority (`acme`), or from the paths in site.toml.
nginx is reloaded if a file changed, and what was found is `kept` for `fab status` to tell.
"""
