"""What an app does besides answering requests, in processes of its own.

``python -m dispatcher.jobs`` is what the units on servers run; ``dispatcher work`` the same here.
"""
