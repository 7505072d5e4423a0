"""What is done on a server, in which words, and by whom. Every effect of a plan is in `runner`."""
