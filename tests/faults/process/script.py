"""The scripted flow: a little day of a shop, the same each time, that goes on where it was cut off and asks again under the same keys."""
import http.client
import json
import os
import subprocess
import time

from shop import BINARY, END_STATES

RETRY_SECONDS = 60


def is_busy(reply):
    return reply.status in (425, 429, 503) or (reply.status == 409 and reply.json.get("code") in ("key_in_flight", "conflict"))


class Gone(Exception):
    """The process that was asked has ended."""


class Journal:
    """What the client was told, line by line, each synced before the client goes on."""

    def __init__(self, path):
        self.file = open(path, "a", encoding="utf-8")
        self.told = {}

    def __contains__(self, step):
        return step in self.told

    def __getitem__(self, step):
        return self.told[step]

    def write(self, step, what):
        self.file.write(json.dumps({"step": step, "told": what}) + "\n")
        self.file.flush()
        os.fsync(self.file.fileno())
        self.told[step] = what


class Script:
    """Steps by name; each is told once, and may be asked again for as long as one likes."""

    def __init__(self, shop):
        self.shop = shop
        self.journal = Journal(os.path.join(shop.folder, "journal"))
        self.checkpoint = os.path.join(shop.data, "checkpoint")
        self.witness = os.path.join(shop.data, "witness")
        self.steps = (
            ("key", self.make_key), ("start", self.start),
            ("product-a", lambda: self.make("/v1/products", self.product("a"))), ("product-b", lambda: self.make("/v1/products", self.product("b"))),
            ("stock-a", lambda: self.make("/v1/stock/receipts", self.receipt("a"))), ("stock-b", lambda: self.make("/v1/stock/receipts", self.receipt("b"))),
            ("first", lambda: self.order(("a", 1), ("b", 2))), ("declined", lambda: self.order(("a", 1), token="tok_decline")), ("second", lambda: self.order(("b", 1))),
            ("ended", lambda: self.wait_for_end("first")), ("refund", self.refund),
            ("cancelled", lambda: self.order(("a", 2))), ("cancel", self.cancel), ("rest", self.wait_for_rest), ("stop", self.stop), ("sealed", self.make_checkpoint),
        )
        self.step = None

    # -- asking --------------------------------------------------------------------------------------------------------

    def run(self, until=None):
        """All that has not been told yet, up to and with the step of this name. Gone: a process was ended in the middle."""
        for name, do in self.steps:
            if name not in self.journal or name in ("start", "stop"):
                self.step = name
                self.journal.write(name, do())
            if name == until:
                return

    def run_alone(self, name):
        """This step, as things are: no server is started or stopped for it."""
        self.step = name
        self.journal.write(name, dict(self.steps)[name]())

    def ask(self, method, path, body=None, key=None):
        """Until there is an answer that is one; 503 and the like are asked again. Gone: nobody is there to answer."""
        deadline = time.monotonic() + RETRY_SECONDS
        while True:
            try:
                reply = self.shop.call(method, path, body, idempotency_key=key)
                if not is_busy(reply):
                    return reply
                said = f"{reply.status} {reply.body[:300]}"
            except (OSError, http.client.HTTPException) as error:
                said = repr(error)
                self.find_out_if_gone()
            if time.monotonic() > deadline:
                raise AssertionError(f"{method} {path} is not answered: {said}; log: {self.shop.log_tail()}")
            time.sleep(0.01)

    def find_out_if_gone(self):
        """A process that is being killed refuses connections a little before it can be waited for."""
        deadline = time.monotonic() + 0.2
        while time.monotonic() < deadline:
            if self.shop.process.poll() is not None:
                raise Gone(self.step)
            time.sleep(0.005)

    def make(self, path, body, name=None, expect=(200, 201, 202)):
        reply = self.ask("POST", path, body, key=f"key-{name or self.step}")
        assert reply.status in expect, f"{self.step}: {reply.status} {reply.body[:500]}"
        told = reply.json
        return {"id": told.get("id"), "position": reply.headers.get("granary-position")}

    def get(self, path):
        reply = self.ask("GET", path)
        assert reply.status == 200, f"GET {path}: {reply.status} {reply.body[:500]}"
        return reply.json

    def verb(self, *arguments, check=True):
        """A verb of the command line, on the same faulty disk."""
        done = subprocess.run([BINARY, *arguments], capture_output=True, text=True, timeout=120, env={**os.environ, **self.shop.environment})
        if done.returncode < 0:
            raise Gone(self.step)
        assert not check or done.returncode == 0, f"{arguments}: {done.returncode} {done.stderr[-2000:]}"
        return done

    # -- the steps -----------------------------------------------------------------------------------------------------

    def make_key(self):
        key = self.verb("key", "create", "--data", self.shop.data, "--role", "admin").stdout.strip()
        self.shop.keys["admin"] = key
        return key

    def start(self):
        if self.shop.process and self.shop.process.poll() is None:
            return self.shop.port
        try:
            self.shop.start()
        except AssertionError:
            self.find_out_if_gone()
            raise
        return self.shop.port

    def stop(self):
        status = self.shop.terminate(seconds=30)
        if status < 0:
            raise Gone(self.step)
        assert status == 0, f"SIGTERM: {status}; log: {self.shop.log_tail()}"
        return status

    @staticmethod
    def product(sku):
        return {"sku": sku, "name": f"Item {sku}", "unit_price": {"amount": "2.55", "currency": "GBP"}}

    @staticmethod
    def receipt(sku):
        return {"sku": sku, "warehouse": "main", "quantity": 10}

    def order(self, *lines, token="tok_accept"):
        return self.make("/v1/orders", self.shop.order_body(*lines, token=token))

    def refund(self):
        return self.make("/v1/payment/refund", {"order": self.journal["first"]["id"], "amount": {"amount": 100, "currency": "GBP"}})

    def cancel(self):
        reply = self.ask("POST", f"/v1/orders/{self.journal['cancelled']['id']}/cancel", {"reason": "changed my mind"}, key="key-cancel")
        assert reply.status in (200, 409, 422), f"cancel: {reply.status} {reply.body[:500]}"
        # A refusal is no event, so it is found anew each time, where the log then stands.
        return {"status": reply.status, "position": reply.headers.get("granary-position") if reply.status == 200 else None}

    def make_checkpoint(self):
        self.verb("proof", "checkpoint", "--data", self.shop.data, "--out", self.checkpoint, "--witness", self.witness)
        return True

    def wait_until(self, what, condition):
        deadline = time.monotonic() + RETRY_SECONDS
        while not condition():
            if time.monotonic() > deadline:
                raise AssertionError(f"not in {RETRY_SECONDS} s: {what}; log: {self.shop.log_tail()}")
            time.sleep(0.01)
        return True

    def status(self, name):
        return self.get(f"/v1/orders/{self.journal[name]['id']}")["status"]

    def wait_for_end(self, name):
        return self.wait_until(f"{name} to end", lambda: self.status(name) in END_STATES)

    def wait_for_rest(self):
        names = [name for name in ("first", "declined", "second", "cancelled") if name in self.journal]
        self.wait_until("all orders to end", lambda: all(self.status(name) in END_STATES for name in names))
        # The list is of what the sagas have folded, which may be a moment behind; who is asked for by name is brought up to the log first.
        for name in names:
            self.get(f"/admin/v1/sagas/{self.journal[name]['id']}")
        self.wait_until("all sagas to end", lambda: not self.get("/admin/v1/sagas?limit=100")["data"])
        # Sagas know of the last release of goods before the view of stock may have folded it.
        return self.wait_until("the views to have folded that", lambda: all(view["lag_records"] == 0 for view in self.get("/admin/v1/projections")["data"] if view["state"] == "live"))
