"""A POST is repeated under its key after kill -9, before and after its commit: the same id, and one order."""
import unittest

import kill_steps
from shop import Shop

FLOUR = 10


class Retry(unittest.TestCase):
    def place_into_a_kill(self, shop, moment):
        """The server dies over the order's first record; returns the body that was sent."""
        body = shop.order_body(("flour", 2))
        with moment.trap(shop, 1):
            self.assertIsNone(kill_steps.unless_gone(lambda: shop.call("POST", "/v1/orders", body, idempotency_key="order-1")), "no answer")
            shop.process.wait(timeout=30)
        shop.process.stdout.close()
        shop.start()
        return body

    def check_retries(self, shop, body, expected_id, first_is_replay):
        first = shop.post("/v1/orders", body, idempotency_key="order-1")
        again = shop.post("/v1/orders", body, idempotency_key="order-1")
        order = first.json["id"]
        self.assertIn(expected_id, (None, order))
        self.assertEqual(again.json, first.json)
        self.assertEqual(first.headers.get("idempotent-replayed"), "true" if first_is_replay else None)
        self.assertEqual(again.headers.get("idempotent-replayed"), "true")
        shop.wait_for_status(order, "DELIVERED")
        self.assertEqual([o["id"] for o in shop.orders()], [order])
        stock = shop.stock("flour")
        self.assertEqual((stock["on_hand"], stock["reserved"], stock["sold"]), (FLOUR - 2, 0, 2))

    def test_killed_before_the_commit(self):
        with Shop("--partitions", "4", "--carrier-delay-ms", "10") as shop:
            shop.stock_up("flour", FLOUR)
            body = self.place_into_a_kill(shop, kill_steps.UNSTORED)
            self.assertEqual(shop.orders(), [])
            self.check_retries(shop, body, None, first_is_replay=False)

    def test_killed_between_the_commit_and_the_answer(self):
        with Shop("--partitions", "4", "--carrier-delay-ms", "10") as shop:
            shop.stock_up("flour", FLOUR)
            body = self.place_into_a_kill(shop, kill_steps.STORED)
            placed = shop.orders()
            self.assertEqual(len(placed), 1)
            self.check_retries(shop, body, placed[0]["id"], first_is_replay=True)

    def test_another_body_under_the_key_is_refused_after_the_kill(self):
        with Shop("--partitions", "4", "--carrier-delay-ms", "10") as shop:
            shop.stock_up("flour", FLOUR)
            self.place_into_a_kill(shop, kill_steps.STORED)
            other = shop.call("POST", "/v1/orders", shop.order_body(("flour", 3)), idempotency_key="order-1")
            self.assertEqual((other.status, other.json["code"]), (422, "key_reused"))


if __name__ == "__main__":
    unittest.main()
