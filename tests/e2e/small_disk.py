"""A volume of a few hundred MiB that only this test sees: a tmpfs in a mount namespace of the test's own."""
import contextlib
import ctypes
import os
import subprocess
import tempfile

CLONE_NEWNS = 0x00020000
CLONE_NEWUSER = 0x10000000
_libc = ctypes.CDLL(None, use_errno=True)
_inside = False


def enter_namespace():
    """From here on, this process and its children mount for themselves alone; for others than root by way of a user namespace."""
    global _inside
    if _inside:
        return
    user, group = os.getuid(), os.getgid()
    if _libc.unshare(CLONE_NEWNS | (CLONE_NEWUSER if user != 0 else 0)) != 0:
        raise OSError(ctypes.get_errno(), "unshare: a small disk needs root, or user namespaces")
    if user != 0:
        for name, text in (("setgroups", "deny"), ("uid_map", f"0 {user} 1"), ("gid_map", f"0 {group} 1")):
            with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
                file.write(text)
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)
    _inside = True


class SmallDisk:
    """`with SmallDisk(mebibytes) as disk:` - disk.path is an empty volume of that size."""

    def __init__(self, mebibytes):
        self.mebibytes = mebibytes
        self.path = None

    def __enter__(self):
        enter_namespace()
        self.path = tempfile.mkdtemp(prefix="granary-disk-")
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={self.mebibytes}m", "tmpfs", self.path], check=True)
        return self

    def __exit__(self, *_):
        subprocess.run(["umount", "--lazy", self.path], check=True)
        os.rmdir(self.path)

    def free(self):
        volume = os.statvfs(self.path)
        return volume.f_bavail * volume.f_frsize

    def leave(self, free_bytes):
        """Fills the volume until no more than this is free."""
        with open(os.path.join(self.path, "filler"), "ab", buffering=0) as filler:
            block = bytes(1 << 16)
            while (missing := self.free() - free_bytes) > 0:
                try:
                    filler.write(block[:min(missing, len(block))])
                except OSError:
                    return  # somebody took the last of it

    def give_back(self):
        with contextlib.suppress(FileNotFoundError):
            os.remove(os.path.join(self.path, "filler"))
