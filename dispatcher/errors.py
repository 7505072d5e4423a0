"""What is an error that its reader can mend?"""


class DispatcherError(Exception):
    """Something a person can put right: its text says how, and no traceback is shown for it."""
