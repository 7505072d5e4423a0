"""Is a server as it should be? Pure functions over what was found, a module for each matter.

`lists` has their order, `finding` what they are given and what they say.
"""
