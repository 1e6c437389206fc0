"""strace on a running server: lets the N-th call of a kind kill the process or fail, so that every N can be tried."""
import os
import re
import select
import signal
import subprocess
import time

ATTACH_SECONDS = 30


class Trap:
    """`with Trap(pid, "pwrite64", "signal=KILL:when=3", path):` - attached on entry, let go on exit."""

    def __init__(self, pid, calls, what, *paths):
        where = [word for path in paths for word in ("-P", path)]
        self.command = ["strace", "-f", "-p", str(pid), "-o", "/dev/null", "-e", f"trace={calls}", *where, "-e", f"inject={calls}:{what}"]
        self.tracer = None

    def __enter__(self):
        self.tracer = subprocess.Popen(self.command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        deadline = time.monotonic() + ATTACH_SECONDS
        said = b""
        while b" attached" not in said:
            ready, _, _ = select.select([self.tracer.stderr], [], [], max(0, deadline - time.monotonic()))
            piece = os.read(self.tracer.stderr.fileno(), 4096) if ready else b""
            if not piece:
                self.__exit__()
                raise AssertionError(f"strace did not attach: {said.decode()}")
            said += piece
        return self

    def __exit__(self, *_):
        if self.tracer.poll() is None:
            self.tracer.send_signal(signal.SIGTERM)
        self.tracer.communicate(timeout=30)


def open_paths(pid, pattern):
    """Names of the files that the process has open and that match."""
    found = set()
    for handle in os.listdir(f"/proc/{pid}/fd"):
        try:
            target = os.readlink(f"/proc/{pid}/fd/{handle}")
        except OSError:
            continue
        if re.search(pattern, target):
            found.add(target)
    return sorted(found)
