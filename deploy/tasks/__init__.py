"""The tasks of `fab`, a module for each family; `fabfile` is where it finds them."""
