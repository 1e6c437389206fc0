"""Fifty pieces, five hundred buyers at once, a fifth of them impatient: exactly fifty are sold."""
import concurrent.futures
import unittest

from shop import Shop

PIECES = 50
BUYERS = 500
AT_ONCE = 100


class HotItem(unittest.TestCase):
    def test_fifty_pieces_are_sold_fifty_times(self):
        with Shop() as shop:
            shop.stock_up("hot", PIECES)

            def buy(number):
                key = f"buyer-{number}"
                first = shop.call("POST", "/v1/orders", shop.order_body(("hot", 1)), idempotency_key=key)
                if number % 5 == 0:
                    again = shop.call("POST", "/v1/orders", shop.order_body(("hot", 1)), idempotency_key=key)
                    if first.status == again.status == 201:
                        self.assertEqual(first.json["id"], again.json["id"])
                return first.status

            with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
                statuses = list(pool.map(buy, range(BUYERS)))
            self.assertTrue(set(statuses) <= {201, 429, 503}, set(statuses))
            placed = statuses.count(201)
            orders = shop.wait_for_rest(placed)
            self.assertEqual(len(orders), placed)
            by_status = {}
            for order in orders:
                by_status.setdefault(order["status"], []).append(order["id"])
            self.assertEqual(len(by_status.get("DELIVERED", [])), PIECES)
            self.assertEqual(len(by_status.get("FAILED", [])), placed - PIECES)
            for order in by_status["FAILED"][::50]:
                self.assertEqual(shop.get(f"/v1/orders/{order}")["reason"], "out_of_stock")
            shop.wait_until("reservations to close", lambda: shop.stock("hot")["reserved"] == 0)
            stock = shop.stock("hot")
            self.assertEqual((stock["on_hand"], stock["reserved"], stock["sold"]), (0, 0, PIECES))
            captured = [p for o in by_status["DELIVERED"] for p in shop.get(f"/v1/orders/{o}/payments")["data"]]
            self.assertEqual([p["status"] for p in captured], ["captured"] * PIECES)
            for order in by_status["FAILED"][::25]:
                self.assertEqual(shop.get(f"/v1/orders/{order}/payments")["data"], [])


if __name__ == "__main__":
    unittest.main()
