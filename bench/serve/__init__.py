"""What does serving cost, through nginx and gunicorn? ``python -m bench.serve`` says."""
