"""The peer that `bench.deploy` compares with: the Flask documentation's own recipe."""
