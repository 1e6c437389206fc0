"""A view is rebuilt while clients buy and read; the server is killed in the middle of it; the rebuild goes on, is compared, and readers change over."""
import http.client
import json
import threading
import unittest

import books
from shop import Shop
from trap import Trap

BUYERS = 3
SALT = 100_000


class Clients:
    """Each places an order and reads it back at the position of its answer, again and again. While the server is away they try again under the same key."""

    def __init__(self, shop):
        self.shop = shop
        self.stopping = threading.Event()
        self.placed = {}  # key -> id
        self.wrong = []
        self.threads = [threading.Thread(target=self.live, args=(n,)) for n in range(BUYERS)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        for thread in self.threads:
            thread.join()

    def live(self, buyer):
        number = 0
        while not self.stopping.is_set():
            try:
                number += self.once(f"{buyer}-{number}")
            except (OSError, http.client.HTTPException):
                self.stopping.wait(0.05)

    def once(self, key):
        """Whether the order was taken."""
        reply = self.shop.call("POST", "/v1/orders", self.shop.order_body(("salt", 1)), idempotency_key=key)
        if reply.status != 201:
            self.stopping.wait(0.05)
            return False
        order = reply.json["id"]
        self.placed[key] = order
        page = self.shop.call("GET", f"/v1/orders/{order}", headers={"Granary-Min-Position": reply.headers["granary-position"]})
        if page.status not in (200, 503) or (page.status == 200 and page.json["id"] != order):
            self.wrong.append((order, page.status, page.body))
        return True


class Rebuild(unittest.TestCase):
    def work(self, shop, verb, *more, code=0):
        done = shop.run("projection", verb, "orders", "--url", f"http://127.0.0.1:{shop.port}", "--format", "json", *more)
        self.assertEqual(done.returncode, code, done.stdout[-2000:] + done.stderr[-2000:] + shop.log_tail())
        return json.loads(done.stdout) if done.stdout else None

    def generations(self, shop):
        done = shop.run("projection", "list", "--url", f"http://127.0.0.1:{shop.port}", "--format", "json")
        self.assertEqual(done.returncode, 0, done.stderr)
        return [row for row in json.loads(done.stdout) if row["view"] == "orders"]

    def test_a_rebuild_survives_kill_9_and_is_promoted_under_load(self):
        with Shop("--partitions", "4", "--carrier-delay-ms", "10") as shop:
            shop.stock_up("salt", SALT)
            with Clients(shop) as clients:
                shop.wait_until("some orders", lambda: len(clients.placed) > 60)
                # What a thread has gathered is taken over by a hard link: all is folded, and nothing of it is there yet, or only the other thread's part.
                with Trap(shop.process.pid, "link,linkat", "signal=KILL:when=1"):
                    shop.run("projection", "rebuild", "orders", "--url", f"http://127.0.0.1:{shop.port}", timeout=600)
                    shop.process.wait(timeout=60)
                shop.process.stdout.close()
                shop.start()
                before = self.generations(shop)
                self.assertEqual(len(before), 2, before)
                self.work(shop, "rebuild")
                self.assertEqual(len(self.generations(shop)), 2, "it went on with the one that was begun")
                self.work(shop, "verify")
                self.work(shop, "promote")
                placed = len(clients.placed)
                shop.wait_until("more orders after the change-over", lambda: len(clients.placed) > placed + 30)
                self.work(shop, "verify")
                self.work(shop, "discard")
                self.assertEqual(len(self.generations(shop)), 1)
            self.assertEqual(clients.wrong, [])
            orders = shop.wait_for_rest(len(clients.placed))
            self.assertEqual({o["id"] for o in orders}, set(clients.placed.values()))
            books.check_at_rest(self, shop, {"salt": SALT}, {"salt": len(orders)})
            self.assertEqual(shop.terminate(), 0)
            books.check_history(self, shop)


if __name__ == "__main__":
    unittest.main()
