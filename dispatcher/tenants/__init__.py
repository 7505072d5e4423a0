"""Which of an app's tenants is a request for, and what answers for that one?

`resolution` stands in front of the boundary and names the tenant, by the label of the host or
a segment of the path. `instances` stands in the place of the app behind it, and hands the
request to the tenant's own instance, made when first asked for; a `lease` keeps that open
until its last response is closed. `hooks` are what the app itself says about its tenants.
"""
