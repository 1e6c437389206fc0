"""SIGTERM under load: exits 0 in time, what was acknowledged is there after the restart, and what was not can be sent again."""
import concurrent.futures
import threading
import unittest

import books
from kill_steps import unless_gone
from shop import Shop

BUYERS = 16
STOPS = 3
STOP_SECONDS = 10
RICE = 1_000_000


class Stop(unittest.TestCase):
    def load(self, shop, label, placed, stopped):
        """Orders, one after the other per buyer, until the server is gone. Each buyer's last key may be unanswered."""
        def buy(buyer):
            number = 0
            while not stopped.is_set():
                key = f"{label}-{buyer}-{number}"
                reply = unless_gone(lambda: shop.call("POST", "/v1/orders", shop.order_body(("rice", 1)), idempotency_key=key, timeout=20))
                if reply is None:
                    return key
                if reply.status == 201:
                    placed[key] = reply.json["id"]
                    number += 1
                else:
                    self.assertIn((reply.status, reply.json["code"]), ((503, "unavailable"), (503, "not_ready")), reply.body)
                    stopped.wait(0.02)
            return None

        with concurrent.futures.ThreadPoolExecutor(BUYERS) as pool:
            return [key for key in pool.map(buy, range(BUYERS)) if key]

    def test_stopped_again_and_again_under_load(self):
        with Shop("--partitions", "8", "--carrier-delay-ms", "50") as shop:
            shop.stock_up("rice", RICE)
            placed = {}
            for stop in range(STOPS):
                enough = len(placed) + 150
                stopped = threading.Event()
                with concurrent.futures.ThreadPoolExecutor(1) as pool:
                    buyers = pool.submit(self.load, shop, f"load-{stop}", placed, stopped)
                    shop.wait_until("orders under way", lambda: len(placed) > enough)
                    self.assertEqual(shop.terminate(STOP_SECONDS), 0)
                    stopped.set()
                    unanswered = buyers.result()
                shop.start()
                for key in unanswered:
                    placed[key] = shop.post("/v1/orders", shop.order_body(("rice", 1)), idempotency_key=key).json["id"]
            orders = shop.wait_for_rest(len(placed))
            self.assertEqual({o["id"] for o in orders}, set(placed.values()))
            self.assertEqual({o["status"] for o in orders}, {"DELIVERED"})
            books.check_at_rest(self, shop, {"rice": RICE}, {"rice": len(placed)})
            self.assertEqual(shop.terminate(STOP_SECONDS), 0)
            books.check_history(self, shop)


if __name__ == "__main__":
    unittest.main()
