"""Every step of an order's fulfilment killed once, on its way forward: each order ends, and the books balance."""
import os
import unittest

import books
import kill_steps
from shop import Shop

FULL = os.environ.get("GRANARY_FAULTS") == "full"
FORWARD = {"order_placed", "stock_reserved", "answer_recorded", "payment_started", "payment_authorized", "reservation_committed", "capture_requested",
           "payment_captured", "order_paid", "shipment_created", "shipment_booked", "shipment_progressed", "order_packed", "order_shipped", "order_delivered"}
LINES = [("tea", 1), ("cup", 2), ("tea", 1)]
STOCK = {"tea": 10_000, "cup": 10_000}


def always(_step):
    return True


def never(_step):
    return False


def by_turns(step):
    return step % 2 == 0


class ForwardSteps(unittest.TestCase):
    def kill_at(self, moments, lose, wanted=frozenset(), token="tok_accept"):
        with Shop("--partitions", "4", "--carrier-delay-ms", "10") as shop:
            for sku, quantity in STOCK.items():
                shop.stock_up(sku, quantity)
            flow = kill_steps.Flow(shop, LINES, token)
            orders = 0
            for number, moment in enumerate(moments):
                count, _ = kill_steps.kill_every_step(self, flow, moment, f"order-{number}", lose, wanted)
                self.assertGreater(count, 1, "it was killed at least once")
                orders += count
            found = books.check_at_rest(self, shop, STOCK, {"tea": 2 * orders, "cup": 2 * orders})
            self.assertEqual([o["status"] for o in found], ["DELIVERED"] * orders)
            self.assertEqual(shop.terminate(), 0)
            books.check_history(self, shop)

    def test_killed_as_each_record_is_stored(self):
        self.kill_at([kill_steps.STORED], never, FORWARD)

    def test_killed_as_each_record_is_stored_and_all_derived_data_lost(self):
        self.kill_at([kill_steps.STORED], always, FORWARD)

    def test_killed_as_provider_and_carrier_have_acted(self):
        self.kill_at([kill_steps.PROVIDER, kill_steps.CARRIER], by_turns)

    @unittest.skipUnless(FULL, "tools/faults runs it")
    def test_killed_before_each_record_and_after_its_mark(self):
        for lose in (never, always):
            self.kill_at([kill_steps.UNSTORED, kill_steps.MARKED], lose)

    @unittest.skipUnless(FULL, "tools/faults runs it")
    def test_killed_with_a_provider_that_loses_delays_and_fails(self):
        for token in ("tok_lost_answer", "tok_late", "tok_flaky", "tok_slow"):
            self.kill_at([kill_steps.STORED, kill_steps.PROVIDER], by_turns, token=token)


if __name__ == "__main__":
    unittest.main()
