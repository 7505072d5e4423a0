"""What only a developer's machine needs: reload, debugger, a certificate, new apps.

`supervisor` holds the port and starts a new server process whenever `watching` tells of
a change; `server` is that process, and `application` what it serves. `checking` loads
each app as its pool would.
"""
