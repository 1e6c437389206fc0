"""Holds what a server answers against what the log says: orders, payments, stock, products."""
import http.client
import json
import time
from urllib.parse import quote, urlsplit

from .rendering import decimal_text

PATIENCE_SECONDS = 30
POSITIONS_MAX = 16  # that one request may name


class Api:
    """One connection to a server; every answer but 200 is an error of the audit itself."""

    def __init__(self, url, key):
        self.connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=PATIENCE_SECONDS)
        self.headers = {"Authorization": f"Bearer {key}"}

    def wait_for(self, heads):
        """Until the views have folded all of these positions: the log is compared with answers as new as it is."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        wanted = [f"{partition}:{offset}" for partition, offset in sorted(heads.items()) if offset >= 0]
        for i in range(0, len(wanted), POSITIONS_MAX):
            while True:
                self.connection.request("GET", "/v1/orders?limit=1", headers={**self.headers, "Granary-Min-Position": ",".join(wanted[i:i + POSITIONS_MAX])})
                answer = self.connection.getresponse()
                body = answer.read()
                if answer.status != 503 or time.monotonic() > deadline:
                    break
            if answer.status != 200:
                raise OSError(f"the server does not come to {wanted[i]} and on: {answer.status} {body[:300].decode(errors='replace')}")

    def get(self, path):
        self.connection.request("GET", path, headers=self.headers)
        answer = self.connection.getresponse()
        body = answer.read()
        if answer.status == 404:
            return None
        if answer.status != 200:
            raise OSError(f"GET {path}: {answer.status} {body[:300].decode(errors='replace')}")
        return json.loads(body)

    def every(self, path):
        """All entries of a list, page by page."""
        cursor = ""
        while True:
            page = self.get(f"{path}{'&' if '?' in path else '?'}limit=100{cursor}")
            if page is None:
                return
            yield from page["data"]
            if not page["has_more"]:
                return
            cursor = "&cursor=" + quote(page["next_cursor"])


class Comparison:
    def __init__(self, books, api, findings):
        self.books = books
        self.api = api
        self.findings = findings

    def same(self, name, what, ours, theirs):
        return self.findings.expect(ours == theirs, "api", name, lambda: f"{what} is {ours} by the log, the server answers {theirs}")

    def check(self):
        listed = {entry["id"]: entry["status"] for entry in self.api.every("/v1/orders")}
        self.same("the list of orders", "what it holds", {o.id: o.status for o in self.books.orders.orders.values()}, listed)
        for order in self.books.orders.orders.values():
            self.check_order(order, self.api.get(f"/v1/orders/{order.id}"))
            self.check_payments(order)
        for warehouse in sorted({stock.warehouse for stock in self.books.stock.stocks.values()}):
            self.check_stock(warehouse)
        products = {p["sku"]: p for p in self.api.every("/v1/products?include_retired=true")}
        self.same("the list of products", "what it holds", sorted(self.books.products), sorted(products))
        for sku in self.books.products.keys() & products.keys():
            name, price, currency, _ = self.books.products[sku]
            self.same(sku, "the product", (name, decimal_text(price, currency), currency), (products[sku]["name"], *products[sku]["unit_price"].values()))

    def check_order(self, order, theirs):
        if not self.findings.expect(theirs is not None, "api", order.id, "the server knows no such order"):
            return
        self.same(order.id, "the order", (order.status, order.version, order.warehouse, order.country, order.reason), (
            theirs["status"], theirs["version"], theirs["warehouse"], theirs["country"], theirs.get("reason", "")))
        self.same(order.id, "the total", {"amount": order.total, "currency": order.currency}, theirs["total"])
        lines = [(sku, quantity, decimal_text(price, order.currency), decimal_text(amount, order.currency)) for sku, quantity, price, amount in order.lines]
        self.same(order.id, "the lines", lines, [(line["sku"], line["quantity"], line["unit_price"], line["amount"]) for line in theirs["lines"]])
        if payment := theirs.get("payment"):
            self.same(order.id, "its payment's status", self.books.payments.payments[payment["id"]].status, payment["status"])
        if shipment := theirs.get("shipment"):
            ours = self.books.orders.shipments[shipment["id"]]
            self.same(order.id, "its shipment", (ours.status, ours.tracking), (shipment["status"], shipment.get("tracking_number", "")))

    def check_payments(self, order):
        theirs = {p["id"]: p for p in self.api.every(f"/v1/orders/{order.id}/payments")}
        ours = {p.id: p for p in self.books.payments.by_order.get(order.id, [])}
        self.same(order.id, "its payments", sorted(ours), sorted(theirs))
        for name in ours.keys() & theirs.keys():
            mine, shown = ours[name], theirs[name]
            self.same(name, "the payment", (mine.status, mine.version, mine.amount, mine.captured, mine.refunded), (
                shown["status"], shown["version"], shown["amount"]["amount"], shown.get("captured", {"amount": 0})["amount"], shown.get("refunded", {"amount": 0})["amount"]))
            self.same(name, "its refunds", mine.refunds, {r["id"]: [r["amount"]["amount"], r["status"]] for r in shown["refunds"]})

    def check_stock(self, warehouse):
        theirs = {s["sku"]: (s["on_hand"], s["reserved"], s["sold"], s["version"]) for s in self.api.every(f"/v1/stock?warehouse={warehouse}")}
        ours = {s.sku: (s.on_hand, s.reserved, s.sold, s.version) for s in self.books.stock.stocks.values() if s.warehouse == warehouse}
        self.same(f"the stock of {warehouse}", "its articles", sorted(ours), sorted(theirs))
        for sku in ours.keys() & theirs.keys():
            self.same(f"{warehouse}/{sku}", "(on hand, reserved, sold, version)", ours[sku], theirs[sku])


def check(books, url, key, findings):
    api = Api(url, key)
    try:
        api.wait_for(books.heads)
        Comparison(books, api, findings).check()
    finally:
        api.connection.close()
