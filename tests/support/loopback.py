"""A loopback address of the test's own.

Tests run side by side, and their clients' connections take ephemeral ports of 127.0.0.1: a server that
is told to listen again on the port it had, or on one that was free a moment ago, may find it taken.
On an address that nobody else uses, it cannot.
"""

import os


def own_address():
    """An IPv4 address of 127.0.0.0/8, one for each process."""
    pid = os.getpid()
    return f"127.{100 + (pid >> 16) % 100}.{(pid >> 8) & 255}.{pid & 255}"
