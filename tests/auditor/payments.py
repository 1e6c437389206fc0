"""Money, folded anew: what was captured and refunded per payment, and a ledger whose two sides come from different events."""

HELD = {"authorizing", "authorized", "capturing", "voiding", "refunding"}  # at rest, no payment stands here
CAPTURED = {"captured", "refunding", "partially_refunded", "refunded"}
# What may follow what. Late answers of a provider are allowed where money moved all the same.
FROM = {
    "PaymentAuthorized": {"authorizing"}, "PaymentDeclined": {"authorizing"}, "CaptureRequested": {"authorized"},
    "PaymentCaptured": {"capturing", "authorized", "voiding"}, "CaptureFailed": {"capturing"}, "VoidRequested": {"authorizing", "authorized"},
    "PaymentVoided": {"authorizing", "authorized", "voiding"}, "RefundRequested": CAPTURED, "PaymentRefunded": CAPTURED, "RefundFailed": CAPTURED,
    "PaymentFailed": {"authorizing", "voiding"},
}
BECOMES = {"PaymentAuthorized": "authorized", "PaymentDeclined": "declined", "CaptureRequested": "capturing", "CaptureFailed": "authorized",
           "VoidRequested": "voiding", "PaymentVoided": "voided", "PaymentFailed": "failed"}


class Payment:
    def __init__(self, name, order, amount, currency):
        self.id, self.order, self.amount, self.currency = name, order, amount, currency
        self.status = "authorizing"
        self.captured = self.refunded = self.version = 0
        self.refunds = {}  # id -> [amount, requested | refunded | failed]

    @property
    def net(self):
        return self.captured - self.refunded

    @property
    def asked_back(self):
        return sum(amount for amount, status in self.refunds.values() if status != "failed")

    def settle(self):
        if self.captured and self.refunded == self.captured:
            self.status = "refunded"
        elif any(status == "requested" for _, status in self.refunds.values()):
            self.status = "refunding"
        else:
            self.status = "partially_refunded" if self.refunded else "captured"


class Fold:
    def __init__(self, findings):
        self.findings = findings
        self.payments = {}
        self.by_order = {}
        self.at_provider = {}  # currency -> what the provider holds for us, by the payments' events

    def expect(self, right, event, text):
        return self.findings.expect(right, "money", event.where, lambda: f"{event.name} of {event['payment_id']}: {text}")

    def take(self, event):
        if event.name == "PaymentStarted":
            self.start(event)
            return
        payment = self.payments.get(event["payment_id"])
        if event.name not in FROM:
            self.findings.add("money", event.where, f"the auditor has no rule for {event.name}: give it one in tests/auditor/payments.py")
            return
        if not self.expect(payment is not None, event, "there is no such payment"):
            return
        payment.version = event.commit.first_version + event.index
        self.expect(payment.order == event["order_id"], event, f"belongs to {payment.order}, not to {event['order_id']}")
        self.expect(payment.status in FROM[event.name], event, f"a payment that is {payment.status}")
        if "amount" in event.fields:
            self.expect(event["amount"][1] == payment.currency, event, f"in {event['amount'][1]} instead of {payment.currency}")
        self.move(payment, event)
        self.expect(0 <= payment.refunded <= payment.captured <= payment.amount, event,
                    f"{payment.refunded} refunded of {payment.captured} captured of {payment.amount}")

    def start(self, event):
        amount, currency = event["amount"]
        self.expect(event["payment_id"] not in self.payments, event, "was there before")
        self.expect(amount >= 0, event, f"of {amount}")
        payment = self.payments[event["payment_id"]] = Payment(event["payment_id"], event["order_id"], amount, currency)
        payment.version = event.commit.first_version + event.index
        self.by_order.setdefault(event["order_id"], []).append(payment)

    def move(self, payment, event):
        if event.name in BECOMES:
            payment.status = BECOMES[event.name]
            if event.name in ("PaymentAuthorized", "CaptureRequested"):
                self.expect(event["amount"][0] == payment.amount, event, f"of {event['amount'][0]} instead of {payment.amount}")
            return
        if event.name == "PaymentCaptured":
            self.expect(payment.captured == 0, event, "was captured before")
            self.expect(event["amount"][0] == payment.amount, event, f"of {event['amount'][0]} instead of {payment.amount}")
            payment.captured += event["amount"][0]
            self.book(payment, event["amount"][0])
        elif event.name == "RefundRequested":
            self.expect(event["refund_id"] not in payment.refunds, event, f"{event['refund_id']} was asked for before")
            self.expect(event["amount"][0] > 0, event, f"of {event['amount'][0]}")
            payment.refunds[event["refund_id"]] = [event["amount"][0], "requested"]
            self.expect(payment.asked_back <= payment.captured, event, f"{payment.asked_back} asked back of {payment.captured}")
        else:
            self.close(payment, event)
        payment.settle()

    def close(self, payment, event):
        refund = payment.refunds.get(event["refund_id"])
        if not self.expect(refund is not None and refund[1] == "requested", event, f"{event['refund_id']} is not open"):
            return
        refund[1] = "refunded" if event.name == "PaymentRefunded" else "failed"
        if event.name == "PaymentRefunded":
            self.expect(event["amount"][0] == refund[0], event, f"of {event['amount'][0]} instead of {refund[0]}")
            payment.refunded += event["amount"][0]
            self.book(payment, -event["amount"][0])

    def book(self, payment, amount):
        self.at_provider[payment.currency] = self.at_provider.get(payment.currency, 0) + amount


def check_book(payments, book, findings):
    """The provider's own book: {payment id: {"status", "amount": minor units, "refunded": minor units}}."""
    for name, entry in sorted(book.items()):
        theirs = (entry["amount"] if entry["status"] == "captured" else 0) - entry["refunded"]
        ours = payments[name].net if name in payments else 0
        findings.expect(theirs == ours, "money", name, f"the provider's book has {theirs}, the log {ours}")
    for name, payment in sorted(payments.items()):
        findings.expect(payment.net == 0 or name in book, "money", name, f"the provider's book knows nothing of {payment.net}")
