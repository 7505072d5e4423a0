"""What deployments cost, and whom. ``python -m bench.deploy`` says."""
