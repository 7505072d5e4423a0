"""What is said between an agent and who asks it, and what is kept of it."""
