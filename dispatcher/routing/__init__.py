"""Which app does a request go to? Its host says, then the longest mount that its path begins with.

This is where a request comes first. `router` reads the host and, where the path is plain, the
first segment; `mounts` reads all other paths, and `paths` refuses those that nginx may have
read in another way. What belongs to no app gets one of the `pages`.
"""
