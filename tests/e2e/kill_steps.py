"""kill -9 at the N-th write of one order's life, for every N: what the tests of each step share."""
import http.client
import json
import os
import shutil

import books
from shop import END_STATES
from trap import Trap, open_paths

DERIVED = ("state", "sagas", "views")
ORDERS_MAX = 400


class Moment:
    """Where in the writing of a record the process dies."""

    def __init__(self, calls, *patterns):
        self.calls = calls
        self.patterns = patterns

    def trap(self, shop, when):
        paths = [path for pattern in self.patterns for path in open_paths(shop.process.pid, pattern)]
        assert bool(paths) == bool(self.patterns), self.patterns
        return Trap(shop.process.pid, self.calls, f"signal=KILL:when={when}", *paths)


# Each just before the call is made. strace counts calls by thread, so a moment belongs to one thread.
STORED = Moment("pwrite64", r"/log/high-water-mark$")            # the record is on disk, nobody has been told
UNSTORED = Moment("write", r"/log/db/\d+\.log$")                 # decided, and not in the log
MARKED = Moment("fdatasync", r"/log/high-water-mark$")           # a moment later than STORED
PROVIDER = Moment("fdatasync", r"/house/payments/\d+\.log$")     # the provider has done it, and has not said so
CARRIER = Moment("fdatasync", r"/house/carrier/\d+\.log$")       # so has the carrier


def events_of(shop):
    """{position: [event names]} of the whole log, read beside the server or without one."""
    done = shop.run("log", "read", "--events", "--data", shop.data, "--format", "json", "--limit", "8192")
    assert done.returncode == 0, done.stderr
    return {f"{row['position']}/{row.get('event')}" for row in json.loads(done.stdout)}


def names(events):
    return sorted(event.rsplit("/", 1)[1] for event in events)


def lose_derived(shop):
    for folder in DERIVED:
        shutil.rmtree(os.path.join(shop.data, folder))


class Flow:
    """One order's way: how it begins, what the doomed part of it is, and how it must end. Its customer looks at it, for what staff
    looks at is written down, and would be among the calls that are counted."""

    def __init__(self, shop, lines, token="tok_accept", end="DELIVERED"):
        self.shop = shop
        self.key = shop.key("customer")
        self.lines = lines
        self.token = token
        self.end = end

    def begin(self, key):
        """What comes before the doomed part; returns the order, if there is one by then."""

    def go(self, key, begun):
        """Starts the doomed part, or asks again under the same key; returns the order."""
        return self.place(key)

    def rests(self, order):
        return self.shop.get(f"/v1/orders/{order}", key=self.key)["status"] in END_STATES and books.sagas_at_rest(self.shop)

    def place(self, key):
        body = self.shop.order_body(*self.lines, token=self.token)
        return self.shop.post("/v1/orders", body, key=self.key, idempotency_key=key).json["id"]


class Cancelled(Flow):
    """A paid order is cancelled while its parcel waits at the carrier."""

    def __init__(self, shop, lines):
        super().__init__(shop, lines, end="CANCELLED")

    def begin(self, key):
        order = self.place(key)
        self.shop.wait_until("the parcel to be booked", lambda: "shipment_booked" in self.timeline(order))
        return order

    def go(self, key, begun):
        self.shop.post(f"/v1/orders/{begun}/cancel", {"reason": "changed my mind"}, expect=200, idempotency_key=f"cancel-{key}")
        return begun

    def timeline(self, order):
        return [event["type"] for event in self.shop.get(f"/v1/orders/{order}/timeline?limit=100", key=self.key)["data"]]


class Refunded(Flow):
    """Money of a delivered order is paid back."""

    def begin(self, key):
        order = self.place(key)
        self.shop.wait_until("the order to end", lambda: super(Refunded, self).rests(order))
        return order

    def go(self, key, begun):
        amount = {"amount": 100, "currency": "GBP"}
        self.shop.post("/v1/payment/refund", {"order": begun, "amount": amount}, expect=202, idempotency_key=f"refund-{key}")
        return begun

    def rests(self, order):
        refunds = [r for p in self.shop.get(f"/v1/orders/{order}/payments", key=self.key)["data"] for r in p["refunds"]]
        return len(refunds) == 1 and refunds[0]["status"] == "refunded" and super().rests(order)


def unless_gone(ask):
    """What `ask()` returns, or None when the server died over it."""
    try:
        return ask()
    except (OSError, http.client.HTTPException):
        return None


def dies(flow, order):
    """Waits until the process is gone (True) or everything has come to rest (False)."""
    def outcome():
        if flow.shop.process.poll() is not None:
            return "gone"
        return "rest" if order and unless_gone(lambda: flow.rests(order)) else None
    return flow.shop.wait_until("the kill, or the end", outcome) == "gone"


def kill_every_step(test, flow, moment, label, lose=lambda step: False, wanted=frozenset()):
    """Runs the flow again and again, killed one call later each time, until it gets through. What may be written together
    differs from run to run, so then the last steps are tried again until each of the wanted events was the newest at some
    kill. Returns how many orders that were and the names of the events that were the newest."""
    step, orders, again, last, newest = 1, 0, 0, [], set()
    while orders < ORDERS_MAX:
        orders += 1
        left = kill_once(test, flow, moment, f"{label}-{orders}", step, lose(orders))
        if left is None and wanted <= newest:
            return orders, newest
        if left is None:
            again += 1
            step = max(1, step - 1 - again % 3)
            continue
        newest |= set(without(left, last))
        last = left
        step += 1
    raise AssertionError(f"not through after {orders} orders; never the newest: {wanted - newest}")


def kill_once(test, flow, moment, key, step, lose):
    """One order, killed at this step, that ends after the restart. The names of its events in the log at the kill, sorted;
    None when it got through."""
    shop = flow.shop
    begun = flow.begin(key)
    before = events_of(shop)
    with moment.trap(shop, step):
        answered = unless_gone(lambda: flow.go(key, begun))
        gone = dies(flow, answered or begun)
    if not gone:
        return None
    shop.process.wait()
    shop.process.stdout.close()
    left = names(events_of(shop) - before)
    if lose:
        lose_derived(shop)
    shop.start()
    order = flow.go(key, begun)
    test.assertIn(answered, (None, order), "a retry gives the order that the answer named")
    test.assertEqual(flow.go(key, begun), order)
    shop.wait_until(f"{key} to end", lambda: flow.rests(order))
    test.assertEqual(shop.get(f"/v1/orders/{order}")["status"], flow.end, key)
    return left


def without(events, known):
    rest = list(events)
    for name in known:
        if name in rest:
            rest.remove(name)
    return rest
