"""A running server in a folder of its own, and a client of its API, for the end-to-end tests."""
import http.client
import json
import os
import select
import shutil
import signal
import subprocess
import tempfile
import time
import uuid

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
BINARY = os.environ.get("GRANARY_BINARY") or os.path.join(ROOT, "build/release/granary")
# Sanitizers keep what was freed for a while, and take their own room.
SANITIZED = any(f"build/{preset}/" in BINARY for preset in ("asan", "tsan"))
READY_SECONDS = 60
END_STATES = {"DELIVERED", "FAILED", "CANCELLED"}


class Reply:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def json(self):
        return json.loads(self.body)


class Shop:
    """`with Shop() as shop:` starts a server on a free port and removes everything afterwards."""

    def __init__(self, *arguments, data=None):
        self.arguments = arguments
        self.folder = tempfile.mkdtemp(prefix="granary-e2e-")
        self.data = data or os.path.join(self.folder, "data")
        self.process = None
        self.port = None
        self.keys = {}
        self.environment = {}  # of the server, and of whoever makes its keys

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self.process:
            self.process.stdout.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    # -- the process ---------------------------------------------------------------------------------------------------

    def start(self):
        log = open(os.path.join(self.folder, "server.log"), "ab")
        self.process = subprocess.Popen(
            [BINARY, "serve", "--data", self.data, "--listen", "127.0.0.1:0", *self.arguments],
            stdout=subprocess.PIPE, stderr=log, env={**os.environ, **self.environment})
        log.close()
        line = self._line(READY_SECONDS)
        assert line.startswith("ready http://"), f"the server said {line!r}; its log ends: {self.log_tail()}"
        self.port = int(line.rsplit(":", 1)[1])

    def _line(self, seconds):
        ready, _, _ = select.select([self.process.stdout], [], [], seconds)
        return self.process.stdout.readline().decode().strip() if ready else "nothing in time"

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()

    def terminate(self, seconds=10):
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(timeout=seconds)
        self.process.stdout.close()
        return status

    def log_tail(self):
        with open(os.path.join(self.folder, "server.log"), errors="replace") as log:
            return log.read()[-2000:]

    def run(self, *arguments, timeout=240, **extra):
        """A verb of the command line; returns the finished process."""
        environment = {**os.environ, "GRANARY_KEY": self.key("admin")} if self.keys.get("admin") else dict(os.environ)
        return subprocess.run([BINARY, *arguments], capture_output=True, text=True, timeout=timeout, env=environment, **extra)

    # -- the API -------------------------------------------------------------------------------------------------------

    def key(self, role="admin", *more):
        name = " ".join((role, *more))
        if name not in self.keys:
            made = subprocess.run([BINARY, "key", "create", "--data", self.data, "--role", role, *more],
                                  capture_output=True, text=True, check=True, timeout=60, env={**os.environ, **self.environment})
            self.keys[name] = made.stdout.strip()
        return self.keys[name]

    def call(self, method, path, body=None, key=None, headers=None, idempotency_key=None, timeout=30):
        sent = {"Authorization": f"Bearer {key or self.key()}"}
        data = None
        if body is not None:
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            sent["Content-Type"] = "application/json"
        if method == "POST":
            sent["Idempotency-Key"] = idempotency_key or uuid.uuid4().hex
        sent.update(headers or {})
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request(method, path, data, sent)
            answer = connection.getresponse()
            return Reply(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def get(self, path, **extra):
        reply = self.call("GET", path, **extra)
        assert reply.status == 200, f"GET {path}: {reply.status} {reply.body[:500]}"
        return reply.json

    def post(self, path, body, expect=201, **extra):
        reply = self.call("POST", path, body, **extra)
        assert reply.status == expect, f"POST {path}: {reply.status} {reply.body[:500]}"
        return reply

    def stock_up(self, sku, quantity, price="2.55"):
        self.post("/v1/products", {"sku": sku, "name": f"Item {sku}", "unit_price": {"amount": price, "currency": "GBP"}})
        self.post("/v1/stock/receipts", {"sku": sku, "warehouse": "main", "quantity": quantity})

    def order_body(self, *lines, token="tok_accept"):
        return {"country": "GB", "payment": {"token": token, "method": "card"},
                "lines": [{"sku": sku, "quantity": quantity} for sku, quantity in lines]}

    def place(self, *lines, token="tok_accept", **extra):
        return self.post("/v1/orders", self.order_body(*lines, token=token), **extra).json["id"]

    def each_order(self, **query):
        """All orders, one after the other, by paging through the staff's list."""
        cursor = None
        while True:
            parts = [f"{k}={v}" for k, v in query.items()] + ["limit=100"] + ([f"cursor={cursor}"] if cursor else [])
            page = self.get("/v1/orders?" + "&".join(parts))
            yield from page["data"]
            if not page["has_more"]:
                return
            cursor = page["next_cursor"]

    def orders(self, **query):
        return list(self.each_order(**query))

    def wait_until(self, what, condition, seconds=60):
        """Polls until `condition()` is true; what it returns is returned."""
        deadline = time.monotonic() + seconds
        while True:
            value = condition()
            if value:
                return value
            if time.monotonic() > deadline:
                raise AssertionError(f"not in {seconds} s: {what}; log: {self.log_tail()}")
            time.sleep(0.05)

    def wait_for_status(self, order_id, *statuses, seconds=60):
        def reached():
            order = self.get(f"/v1/orders/{order_id}")
            return order if order["status"] in statuses else None
        return self.wait_until(f"{order_id} in {statuses}", reached, seconds)

    def wait_for_rest(self, count, seconds=120):
        """Every one of `count` orders has ended; returns them."""
        def ended():
            orders = self.orders()
            return orders if len(orders) >= count and all(o["status"] in END_STATES for o in orders) else None
        return self.wait_until(f"{count} orders to end", ended, seconds)

    def stock(self, sku):
        entries = self.get(f"/v1/stock/{sku}")["data"]
        return next(entry for entry in entries if entry["warehouse"] == "main")
