"""What an auditor sees of one order: each event below what caused it, across contexts and partitions, and what became of its state."""
import json
import unittest

import books
from shop import Shop


class OrderHistory(unittest.TestCase):
    def history(self, shop, *arguments, expect=0):
        done = shop.run("history", *arguments, "--data", shop.data, "--format", "json")
        self.assertEqual(done.returncode, expect, done.stderr)
        return json.loads(done.stdout) if done.stdout else None

    def test_tree_and_difference_of_an_order(self):
        with Shop("--partitions", "4", "--carrier-delay-ms", "10") as shop:
            for sku in ("tea", "cup"):
                shop.stock_up(sku, 10)
            order = shop.place(("tea", 2), ("cup", 1))
            other = shop.place(("tea", 1))
            for each in (order, other):
                shop.wait_for_status(each, "DELIVERED")
            shop.wait_until("every saga to end", lambda: books.sagas_at_rest(shop))
            events = self.history(shop, "order", order, "--tree")["events"]
            self.check_tree(events, order, other)
            payment = next(event["key"] for event in events if event["kind"] == "payment")
            self.assertEqual(self.history(shop, "payment", payment, "--tree")["events"], events)
            self.check_difference(shop, order)
            self.assertEqual(shop.run("history", "order", order, "--data", shop.data, "--diff", "1").returncode, 2)
            self.history(shop, "order", "ord_" + "0" * 31 + "1", "--tree", expect=1)

    def check_tree(self, events, order, other):
        self.assertEqual((events[0]["event"], events[0]["depth"], events[0]["causation"]), ("order_placed", 0, None))
        names = [event["event"] for event in events]
        for name in ("stock_reserved", "payment_started", "payment_authorized", "reservation_committed", "payment_captured", "order_paid", "shipment_booked", "order_delivered",
                     "answer_recorded"):
            self.assertIn(name, names)
        self.assertEqual({event["key"].split("/")[1] for event in events if event["kind"] == "stock"}, {"tea", "cup"})
        self.assertNotIn(other, json.dumps(events))
        self.assertTrue(all(order in json.dumps(event["fields"]) for event in events if event["kind"] != "stock"))
        # Preorder: the nearest event before it with one depth less is the one that it names as its cause.
        above = []
        for event in events:
            del above[event["depth"]:]
            if event["depth"]:
                self.assertEqual(event["causation"], above[-1]["id"])
            above.append(event)

    def check_difference(self, shop, order):
        own = self.history(shop, "order", order)["events"]
        told = self.history(shop, "order", order, "--diff", own[0]["position"], own[-1]["position"])
        self.assertEqual((told["before"]["version"], told["after"]["version"]), (1, len(own)))
        changes = {change["field"]: (change["before"], change["after"]) for change in told["changes"]}
        self.assertEqual(changes["status"], ("created", "delivered"))
        self.assertNotIn("total.amount", changes)
        by_time = self.history(shop, "order", order, "--diff", own[0]["time"], own[-1]["time"])
        self.assertEqual(by_time["changes"], told["changes"])


if __name__ == "__main__":
    unittest.main()
