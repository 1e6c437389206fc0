"""Stock, folded anew: nothing is sold or reserved twice, or that was never there, at any prefix of the log."""


class Stock:
    def __init__(self, warehouse, sku):
        self.warehouse, self.sku = warehouse, sku
        self.stocked = 0  # received and adjusted, before any sale
        self.reserved = self.sold = self.version = 0
        self.reservations = {}  # id -> Reservation

    @property
    def on_hand(self):
        return self.stocked - self.sold


class Reservation:
    def __init__(self, order, quantity, status):
        self.order, self.quantity, self.status = order, quantity, status  # open, committed, released, released_early


class Fold:
    """One stock after the other, event by event; `by_order` collects what each order holds."""

    def __init__(self, findings):
        self.findings = findings
        self.stocks = {}
        self.by_order = {}  # order -> [(stock, reservation)]

    def take(self, event):
        key = event["warehouse"], event["sku"]
        stock = self.stocks.setdefault(key, Stock(*key))
        stock.version = event.commit.first_version + event.index
        rule = RULES.get(event.name)
        if rule is None:
            self.findings.add("stock", event.where, f"the auditor has no rule for {event.name}: give it one in tests/auditor/stock.py")
            return
        rule(self, stock, event)
        self.findings.expect(0 <= stock.reserved and 0 <= stock.sold and stock.reserved + stock.sold <= stock.stocked, "stock", event.where, lambda:
                             f"oversold: {stock.warehouse}/{stock.sku} has {stock.reserved} reserved and {stock.sold} sold of {stock.stocked} stocked")

    def expect(self, right, event, text):
        return self.findings.expect(right, "stock", event.where, lambda: f"{event.name}: {text}")

    def received(self, stock, event):
        self.expect(event["quantity"] > 0, event, f"of {event['quantity']}")
        stock.stocked += event["quantity"]

    def adjusted(self, stock, event):
        stock.stocked += event["delta"]

    def reserve(self, stock, event):
        name, quantity = event["reservation_id"], event["quantity"]
        self.expect(quantity > 0, event, f"of {quantity}")
        self.expect(name not in stock.reservations, event, f"{name} was there before")
        reservation = stock.reservations[name] = Reservation(event["order_id"], quantity, "open")
        stock.reserved += quantity
        if event["order_id"]:
            self.by_order.setdefault(event["order_id"], []).append((stock, reservation))

    def commit(self, stock, event):
        reservation = self.find(stock, event, "open")
        stock.reserved -= event["quantity"]
        stock.sold += event["quantity"]
        if reservation:
            reservation.status = "committed"

    def release(self, stock, event):
        reservation = self.find(stock, event, "committed" if event["was_committed"] else "open")
        if event["was_committed"]:
            stock.sold -= event["quantity"]
        else:
            stock.reserved -= event["quantity"]
        if reservation:
            reservation.status = "released"

    def release_early(self, stock, event):
        name = event["reservation_id"]
        # Of one that came and went before, it is remembered too; of one that is there, it would be a release.
        known = stock.reservations.get(name)
        self.expect(known is None or known.status == "released", event, f"{name} is there, so it has to be released")
        stock.reservations[name] = Reservation(None, 0, "released_early")

    def find(self, stock, event, status):
        reservation = stock.reservations.get(event["reservation_id"])
        if not self.expect(reservation is not None, event, f"there is no {event['reservation_id']}"):
            return None
        self.expect(reservation.status == status, event, f"{event['reservation_id']} is {reservation.status}, not {status}")
        self.expect(reservation.quantity == event["quantity"], event, f"of {event['quantity']}, but {reservation.quantity} were reserved")
        return reservation


RULES = {"StockReceived": Fold.received, "StockAdjusted": Fold.adjusted, "StockReserved": Fold.reserve,
         "ReservationCommitted": Fold.commit, "ReservationReleased": Fold.release, "ReleaseRecorded": Fold.release_early}
