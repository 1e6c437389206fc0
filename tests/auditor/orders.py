"""Orders and their shipments, folded anew: prices add up, and an order goes its way and no other."""
from .rendering import round_to_minor

FROM = {"PaymentSubmitted": {"CREATED"}, "OrderPaid": {"CREATED"}, "OrderPacked": {"PAID"}, "OrderShipped": {"PACKED"}, "OrderDelivered": {"SHIPPED"},
        "OrderCancelled": {"CREATED", "PAID"}, "OrderFailed": {"CREATED"}}
WHATEVER_ITS_STATUS = ("BuyerErasureRequested", "BuyerErased")  # tests/auditor/erasure.py has the rules
BECOMES = {"OrderPaid": "PAID", "OrderPacked": "PACKED", "OrderShipped": "SHIPPED", "OrderDelivered": "DELIVERED", "OrderCancelled": "CANCELLED", "OrderFailed": "FAILED"}
END_STATES = {"DELIVERED", "FAILED", "CANCELLED"}
LEFT_THE_HOUSE = ("in_transit", "delivered")
SHIPMENT_BECOMES = {"ShipmentFailed": "failed", "ShipmentCancelRequested": "cancelling", "ShipmentCancelled": "cancelled"}


class Order:
    def __init__(self, event):
        self.id = event["order_id"]
        self.customer = event["customer"]
        self.total, self.currency = event["total"]
        self.warehouse = event["warehouse"]
        self.country = event["country"]
        self.lines = [(line["sku"], line["quantity"], line["unit_price"][0], line["amount"][0]) for line in event["lines"]]
        self.status = "CREATED"
        self.reason = ""
        self.paid_by = None
        self.shipped_with = None
        self.version = 0
        self.where = event.where

    def wanted(self):
        """How much of each article it takes."""
        pieces = {}
        for sku, quantity, _, _ in self.lines:
            pieces[sku] = pieces.get(sku, 0) + quantity
        return pieces


class Shipment:
    def __init__(self, event):
        self.id, self.order = event["shipment_id"], event["order_id"]
        self.status = "created"
        self.tracking = ""
        self.left_house = False


class Fold:
    """`payments` is the fold of payments, which has seen all that stands in front: an order lives with its payments."""

    def __init__(self, payments, findings):
        self.payments = payments
        self.findings = findings
        self.orders = {}
        self.shipments = {}
        self.by_order = {}  # order -> [Shipment]
        self.paid = {}      # currency -> what orders say was paid

    def expect(self, right, event, text):
        return self.findings.expect(right, "orders", event.where, lambda: f"{event.name} of {event['order_id']}: {text}")

    def take(self, event):
        if event.name == "OrderPlaced":
            self.place(event)
            return
        if event.name not in FROM and event.name not in WHATEVER_ITS_STATUS:
            self.findings.add("orders", event.where, f"the auditor has no rule for {event.name}: give it one in tests/auditor/orders.py")
            return
        order = self.orders.get(event["order_id"])
        if not self.expect(order is not None, event, "there is no such order"):
            return
        order.version = event.commit.first_version + event.index
        if event.name in WHATEVER_ITS_STATUS:
            self.expect(order.customer is None, event, "an order that belongs to a customer, whose erasure it would be")
            return
        self.expect(order.status in FROM[event.name], event, f"an order that is {order.status}")
        if event.name == "OrderPaid":
            self.pay(order, event)
        elif event.name == "OrderShipped":
            order.shipped_with = event["shipment_id"]
        elif event.name in ("OrderCancelled", "OrderFailed"):
            order.reason = event["reason"]
        if event.name == "OrderCancelled":
            self.expect(event["was"].upper() == order.status, event, f"says that it was {event['was']}")
        order.status = BECOMES.get(event.name, order.status)

    def place(self, event):
        self.expect(event["order_id"] not in self.orders, event, "was there before")
        order = self.orders[event["order_id"]] = Order(event)
        order.version = event.commit.first_version + event.index
        self.expect(order.lines, event, "has no lines")
        for line in event["lines"]:
            price, currency = line["unit_price"]
            self.expect(line["quantity"] > 0 and price >= 0, event, f"{line['quantity']} of {line['sku']} at {price}")
            self.expect(line["amount"] == (price * line["quantity"], currency) and currency == order.currency, event, f"the amount of {line['sku']} is not price times quantity")
        sum_of_lines = sum(amount for _, _, _, amount in order.lines)
        expected = round_to_minor(sum_of_lines, order.currency)
        self.expect(order.total == expected, event, f"the total is {order.total}, its lines come to {expected}")

    def pay(self, order, event):
        amount, currency = event["amount"]
        self.expect(amount == order.total and currency == order.currency, event, f"paid with {amount} {currency} instead of {order.total} {order.currency}")
        payment = self.payments.payments.get(event["payment_id"])
        if self.expect(payment is not None and payment.order == order.id, event, f"paid by {event['payment_id']}, which is no payment of it"):
            self.expect(payment.captured == amount, event, f"{payment.captured} of {amount} were captured")
        order.paid_by = event["payment_id"]
        self.paid[currency] = self.paid.get(currency, 0) + amount

    def take_shipment(self, event):
        if event.name == "ShipmentCreated":
            shipment = self.shipments[event["shipment_id"]] = Shipment(event)
            self.by_order.setdefault(event["order_id"], []).append(shipment)
            return
        shipment = self.shipments.get(event["shipment_id"])
        if not self.expect(shipment is not None, event, f"there is no {event['shipment_id']}"):
            return
        self.expect(shipment.status not in ("failed", "cancelled"), event, f"{shipment.id} is {shipment.status}")
        if event.name == "ShipmentBooked":
            shipment.tracking = event["tracking_number"]
            shipment.status = "booked" if shipment.status == "created" else shipment.status
        elif event.name == "ShipmentProgressed":
            shipment.status = event["status"]
            shipment.left_house |= event["status"] in LEFT_THE_HOUSE
        elif event.name in SHIPMENT_BECOMES:
            self.expect(shipment.status != "delivered", event, "was delivered")
            shipment.status = SHIPMENT_BECOMES[event.name]
        else:
            self.findings.add("orders", event.where, f"the auditor has no rule for {event.name}: give it one in tests/auditor/orders.py")
