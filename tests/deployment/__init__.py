"""What a deployment promises, held against real Debian hosts."""
