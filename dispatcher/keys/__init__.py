"""Which secret does an app sign with? One of its own, derived from the site's master keys.

`derivation` is the arithmetic, which the deployment does too, so that on a server no pool gets
to see the masters; `file` is where they are kept on a developer's machine, and where systemd
puts what a pool was given; `own` has the secrets that people set, in a file of the same kind. They
are asked when an app is loaded, never in a request.
"""
