"""What is on a server, whichever release is live, and what should be?"""
