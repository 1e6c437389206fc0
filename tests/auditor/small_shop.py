"""One shop's day in events, for the auditor's own tests: a delivered order, a refunded one, one that was undone. Each step can be told otherwise."""
from .shop_log import ShopLog, identity

SKU, WAREHOUSE = "tea", "main"
PRICE, PIECES, TOTAL = 25_500, 3, 765


class SmallShop:
    def __init__(self):
        self.log = ShopLog()
        for partition in range(4):
            self.log.claim(partition)

    # -- what one aggregate says ---------------------------------------------------------------------------------------

    def stock(self, name, odd=None, **fields):
        return self.log.commit("stock", f"{WAREHOUSE}/{SKU}", SKU, (name, {"sku": SKU, "warehouse": WAREHOUSE, **fields}), **(odd or {}))

    def order(self, number, name, odd=None, **fields):
        order = identity("ord", number)
        return self.log.commit("order", order, order, (name, {"order_id": order, **fields}), **(odd or {}))

    def payment(self, number, name, odd=None, payment=None, **fields):
        order, payment = identity("ord", number), identity("pay", payment or number)
        return self.log.commit("payment", payment, order, (name, {"payment_id": payment, "order_id": order, **fields}), **(odd or {}))

    def shipment(self, number, name, **fields):
        order, shipment = identity("ord", number), identity("shp", number)
        return self.log.commit("shipment", shipment, order, (name, {"shipment_id": shipment, "order_id": order, **fields}))

    def saga(self, number, name, **fields):
        order = identity("ord", number)
        return self.log.commit("order_fulfilment", order, order, (name, {"order_id": order, **fields}))

    def customer(self, number, name, **fields):
        customer = identity("cus", number)
        return self.log.commit("customer", customer, customer, (name, {"customer_id": customer, **fields}))

    def erasure(self, name, customer=None, order=None, **fields):
        subject = identity("cus", customer) if customer else identity("ord", order)
        whose = {"person": "per_" + subject[4:], "customer" if customer else "order": subject}
        return self.log.commit("customer_erasure", subject, subject, (name, {**whose, **fields}))

    # -- steps of an order ---------------------------------------------------------------------------------------------

    def receive(self, quantity=100):
        self.stock("StockReceived", quantity=quantity)

    def place(self, number, total=TOTAL, amount=PRICE * PIECES, pieces=PIECES, **fields):
        line = {"sku": SKU, "quantity": pieces, "unit_price": (PRICE, "GBP"), "amount": (amount, "GBP"), "name": "Tea"}
        self.order(number, "OrderPlaced", lines=[line], total=(total, "GBP"), warehouse=WAREHOUSE, country="GB", payment_token="tok_accept", **fields)

    def reserve(self, number, quantity=PIECES, reservation=None):
        self.stock("StockReserved", reservation_id=identity("rsv", reservation or number), order_id=identity("ord", number), quantity=quantity, expires_at=self.log.time + 9)

    def sell(self, number, quantity=PIECES):
        self.stock("ReservationCommitted", reservation_id=identity("rsv", number), quantity=quantity)

    def give_back(self, number, quantity=PIECES, sold=False):
        self.stock("ReservationReleased", reservation_id=identity("rsv", number), quantity=quantity, was_committed=sold)

    def authorize(self, number, amount=TOTAL):
        self.payment(number, "PaymentStarted", amount=(amount, "GBP"), token="tok_accept")
        self.payment(number, "PaymentAuthorized", amount=(amount, "GBP"))

    def capture(self, number, amount=TOTAL, currency="GBP"):
        self.payment(number, "CaptureRequested", amount=(TOTAL, "GBP"))
        self.payment(number, "PaymentCaptured", amount=(amount, currency))

    def refund(self, number, amount=100, refund=1):
        self.payment(number, "RefundRequested", refund_id=identity("ref", refund), amount=(amount, "GBP"))
        self.payment(number, "PaymentRefunded", refund_id=identity("ref", refund), amount=(amount, "GBP"))

    def pay(self, number, amount=TOTAL):
        self.order(number, "OrderPaid", payment_id=identity("pay", number), amount=(amount, "GBP"))

    def deliver(self, number):
        self.shipment(number, "ShipmentCreated", warehouse=WAREHOUSE, country="GB", pieces=PIECES)
        self.shipment(number, "ShipmentBooked", tracking_number=f"T{number}")
        self.order(number, "OrderPacked")
        self.shipment(number, "ShipmentProgressed", status="in_transit")
        self.order(number, "OrderShipped", shipment_id=identity("shp", number), tracking_number=f"T{number}")
        self.shipment(number, "ShipmentProgressed", status="delivered")
        self.order(number, "OrderDelivered")

    def whole_order(self, number):
        self.place(number)
        self.reserve(number)
        self.authorize(number)
        self.sell(number)
        self.capture(number)
        self.pay(number)
        self.deliver(number)

    def undone_order(self, number):
        self.place(number)
        self.reserve(number)
        self.authorize(number)
        self.order(number, "OrderCancelled", reason="changed my mind", was="created")
        self.payment(number, "VoidRequested")
        self.payment(number, "PaymentVoided")
        self.give_back(number)

    def register(self, number):
        sealed = {"person": identity("per", number), "box": bytes(range(200, 250))}
        self.customer(number, "CustomerRegistered", country="GB", profile=sealed, address=sealed)

    def erase(self, number):
        self.customer(number, "ErasureRequested")
        self.erasure("OrdersFound", customer=number)
        self.erasure("KeyDestroyed", customer=number)
        self.customer(number, "CustomerErased")

    def erase_buyer(self, number):
        self.order(number, "BuyerErasureRequested")
        self.erasure("OrdersFound", order=number)
        self.erasure("KeyDestroyed", order=number)
        self.order(number, "BuyerErased")

    def look(self, number=1, operation="getOrder"):
        principal = identity("key", number)
        access = {"operation": operation, "target": "/v1/orders/" + identity("ord", 1), "status": 200, "at": self.log.time, "trace_id": "0" * 31 + "1"}
        self.log.commit("access", f"{principal}/2010-12-01", f"{principal}/2010-12-01",
                        ("AccessesRecorded", {"principal": principal, "day": "2010-12-01", "key": principal, "role": "auditor", "accesses": [access]}))

    def day(self):
        self.receive()
        self.whole_order(1)
        self.undone_order(2)
        self.whole_order(3)
        self.refund(3)
        self.register(7)
        self.erase(7)
        self.erase_buyer(2)
        self.look()
        self.look(operation="getOrderHistory")
        return self
