"""From a commit to what is shipped: one bundle of files, the same on every server."""
