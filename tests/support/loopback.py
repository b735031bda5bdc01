"""A loopback address of the test's own.

Tests run side by side, and their clients' connections take ephemeral ports of 127.0.0.1: a server that
is told to listen again on the port it had, or on one that was free a moment ago, may find it taken.
On an address that nobody else uses, it cannot.
"""

import os


def own_address(number=0):
    """An IPv4 address of 127.0.0.0/8 that is this process's alone; it has three, 0 to 2."""
    assert number in (0, 1, 2)
    pid = os.getpid()
    return f"127.{40 + 64 * number + ((pid >> 16) & 63)}.{(pid >> 8) & 255}.{pid & 255}"
