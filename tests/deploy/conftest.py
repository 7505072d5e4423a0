"""What the tests of the deployment share."""

from hypothesis import settings

# How long an example takes is the machine's doing, which others use too; bench/ measures time.
settings.register_profile("site", deadline=None)
settings.load_profile("site")
