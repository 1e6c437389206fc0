"""Every step of a fulfilment that is undone killed once: declined, sold out, not captured, cancelled, paid back."""
import itertools
import os
import unittest

import books
import kill_steps
from shop import Shop

FULL = os.environ.get("GRANARY_FAULTS") == "full"
MOMENTS = [kill_steps.STORED, kill_steps.UNSTORED, kill_steps.PROVIDER] if FULL else [kill_steps.STORED]
LOSSES = [lambda step: True, lambda step: False] if FULL else [lambda step: step % 2 == 0]
STOCK = {"tea": 10_000, "cup": 10_000, "rare": 1}
PARCEL_WAITS_MS = "3600000"


class UndoneSteps(unittest.TestCase):
    def kill_all(self, make_flow, expected, sold_of_each=0, carrier_delay_ms="10"):
        with Shop("--partitions", "4", "--carrier-delay-ms", carrier_delay_ms) as shop:
            for sku, quantity in STOCK.items():
                shop.stock_up(sku, quantity)
            flow = make_flow(shop)
            orders = 0
            for run, (moment, lose) in enumerate(itertools.product(MOMENTS, LOSSES)):
                wanted = expected if moment is kill_steps.STORED else frozenset()
                count, _ = kill_steps.kill_every_step(self, flow, moment, f"order-{run}", lose, wanted)
                orders += count
            found = books.check_at_rest(self, shop, STOCK, {"tea": orders * sold_of_each, "cup": orders * sold_of_each})
            self.assertEqual([o["status"] for o in found], [flow.end] * orders)
            self.assertEqual(shop.terminate(), 0)
            books.check_history(self, shop)

    def test_declined(self):
        self.kill_all(lambda shop: kill_steps.Flow(shop, [("tea", 1), ("cup", 1)], "tok_decline", "FAILED"),
                      {"payment_declined", "order_failed", "reservation_released"})

    def test_sold_out(self):
        self.kill_all(lambda shop: kill_steps.Flow(shop, [("tea", 1), ("rare", 2)], end="FAILED"), {"order_failed", "reservation_released"})

    def test_not_captured(self):
        self.kill_all(lambda shop: kill_steps.Flow(shop, [("tea", 1), ("cup", 1)], "tok_capture_declined", "FAILED"),
                      {"capture_failed", "order_failed", "payment_voided"})

    def test_cancelled(self):
        self.kill_all(lambda shop: kill_steps.Cancelled(shop, [("tea", 1), ("cup", 1)]),
                      {"order_cancelled", "shipment_cancelled", "refund_requested", "payment_refunded"}, carrier_delay_ms=PARCEL_WAITS_MS)

    def test_paid_back(self):
        self.kill_all(lambda shop: kill_steps.Refunded(shop, [("tea", 1), ("cup", 1)]), {"refund_requested", "payment_refunded"}, sold_of_each=1)


if __name__ == "__main__":
    unittest.main()
