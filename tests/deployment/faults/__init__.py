"""What can go wrong with a deployment, each injected on real hosts, and how it must end."""
