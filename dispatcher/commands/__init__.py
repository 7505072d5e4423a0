"""The commands of ``dispatcher``, a module each, imported when called.

To add one: a module here with a click command called ``command``, and a line in
`dispatcher.cli.COMMANDS`.
"""
