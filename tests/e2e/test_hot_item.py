"""Fifty pieces, five hundred buyers at once, a fifth of them impatient: exactly fifty are sold. `--runs 10` does it ten times."""
import concurrent.futures
import os
import sys
import threading
import time
import unittest

import books
from shop import Shop

PIECES = 50
BUYERS = 500
IMPATIENT = 5  # one buyer in so many asks twice
RUNS = int(os.environ.get("GRANARY_RUNS", "1"))


class HotItem(unittest.TestCase):
    def test_fifty_pieces_are_sold_fifty_times(self):
        for run in range(1, RUNS + 1):
            with self.subTest(run=run):
                self.sell_out(run)

    def sell_out(self, run):
        with Shop() as shop:
            shop.stock_up("hot", PIECES)
            shop.key()
            started = time.monotonic()
            ids = self.rush(shop)
            orders = shop.wait_for_rest(len(ids))
            self.assertEqual({o["id"] for o in orders}, set(ids.values()), "one order for each buyer")
            took = time.monotonic() - started
            sold = [o["id"] for o in orders if o["status"] == "DELIVERED"]
            missed = [o["id"] for o in orders if o["status"] == "FAILED"]
            self.assertEqual((len(sold), len(missed)), (PIECES, len(ids) - PIECES))
            books.check_at_rest(self, shop, {"hot": PIECES}, {"hot": PIECES})
            for order in missed[::25]:
                self.assertEqual(shop.get(f"/v1/orders/{order}")["reason"], "out_of_stock")
                self.assertEqual(shop.get(f"/v1/orders/{order}/payments")["data"], [])
            if RUNS > 1:
                print(f"run {run}: {len(ids)} orders, {len(sold)} sold, {len(missed)} out of stock, all ended after {took:.1f} s", file=sys.stderr)

    def rush(self, shop):
        """All buyers at one moment, each on a thread of its own; returns {buyer: order}."""
        gate = threading.Barrier(BUYERS)

        def buy(number):
            key, body = f"buyer-{number}", shop.order_body(("hot", 1))
            gate.wait()
            first = shop.call("POST", "/v1/orders", body, idempotency_key=key)
            if number % IMPATIENT == 0:
                again = shop.call("POST", "/v1/orders", body, idempotency_key=key)
                self.assertIn((first.status, again.status), ((201, 201), (503, 201)), (first.body, again.body))
                if first.status == 201:
                    self.assertEqual(first.json, again.json)
                first = again
            self.assertEqual(first.status, 201, first.body)
            return first.json["id"]

        with concurrent.futures.ThreadPoolExecutor(BUYERS) as pool:
            return dict(enumerate(pool.map(buy, range(BUYERS))))


if __name__ == "__main__":
    if "--runs" in sys.argv:
        at = sys.argv.index("--runs")
        RUNS = int(sys.argv[at + 1])
        del sys.argv[at:at + 2]
    unittest.main()
