"""Money back, as often as real customers ask for it, orders that cost nothing, and the operator's look at sagas."""
import json
import unittest

import books
from shop import Shop

REFUNDS = 20


class Refunds(unittest.TestCase):
    def test_many_refunds_of_one_order_at_once(self):
        with Shop("--partitions", "4", "--carrier-delay-ms", "10") as shop:
            shop.stock_up("jam", 100)
            order = shop.place(("jam", 30))
            shop.wait_for_status(order, "DELIVERED")
            for number in range(REFUNDS):
                shop.post("/v1/payment/refund", {"order": order, "amount": {"amount": 100 + number, "currency": "GBP"}}, expect=202, idempotency_key=f"back-{number}")

            def all_refunded():
                refunds = shop.get(f"/v1/orders/{order}/payments")["data"][0]["refunds"]
                return len(refunds) == REFUNDS and all(refund["status"] == "refunded" for refund in refunds)
            shop.wait_until("every refund to be carried out", all_refunded)
            books.check_at_rest(self, shop, {"jam": 100}, {"jam": 30})
            listed = shop.run("saga", "list", "--parked", "--url", f"http://127.0.0.1:{shop.port}", "--format", "json")
            self.assertEqual((listed.returncode, json.loads(listed.stdout)), (0, []), listed.stderr)

    def test_an_order_that_costs_nothing(self):
        with Shop("--partitions", "4", "--carrier-delay-ms", "10") as shop:
            shop.stock_up("sample", 5)
            body = shop.order_body(("sample", 2))
            body["lines"][0]["unit_price"] = {"amount": "0", "currency": "GBP"}
            order = shop.post("/v1/orders", body).json["id"]
            page = shop.wait_for_status(order, "DELIVERED")
            self.assertEqual(page["total"]["amount"], 0)
            books.check_at_rest(self, shop, {"sample": 5}, {"sample": 2})
            self.assertEqual(shop.terminate(), 0)
            self.assertNotIn("given up", shop.log_tail())


if __name__ == "__main__":
    unittest.main()
