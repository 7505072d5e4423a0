"""What is an address, or a network of them?"""

from ipaddress import ip_network


def fault_of_network(written: str) -> str | None:
    """Say what would make it an address or a network, which becomes part of a configuration."""
    try:
        right = str(ip_network(written, strict=False))
    except ValueError:
        right = ""
    if right and "%" not in right:
        return None
    return "is no address or network; write one like '10.0.0.5' or 'fd00::/8', not a name"
