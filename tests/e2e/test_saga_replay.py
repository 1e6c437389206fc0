"""A shop's own history replayed through the program that made it: delivered, declined, sold out, not captured, cancelled, refunded, killed; no saga parts from it."""
import json
import unittest

import books
from shop import Shop

ORDERS = 12
PARCEL_WAITS_MS = "3600000"


class SagaReplay(unittest.TestCase):
    def replay(self, shop, *arguments, expect=0):
        done = shop.run("saga", "replay", *arguments, "--data", shop.data, "--format", "json")
        self.assertEqual(done.returncode, expect, done.stdout[-3000:] + done.stderr[-2000:])
        return json.loads(done.stdout) if done.stdout else None

    def trade(self, shop):
        """Orders of several kinds; the ids of a delivered and a declined one."""
        shop.stock_up("tea", 100)
        shop.stock_up("rare", 1)
        delivered = [shop.place(("tea", 1), ("rare", 1)) if n == 0 else shop.place(("tea", 2)) for n in range(ORDERS)]
        declined = shop.place(("tea", 1), token="tok_decline")
        shop.place(("tea", 1), token="tok_capture_declined")
        shop.wait_for_status(delivered[0], "DELIVERED")
        shop.place(("tea", 1), ("rare", 1))
        shop.wait_for_rest(ORDERS + 3)
        for number in range(3):
            shop.post("/v1/payment/refund", {"order": delivered[0], "amount": {"amount": 10 + number, "currency": "GBP"}}, expect=202, idempotency_key=f"back-{number}")
        shop.wait_until("the refunds", lambda: [r["status"] for r in shop.get(f"/v1/orders/{delivered[0]}/payments")["data"][0]["refunds"]] == ["refunded"] * 3)
        return delivered[0], declined

    def test_every_saga_agrees_beside_a_running_server_and_after_it(self):
        with Shop("--partitions", "4", "--carrier-delay-ms", "50") as shop:
            delivered, declined = self.trade(shop)
            shop.wait_until("every saga to end", lambda: books.sagas_at_rest(shop))
            beside = self.replay(shop, "--all", "--at-rest")
            self.assertEqual((beside["sagas"], beside["diverged"], beside["live"], beside["open"], beside["late"]), (ORDERS + 3, 0, 0, 0, 0))
            self.assertGreater(beside["decisions"], 10 * ORDERS)
            for order in (delivered, declined):
                one = self.replay(shop, order, "--at-rest")
                self.assertEqual((one["sagas"], one["diverged"]), (1, 0))
                self.assertEqual(one["replay"][0]["event"], "order_placed")
                self.assertIn("reserve_stock tea", one["replay"][0]["asks"])
            self.replay(shop, "ord_" + "0" * 31 + "1", expect=1)
            shop.kill()
            after = self.replay(shop, "--all", "--at-rest")
            self.assertEqual(after, beside)
            shop.start()
            self.trade_again(shop)
            self.assertEqual(shop.terminate(), 0)
            last = self.replay(shop, "--all", "--at-rest", "--parallel", "1")
            self.assertEqual((last["sagas"], last["diverged"]), (ORDERS + 4, 0))

    def test_cancelled_orders_and_unpaid_ones(self):
        with Shop("--partitions", "4", "--carrier-delay-ms", PARCEL_WAITS_MS) as shop:
            shop.stock_up("tea", 100)
            cancelled = [shop.place(("tea", 2)) for _ in range(3)]
            for order in cancelled:
                shop.wait_for_status(order, "PAID")
                shop.post(f"/v1/orders/{order}/cancel", {"reason": "changed my mind"}, expect=200)
            body = shop.order_body(("tea", 1))
            del body["payment"]
            unpaid = shop.post("/v1/orders", body).json["id"]
            for order in cancelled:
                shop.wait_for_status(order, "CANCELLED")
            shop.wait_until("the sagas of cancelled orders to end, the unpaid one to wait",
                            lambda: [(saga["id"], saga["open"]) for saga in shop.get("/admin/v1/sagas?limit=100")["data"]] == [(unpaid, 0)])
            found = self.replay(shop, "--all", "--at-rest")
            self.assertEqual((found["sagas"], found["diverged"], found["live"], found["open"]), (4, 0, 1, 0))

    def trade_again(self, shop):
        """One more order, killed on its way."""
        order = shop.place(("tea", 1))
        shop.kill()
        shop.start()
        shop.wait_for_status(order, "DELIVERED")
        shop.wait_until("every saga to end", lambda: books.sagas_at_rest(shop))

    def test_usage(self):
        with Shop("--partitions", "4") as shop:
            shop.key()
            self.assertEqual(shop.run("saga", "replay", "--data", shop.data).returncode, 2)
            self.assertEqual(shop.run("saga", "replay", "ord_1", "--data", shop.data).returncode, 2)
            self.assertEqual(shop.run("saga", "replay", "--all").returncode, 2)
            empty = shop.run("saga", "replay", "--all", "--data", shop.data)
            self.assertEqual((empty.returncode, empty.stdout), (0, ""), empty.stderr)
            self.assertIn("0 sagas, 0 steps, 0 decisions compared: none diverges", empty.stderr)


if __name__ == "__main__":
    unittest.main()
