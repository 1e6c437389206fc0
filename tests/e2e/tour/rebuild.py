"""A view is rebuilt beside a load; the server is killed in the middle; the rebuild goes on, is compared and promoted, and what that costs readers is measured."""
import os
import re
import subprocess
import threading

from shop import BINARY

LOAD = os.environ.get("GRANARY_LOAD") or os.path.join(os.path.dirname(BINARY), "granary-load")
ORDERS_A_SECOND = "50"
READS_A_SECOND = "500"
STEPS = ("rebuild", "verify", "promote", "discard")


class Rebuild:
    def __init__(self, guide, view, killed_seconds, load_seconds):
        self.guide = guide
        self.shop = guide.shop
        self.view = view
        self.killed_seconds = killed_seconds  # as slow as that, so that it can be met in the middle
        self.seconds = load_seconds
        self.journal = guide.path("first.journal")

    def load(self, *words):
        """Starts a client of its own."""
        return subprocess.Popen([LOAD, *words, "--port", str(self.shop.port)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env={**os.environ, "GRANARY_KEY": self.shop.key("admin")})

    def orders(self, seconds, label):
        return self.load("orders", "--connections", "4", "--rate", ORDERS_A_SECOND, "--seconds", str(seconds), "--journal", self.guide.path(label + ".journal"), "--label", label)

    def reads(self):
        client = self.load("get", "--connections", "8", "--rate", READS_A_SECOND, "--seconds", str(self.seconds), "--journal", self.journal)
        return client, lambda: client.communicate(timeout=600)[0].strip()

    def generations(self):
        said = self.guide.json("projection", "list", *self.guide.url, lines=None)
        return [row for row in said if row["view"] == self.view]

    def killed_in_the_middle(self):
        self.guide.chapter(f"The view {self.view} is rebuilt beside a load, and the server killed (-9) in the middle of it")
        self.load("prepare", "--connections", "4", "--seconds", "60").communicate(timeout=120)
        buyers = self.orders(2 * self.killed_seconds, "first")
        self.shop.wait_until("some orders", lambda: os.path.exists(self.journal) and os.path.getsize(self.journal) > 1000)
        records = sum(int(row["count"]) for row in self.guide.json("log", "stats", *self.guide.data, lines=None) if row["what"].startswith("record "))
        words = ("projection", "rebuild", self.view, *self.guide.url, "--throttle", str(max(100, records // self.killed_seconds)))
        rebuild = subprocess.Popen([BINARY, *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, "GRANARY_KEY": self.shop.key("admin")})
        building = self.shop.wait_until("the rebuild to be under way", self.half_built)
        self.shop.kill()
        rebuild.wait(timeout=60)
        buyers.communicate(timeout=120)
        print("$", self.guide.short("granary " + " ".join(words)), f"   # killed with {building} records of it folded")
        self.guide.expect(rebuild.returncode == 3, "whoever waited for the rebuild is told that the server is gone")
        self.shop.start()
        rows = self.generations()
        if self.guide.equal([row["state"] for row in rows], ["live", "building"], "generations after the restart"):
            kept = sum(int(part.split(":")[1]) + 1 for part in rows[1]["positions"].split(",") if ":" in part)
            print(f"    after the restart {kept} records of it are kept, {rows[1]['lag_records']} are to be folded")

    def half_built(self):
        """How many records a rebuild that is under way has folded, when those are half of them or more, and not all."""
        work = self.shop.get(f"/admin/v1/projections/{self.view}").get("work") or {}
        done, total = work.get("done", 0), work.get("total", 0)
        return done if work.get("status") == "running" and total / 2 < done < total * 0.9 else None

    def promoted_beside_readers(self):
        """The first round goes on with what was begun."""
        buyers = self.orders(2 * self.seconds + 15, "second")
        before = self.reads()[1]()
        client, ended = self.reads()
        rounds = 0
        try:
            while rounds == 0 or client.poll() is None:
                for step in STEPS:
                    self.guide.run("projection", step, self.view, *self.guide.url, lines=None if rounds else 3)
                rounds += 1
                self.guide.equal(len(self.generations()), 1, "generations when the old one is discarded")
        finally:
            during = ended()
            buyers.terminate()
            buyers.communicate(timeout=120)
        p99 = [float(re.search(r"p99 ([0-9.]+) ms", said).group(1)) for said in (before, during)]
        print(f"    reads of orders, {READS_A_SECOND} a second, beside {ORDERS_A_SECOND} new orders a second")
        print(f"    before: {before}\n    during {rounds} times rebuild, verify, promote, discard: {during}")
        print(f"    p99 during / before: {p99[1]:.1f} ms / {p99[0]:.1f} ms = {p99[1] / p99[0]:.2f}")
