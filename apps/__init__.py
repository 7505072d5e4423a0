"""The apps of this site. None of them imports another."""
