"""The auditor finds what is wrong with the books of a shop whose log is whole: the chain holds, and what it says must not be."""
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from auditor import api, erasure, flat, orders, payments, rest, stock  # noqa: E402
from auditor.audit import SCHEMAS, audit  # noqa: E402
from auditor.findings import Findings  # noqa: E402
from auditor.shop_log import identity  # noqa: E402
from auditor.small_shop import SKU, TOTAL, SmallShop  # noqa: E402


class Books(unittest.TestCase):
    def setUp(self):
        self.shop = SmallShop()
        self.shop.receive()

    def finds(self, family, *words, at_rest=False, **more):
        _, findings = audit(self.shop.log.text(), at_rest=at_rest, **more)
        found = findings.by_family.get(family, [])
        self.assertTrue(any(all(word in text for word in words) for text in found), f"nothing of {family} says {words}: {findings}")
        for chain in ("chain", "decoding", "streams", "export"):
            self.assertNotIn(chain, findings.by_family, str(findings))


class Stock(Books):
    def test_more_reserved_than_there_is(self):
        self.shop.reserve(1, quantity=60)
        self.shop.reserve(2, quantity=41)
        self.finds("stock", "oversold", "101 reserved", "of 100 stocked")

    def test_an_oversale_that_is_mended_later_is_one_all_the_same(self):
        self.shop.reserve(1, quantity=101)
        self.shop.receive(50)
        self.finds("stock", "oversold")

    def test_stock_counted_down_below_what_is_sold(self):
        self.shop.reserve(1)
        self.shop.sell(1)
        self.shop.stock("StockAdjusted", delta=-98, reason="count")
        self.finds("stock", "oversold")

    def test_a_reservation_sold_twice_or_for_another_quantity(self):
        self.shop.reserve(1)
        self.shop.sell(1)
        self.shop.sell(1)
        self.finds("stock", "is committed, not open")
        self.shop.reserve(2)
        self.shop.sell(2, quantity=2)
        self.finds("stock", "of 2, but 3 were reserved")

    def test_a_release_of_nothing_and_a_second_one(self):
        self.shop.give_back(7)
        self.finds("stock", "there is no rsv_")
        self.shop.reserve(1)
        self.shop.give_back(1)
        self.shop.give_back(1)
        self.finds("stock", "is released, not open")

    def test_a_late_reserve_after_its_release(self):
        self.shop.stock("ReleaseRecorded", reservation_id=identity("rsv", 1))
        self.shop.reserve(1)
        self.finds("stock", "was there before")


class Money(Books):
    def test_captured_twice(self):
        self.shop.place(1)
        self.shop.authorize(1)
        self.shop.capture(1)
        self.shop.payment(1, "PaymentCaptured", amount=(TOTAL, "GBP"))
        self.finds("money", "was captured before")

    def test_captured_without_an_authorization_or_in_part(self):
        self.shop.payment(1, "PaymentStarted", amount=(TOTAL, "GBP"), token="tok_accept")
        self.shop.capture(1, amount=TOTAL - 1)
        self.finds("money", "a payment that is authorizing")
        self.finds("money", "of 764 instead of 765")

    def test_refunded_more_than_was_captured(self):
        self.shop.whole_order(1)
        self.shop.refund(1, amount=700, refund=1)
        self.shop.refund(1, amount=66, refund=2)
        self.finds("money", "766 asked back of 765")

    def test_a_refund_paid_twice(self):
        self.shop.whole_order(1)
        self.shop.refund(1)
        self.shop.payment(1, "PaymentRefunded", refund_id=identity("ref", 1), amount=(100, "GBP"))
        self.finds("money", "is not open")

    def test_a_capture_in_another_currency(self):
        self.shop.authorize(1)
        self.shop.capture(1, currency="EUR")
        self.finds("money", "in EUR instead of GBP")

    def test_the_providers_book_differs(self):
        self.shop.whole_order(1)
        sound = {identity("pay", 1): {"status": "captured", "amount": TOTAL, "refunded": 0}}
        _, findings = audit(self.shop.log.text(), at_rest=True, book=sound)
        self.assertTrue(findings.sound, str(findings))
        self.finds("money", "the provider's book has 665", book={identity("pay", 1): {"status": "captured", "amount": TOTAL, "refunded": 100}})
        self.finds("money", "knows nothing of 765", book={})
        self.finds("money", "the log 0", book={**sound, identity("pay", 2): {"status": "captured", "amount": 5, "refunded": 0}})

    def test_the_ledger_does_not_balance(self):
        self.shop.whole_order(1)
        self.shop.payment(1, "PaymentStarted", payment=9, amount=(TOTAL, "GBP"), token="tok_accept")
        self.shop.payment(1, "PaymentAuthorized", payment=9, amount=(TOTAL, "GBP"))
        self.shop.payment(1, "PaymentCaptured", payment=9, amount=(TOTAL, "GBP"))
        self.finds("money", "the ledger in GBP", "765 minor units belong to no order", at_rest=True)


