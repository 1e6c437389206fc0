"""The faulty disk under a real server: its plan as a mapped page (tests/faults/disk/plan.hpp), and a shop that runs on it."""
import mmap
import os
import shutil
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "e2e"))

from shop import ROOT, Shop  # noqa: E402

LIBRARY = os.environ.get("GRANARY_FAULTY_DISK") or os.path.join(ROOT, "build/release/tests/faults/disk/libgranary_faulty_disk.so")
CALLS = ("create", "write", "truncate", "sync", "sync_folder", "rename", "link", "remove", "make_folder")
DEEDS = ("nothing", "kill", "fail", "lose_power")
FIELDS = ("armed", "kinds", "at", "times", "deed", "error", "after", "dies", "seed", "matched", "acted", "lost", "at_end")
PATTERN_BYTES = 256
PLAN_BYTES = 8 * (len(FIELDS) + len(CALLS)) + 2 * PATTERN_BYTES


class Plan:
    """Fields by name, as numbers; see plan.hpp."""

    def __init__(self, path):
        self.path = path
        with open(path, "wb") as file:
            file.write(bytes(PLAN_BYTES))
        with open(path, "r+b") as file:
            self.page = mmap.mmap(file.fileno(), PLAN_BYTES)

    def __getattr__(self, name):
        if name not in FIELDS:
            raise AttributeError(name)
        return struct.unpack_from("<Q", self.page, 8 * FIELDS.index(name))[0]

    def put(self, name, value):
        struct.pack_into("<Q", self.page, 8 * FIELDS.index(name), value)

    def calls(self):
        """{kind: how often it was called since the process began}"""
        numbers = struct.unpack_from(f"<{len(CALLS)}Q", self.page, 8 * len(FIELDS))
        return dict(zip(CALLS, numbers))

    def arm(self, deed, at, *, kinds=(), times=1, error=0, after=0, dies=0, seed=0, match="", at_end=0):
        """Acts at the `at`-th matching call from now on, or (a loss of power) when the process ends by itself."""
        self.disarm()
        wanted = {"kinds": sum(1 << CALLS.index(kind) for kind in kinds), "at": at, "times": times, "deed": DEEDS.index(deed), "error": error, "after": after,
                  "dies": dies, "seed": seed, "matched": 0, "acted": 0, "lost": 0, "at_end": at_end}
        for name, value in wanted.items():
            self.put(name, value)
        place = 8 * (len(FIELDS) + len(CALLS))
        self.page[place:place + PATTERN_BYTES] = match.encode().ljust(PATTERN_BYTES, b"\0")
        self.put("armed", 1)

    def disarm(self):
        self.put("armed", 0)


class FaultyShop(Shop):
    """A server on the faulty disk, not started yet. `durability`: the disk knows what a loss of power leaves."""

    def __init__(self, *arguments, durability=False):
        super().__init__(*arguments)
        self.disk = os.path.join(self.folder, "disk")  # the data directory is made below it, and its name may be lost, too
        self.data = os.path.join(self.disk, "data")
        os.mkdir(self.disk)
        self.plan = Plan(os.path.join(self.folder, "plan"))
        self.environment = {"LD_PRELOAD": LIBRARY, "GRANARY_FAULTS_FOLDER": self.disk, "GRANARY_FAULTS_PLAN": self.plan.path}
        if durability:
            self.environment["GRANARY_FAULTS_DURABILITY"] = "1"

    def __enter__(self):
        return self

    def log_tail(self):
        return super().log_tail() if os.path.exists(os.path.join(self.folder, "server.log")) else "(none)"

    def take_what_is_left(self):
        """After a loss of power: the disk's content takes the place of what the process saw."""
        left = self.disk + ".left"
        assert os.path.isdir(left), "the power went, and the disk did not say what is left"
        shutil.rmtree(self.disk)
        os.rename(left, self.disk)
