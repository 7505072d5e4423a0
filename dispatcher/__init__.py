"""One site of many WSGI apps: which app answers which host and path."""
