"""Throw-away Debian hosts on one Linux machine: `python -m tests.lab` as root, or `Lab`.

Each host is a systemd-nspawn container with its own file system (overlayfs on
one shared image), its own network namespace on a private bridge, its own
cgroups and its own ext4 disk: a sparse file, so that a power cut and a full
disk can be had. The standard library is all it needs.
"""