class Orders(Books):
    def test_a_total_that_is_not_the_sum_of_its_lines(self):
        self.shop.place(1, total=764)
        self.finds("orders", "the total is 764, its lines come to 765")

    def test_a_line_that_is_not_price_times_quantity(self):
        self.shop.place(1, amount=76_499)
        self.finds("orders", "not price times quantity")

    def test_a_step_that_is_left_out(self):
        self.shop.place(1)
        self.shop.order(1, "OrderShipped", shipment_id=identity("shp", 1))
        self.finds("orders", "OrderShipped", "an order that is CREATED")

    def test_paid_without_money(self):
        self.shop.place(1)
        self.shop.authorize(1)
        self.shop.pay(1)
        self.finds("orders", "0 of 765 were captured")

    def test_paid_with_another_amount(self):
        self.shop.place(1)
        self.shop.authorize(1)
        self.shop.capture(1)
        self.shop.pay(1, amount=1)
        self.finds("orders", "paid with 1 GBP instead of 765")

    def test_something_happens_to_an_order_that_there_is_not(self):
        self.shop.order(1, "OrderPacked")
        self.finds("orders", "there is no such order")

    def test_a_parcel_goes_on_after_its_cancellation(self):
        self.shop.place(1)
        self.shop.shipment(1, "ShipmentCreated", warehouse="main", country="GB", pieces=1)
        self.shop.shipment(1, "ShipmentCancelled")
        self.shop.shipment(1, "ShipmentProgressed", status="in_transit")
        self.finds("orders", "is cancelled")


class Sagas(Books):
    def test_an_order_without_an_end(self):
        self.shop.place(1)
        self.finds("sagas", "has not come to an end", at_rest=True)

    def test_a_reservation_left_over(self):
        self.shop.place(1)
        self.shop.reserve(1)
        self.shop.order(1, "OrderFailed", reason="payment_declined")
        self.finds("sagas", "a reservation is left over", at_rest=True)

    def test_an_authorization_left_over(self):
        self.shop.place(1)
        self.shop.authorize(1)
        self.shop.order(1, "OrderFailed", reason="out_of_stock")
        self.finds("sagas", "is left authorized", at_rest=True)

    def test_money_kept_for_an_order_that_was_undone(self):
        self.shop.place(1)
        self.shop.authorize(1)
        self.shop.capture(1)
        self.shop.pay(1)
        self.shop.order(1, "OrderCancelled", was="paid")
        self.finds("sagas", "765 minor units were kept", at_rest=True)

    def test_goods_kept_for_an_order_that_was_undone(self):
        self.shop.place(1)
        self.shop.reserve(1)
        self.shop.sell(1)
        self.shop.order(1, "OrderFailed", reason="capture_failed")
        self.finds("sagas", "nothing was sent", at_rest=True)

    def test_delivered_and_not_sold(self):
        self.shop.place(1)
        self.shop.authorize(1)
        self.shop.capture(1)
        self.shop.pay(1)
        self.shop.deliver(1)
        self.finds("sagas", "sold are {}, ordered were {'tea': 3}", at_rest=True)

    def test_an_instance_that_waits_for_an_operator(self):
        self.shop.whole_order(1)
        self.shop.saga(1, "InstanceParked", step="refund", reason="the provider does not know it")
        self.finds("sagas", "is parked", at_rest=True)


