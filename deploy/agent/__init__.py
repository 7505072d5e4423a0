"""What carries deployments out on a server, as root: the only thing the SSH user may sudo.

`service` takes requests (`words`), `planning` makes a plan of an intention, and a
`transaction` carries it out, step by step, writing each into a `journal` first.
"""
