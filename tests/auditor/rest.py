"""What holds once a shop has come to rest: every saga has ended, completed or fully undone, and nothing is left over or unaccounted for."""
from .orders import END_STATES
from .payments import HELD

SAGA_EVENTS = {"AnswerRecorded", "TimerFired", "InstanceParked", "InstanceRetried", "StepSkipped", "CompensationRequested"}


class Sagas:
    """Only what the log says of the instances: whether one waits for an operator."""

    def __init__(self, findings):
        self.findings = findings
        self.parked = {}

    def take(self, event):
        if event.name not in SAGA_EVENTS:
            self.findings.add("sagas", event.where, f"the auditor has no rule for {event.name}: give it one in tests/auditor/rest.py")
        elif event.name == "InstanceParked":
            self.parked[event["order_id"]] = event
        elif event.name in ("InstanceRetried", "StepSkipped", "CompensationRequested"):
            self.parked.pop(event["order_id"], None)


class Rest:
    def __init__(self, books, findings):
        self.books = books
        self.findings = findings

    def expect(self, right, order, text):
        return self.findings.expect(right, "sagas", order.where, lambda: f"{order.id} ({order.status}): {text() if callable(text) else text}")

    def check(self):
        for name, event in self.books.sagas.parked.items():
            self.findings.add("sagas", event.where, f"{name} is parked: {event['reason']}")
        for order in self.books.orders.orders.values():
            self.check_order(order)
        for stock in self.books.stock.stocks.values():
            held = sum(r.quantity for r in stock.reservations.values() if r.status == "open")
            self.findings.expect(held == stock.reserved, "stock", f"{stock.warehouse}/{stock.sku}", f"{stock.reserved} are reserved, by reservations over {held}")
        for name in self.books.stock.by_order:
            self.findings.expect(name in self.books.orders.orders, "sagas", name, "stock is reserved for an order that there is not")
        self.check_ledger()

    def check_order(self, order):
        if not self.expect(order.status in END_STATES, order, "has not come to an end"):
            return
        payments = self.books.payments.by_order.get(order.id, [])
        shipments = self.books.orders.by_order.get(order.id, [])
        for payment in payments:
            self.expect(payment.status not in HELD, order, f"{payment.id} is left {payment.status}")
        for _, reservation in self.books.stock.by_order.get(order.id, []):
            self.expect(reservation.status != "open", order, "a reservation is left over")
        if order.status == "DELIVERED":
            self.check_delivered(order, payments, shipments)
        else:
            self.check_undone(order, payments, shipments)

    def check_delivered(self, order, payments, shipments):
        for payment in payments:
            captured = order.total if payment.id == order.paid_by else payment.refunded
            self.expect(payment.captured == captured, order, f"{payment.captured} captured by {payment.id} instead of {captured}")
        self.expect(any(s.status == "delivered" for s in shipments), order, "no shipment of it was delivered")
        self.expect(self.committed(order) == order.wanted(), order, lambda: f"sold are {self.committed(order)}, ordered were {order.wanted()}")

    def check_undone(self, order, payments, shipments):
        net = sum(payment.net for payment in payments)
        self.expect(net == 0, order, f"{net} minor units were kept")
        gone = any(s.left_house for s in shipments)
        self.expect(gone or not self.committed(order), order, lambda: f"sold are {self.committed(order)}, and nothing was sent")
        for shipment in shipments:
            self.expect(gone or shipment.status in ("cancelled", "failed"), order, f"{shipment.id} is left {shipment.status}")

    def committed(self, order):
        pieces = {}
        for stock, reservation in self.books.stock.by_order.get(order.id, []):
            if reservation.status == "committed":
                self.findings.expect(stock.warehouse == order.warehouse, "sagas", order.where, f"{order.id} was served from {stock.warehouse}")
                pieces[stock.sku] = pieces.get(stock.sku, 0) + reservation.quantity
        return pieces

    def check_ledger(self):
        """One side from what orders say was paid, the other from what payments say was captured and refunded."""
        given_back, unasked = {}, {}
        paid_by = {order.paid_by for order in self.books.orders.orders.values()}
        for payment in self.books.payments.payments.values():
            given_back[payment.currency] = given_back.get(payment.currency, 0) + (payment.refunded if payment.id in paid_by else 0)
            unasked[payment.currency] = unasked.get(payment.currency, 0) + (0 if payment.id in paid_by else payment.net)
        for currency in sorted(set(self.books.payments.at_provider) | set(self.books.orders.paid)):
            left = self.books.orders.paid.get(currency, 0) - given_back.get(currency, 0) + unasked.get(currency, 0)
            right = self.books.payments.at_provider.get(currency, 0)
            self.findings.expect(left == right, "money", f"the ledger in {currency}", f"orders account for {left}, the provider holds {right}")
            self.findings.expect(unasked.get(currency, 0) == 0, "money", f"the ledger in {currency}", f"{unasked.get(currency, 0)} minor units belong to no order")