class Privacy(Books):
    def test_an_address_that_is_not_sealed(self):
        self.shop.place(1, ship_to={"person": identity("per", 1), "box": b'{"lines":["1 High Street"],"city":"Leeds","postcode":"LS1"}'})
        self.finds("privacy", "ship_to of OrderPlaced is not sealed")

    def test_a_card_number_in_a_free_text(self):
        self.shop.place(1, reference="paid with 4242 4242 4242 4242 by phone")
        self.finds("privacy", "reference of OrderPlaced holds a card number")

    def access(self, target, status):
        access = {"operation": "getCustomer", "target": target, "status": status, "at": self.shop.log.time}
        self.shop.log.commit("access", "key_1/2010-12-01", "key_1/2010-12-01", ("AccessesRecorded", {"principal": "key_1", "day": "2010-12-01", "accesses": [access]}))

    def test_an_access_that_says_what_was_typed_in(self):
        self.access("/v1/customers/ann@example.org", 404)
        self.finds("privacy", "no path of the API")

    def test_an_access_to_nothing_that_repeats_a_name(self):
        self.access("/v1/customers/Ann%20Smith", 404)
        self.finds("privacy", "no path of the API")

    def test_accesses_as_they_are_kept(self):
        self.access("/v1/products/RED%20LAMP", 200)
        self.access("/v1/products/(other)", 404)
        self.access(f"/v1/orders/{identity('ord', 1)}/timeline", 404)
        self.access(f"/v1/access-log?customer={identity('cus', 1)}&principal={identity('key', 1)}", 200)
        _, findings = audit(self.shop.log.text())
        self.assertNotIn("privacy", findings.by_family, str(findings))


class Erasures(Books):
    def test_an_address_taken_from_somebody_who_asked_to_be_erased(self):
        self.shop.register(1)
        self.shop.customer(1, "ErasureRequested")
        self.shop.customer(1, "AddressUpdated", country="GB")
        self.finds("erasure", "AddressUpdated", "takes personal data")

    def test_erased_unasked_or_while_the_key_is_still_there(self):
        self.shop.customer(1, "CustomerErased")
        self.finds("erasure", "nobody has asked for it")
        self.shop.customer(2, "ErasureRequested")
        self.shop.customer(2, "CustomerErased")
        self.finds("erasure", "no saga says that the key is destroyed")

    def test_a_key_destroyed_unasked_or_of_somebody_else(self):
        self.shop.erasure("KeyDestroyed", customer=1)
        self.finds("erasure", "KeyDestroyed", "nobody has asked for it")
        self.shop.customer(2, "ErasureRequested")
        self.shop.erasure("KeyDestroyed", customer=2, person=identity("per", 3))
        self.finds("erasure", "is somebody else")

    def test_something_sealed_under_a_key_that_was_destroyed(self):
        self.shop.register(1)
        self.shop.erase(1)
        self.shop.place(5, customer=identity("cus", 1), ship_to={"person": identity("per", 1), "box": bytes(range(200, 250))})
        _, findings = audit(self.shop.log.text())
        self.assertNotIn("erasure", findings.by_family, "it may have been on its way")
        self.shop.log.time += erasure.IN_FLIGHT_US
        self.shop.place(6, customer=identity("cus", 1), ship_to={"person": identity("per", 1), "box": bytes(range(200, 250))})
        self.finds("erasure", "its ship_to is sealed under a key that was destroyed")

    def test_at_rest_everybody_who_asked_is_erased(self):
        self.shop.whole_order(1)
        self.shop.order(1, "BuyerErasureRequested")
        self.finds("erasure", "was never erased", at_rest=True)
        self.shop.erasure("ErasureParked", order=1, step="destroy_key", reason="the key store is away")
        self.finds("erasure", "is parked: the key store is away", at_rest=True)

    def test_the_buyer_of_a_customers_order_is_the_customer(self):
        self.shop.place(1, customer=identity("cus", 1))
        self.shop.order(1, "BuyerErasureRequested")
        self.finds("orders", "belongs to a customer")


