"""Which of SSH's algorithms are refused, though paramiko would still agree to them.

What stays: Curve25519, NIST curves and their hybrid with ML-KEM, Diffie-Hellman of 2048 bits
and more with SHA-2; AES in counter mode or GCM; HMAC with SHA-2; Ed25519, ECDSA, and RSA with
SHA-2. OpenSSH of Debian 12 has all of these. A client that offers less cannot be talked down.
"""

from __future__ import annotations

WEAK = {
    # CBC leaks plaintext (CVE-2008-5161), and 3DES has blocks of 64 bits (Sweet32).
    "ciphers": ["3des-cbc", "aes128-cbc", "aes192-cbc", "aes256-cbc", "blowfish-cbc"],
    "macs": [
        *("hmac-md5", "hmac-md5-96", "hmac-sha1", "hmac-sha1-96"),
        "hmac-sha1-etm@openssh.com",
    ],
    "kex": [
        *("diffie-hellman-group1-sha1", "diffie-hellman-group14-sha1"),
        "diffie-hellman-group-exchange-sha1",
    ],
    # Signatures over SHA-1: collisions cost what a company can pay (RFC 9142 in spirit).
    "keys": ["ssh-rsa", "ssh-dss"],
    "pubkeys": ["ssh-rsa", "ssh-dss"],
}
"""As paramiko's ``disabled_algorithms`` wants it."""
