"""What nginx carries before the apps. ``python -m bench.edge`` says."""