class Rules(unittest.TestCase):
    def test_there_is_a_rule_for_every_event_of_the_contexts_that_are_folded(self):
        known = {"orders": {"OrderPlaced", *orders.FROM, *orders.WHATEVER_ITS_STATUS}, "payments": {"PaymentStarted", *payments.FROM}, "inventory": set(stock.RULES), "order_fulfilment": rest.SAGA_EVENTS,
                 "customers": erasure.CUSTOMER_EVENTS, "customer_erasure": erasure.SAGA_EVENTS,
                 "delivery": {"ShipmentCreated", "ShipmentBooked", "ShipmentProgressed", *orders.SHIPMENT_BECOMES}}
        for table, newer in flat.Schemas(SCHEMAS).events.values():
            _, context, name = (newer or table).split(".")
            if context in known:
                self.assertIn(name, known[context], f"tests/auditor has no rule for the new event {name}: say what must hold")


class FakeApi:
    """Answers as a server would that has folded the same log."""

    def __init__(self, books):
        self.orders = {o.id: {
            "id": o.id, "status": o.status, "version": o.version, "warehouse": o.warehouse, "country": o.country, "reason": o.reason, "total": {"amount": o.total, "currency": o.currency},
            "lines": [{"sku": SKU, "quantity": 3, "unit_price": "2.55", "amount": "7.65"}]} for o in books.orders.orders.values()}
        self.payments = {p.id: {
            "id": p.id, "order": p.order, "status": p.status, "version": p.version, "amount": {"amount": p.amount}, "captured": {"amount": p.captured}, "refunded": {"amount": p.refunded},
            "refunds": [{"id": name, "status": status, "amount": {"amount": amount}} for name, (amount, status) in p.refunds.items()]} for p in books.payments.payments.values()}
        self.stock = {"sku": SKU, "on_hand": 94, "reserved": 0, "sold": 6, "version": books.stock.stocks["main", SKU].version}

    def get(self, path):
        return self.orders.get(path.rsplit("/", 1)[1])

    def every(self, path):
        if path == "/v1/orders":
            return list(self.orders.values())
        if path.endswith("/payments"):
            return [p for p in self.payments.values() if p["order"] in path]
        return [self.stock] if path.startswith("/v1/stock") else []


class Answers(unittest.TestCase):
    def setUp(self):
        self.books, _ = audit(SmallShop().day().log.text(), at_rest=True)
        self.api = FakeApi(self.books)

    def compared(self):
        findings = Findings()
        api.Comparison(self.books, self.api, findings).check()
        return "\n".join(findings.by_family.get("api", []))

    def test_a_server_that_answers_what_the_log_says(self):
        self.assertEqual(self.compared(), "")

    def test_stock_of_a_stale_view(self):
        self.api.stock["sold"] = 5
        self.assertIn("the server answers (94, 0, 5", self.compared())

    def test_an_order_in_another_state_or_with_another_total(self):
        self.api.orders[identity("ord", 1)].update(status="SHIPPED", total={"amount": 1, "currency": "GBP"})
        self.assertIn("the total is {'amount': 765", self.compared())
        self.assertIn("'SHIPPED'", self.compared())

    def test_an_order_that_the_server_lost_and_one_that_it_made_up(self):
        del self.api.orders[identity("ord", 1)]
        self.assertIn("the server knows no such order", self.compared())
        self.api.orders[identity("ord", 77)] = {"id": identity("ord", 77), "status": "PAID"}
        self.assertIn(identity("ord", 77), self.compared())

    def test_a_payment_with_another_refund(self):
        self.api.payments[identity("pay", 3)]["refunds"] = []
        self.assertIn("its refunds is", self.compared())


if __name__ == "__main__":
    unittest.main()
