"""One order's life: from HTTP to the log, through the saga, into the views and out again."""
import unittest

from shop import Shop


class Life(unittest.TestCase):
    def test_an_order_is_delivered_and_every_view_agrees(self):
        with Shop() as shop:
            shop.stock_up("apple", 10)
            order = shop.place(("apple", 2), ("apple", 1))
            page = shop.wait_for_status(order, "DELIVERED")
            self.assertEqual(page["total"], {"amount": 765, "currency": "GBP"})
            stock = shop.stock("apple")
            self.assertEqual((stock["on_hand"], stock["reserved"], stock["sold"]), (7, 0, 3))
            payments = shop.get(f"/v1/orders/{order}/payments")["data"]
            self.assertEqual([p["status"] for p in payments], ["captured"])
            events = [e["type"] for e in shop.get(f"/v1/orders/{order}/timeline?limit=100")["data"]]
            for step in ("order_placed", "order_paid", "order_packed", "order_shipped", "order_delivered"):
                self.assertIn(step, events)

    def test_sold_out_fails_and_leaves_nothing_behind(self):
        with Shop() as shop:
            shop.stock_up("pear", 1)
            shop.stock_up("plum", 5)
            order = shop.place(("plum", 2), ("pear", 2))
            self.assertEqual(shop.wait_for_status(order, "FAILED")["reason"], "out_of_stock")
            shop.wait_until("reservations to be released", lambda: shop.stock("plum")["reserved"] == 0)
            self.assertEqual(shop.stock("plum")["on_hand"], 5)
            self.assertEqual(shop.stock("pear")["on_hand"], 1)

    def test_a_declined_card_fails_the_order_and_frees_the_stock(self):
        with Shop() as shop:
            shop.stock_up("fig", 3)
            order = shop.place(("fig", 1), token="tok_decline")
            self.assertEqual(shop.wait_for_status(order, "FAILED")["reason"], "payment_declined")
            shop.wait_until("the reservation to be released", lambda: shop.stock("fig")["reserved"] == 0)

    def test_a_lost_answer_of_the_provider_is_found_by_asking(self):
        with Shop() as shop:
            shop.stock_up("kiwi", 3)
            order = shop.place(("kiwi", 1), token="tok_lost_answer")
            shop.wait_for_status(order, "DELIVERED")
            payments = shop.get(f"/v1/orders/{order}/payments")["data"]
            self.assertEqual([p["status"] for p in payments], ["captured"])

    def test_terminate_finishes_and_exits_zero(self):
        with Shop() as shop:
            shop.stock_up("lime", 3)
            order = shop.place(("lime", 1))
            self.assertEqual(shop.terminate(10), 0)
            shop.start()
            shop.wait_for_status(order, "DELIVERED")


if __name__ == "__main__":
    unittest.main()
