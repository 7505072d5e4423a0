"""Turn off a network device's offloads: `python -m tests.lab.offload DEVICE`."""

import array
import contextlib
import fcntl
import socket
import struct
import sys

SIOCETHTOOL = 0x8946
# ETHTOOL_STXCSUM, STSO, SGSO, SUFO, SGRO, SRXCSUM: not every device and kernel has all of them
SETTERS = (0x17, 0x1F, 0x24, 0x22, 0x2C, 0x15)
OFF = 0


def main(device: str) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        for setter in SETTERS:
            value = array.array("B", struct.pack("II", setter, OFF))
            request = struct.pack("16sP", device.encode(), value.buffer_info()[0])
            with contextlib.suppress(OSError):
                fcntl.ioctl(control, SIOCETHTOOL, request)


if __name__ == "__main__":
    main(sys.argv[1])
