"""A day of a real shop, placed as live orders, and one person who buys: what an auditor finds of it, event by event."""
import json
import uuid

import books
import retail_figures
from shop import END_STATES

PROFILE = {"name": "Ann Canary", "email": "ann.canary@example.org"}
ADDRESS = {"lines": ["1 Canary Street"], "city": "Leeds"}


class ShopDay:
    def __init__(self, guide, file):
        self.guide = guide
        self.shop = guide.shop
        self.file = file
        self.person = "cus_" + uuid.uuid4().hex
        self.order = None
        self.invoice = next(row.invoice for row in retail_figures.read([file]) if row.is_sale)

    def trade(self):
        self.guide.chapter("A day of the same shop as live orders, with stock, payment and delivery; and one person who gives name and address")
        self.guide.run("import", "online-retail", "--live", self.file, "--to", self.guide.url[1], "--errors", self.guide.path("live-errors.csv"), lines=11)
        self.shop.stock_up("tea", 1000)
        self.key = self.shop.key("customer", "--customer", self.person)
        self.shop.wait_until("the key to be known", lambda: self.shop.call("GET", "/v1/orders", key=self.key).status != 401)
        self.shop.post("/v1/customers", {"country": "GB", "profile": PROFILE, "address": ADDRESS}, key=self.key)
        body = {"country": "GB", "payment": {"token": "tok_accept"}, "lines": [{"sku": "tea", "quantity": 2}], "ship_to": ADDRESS, "note": "ring the canary bell"}
        self.order = self.shop.post("/v1/orders", body, key=self.key).json["id"]
        self.shop.wait_for_status(self.order, "DELIVERED")
        self.shop.wait_until("every order to end", lambda: all(order["status"] in END_STATES for order in self.shop.orders()), seconds=240)
        self.shop.wait_until("every saga to end", lambda: books.sagas_at_rest(self.shop))

    def reports(self):
        self.guide.run("report", "sales", "--of", "orders", "--by", "day", *self.guide.url)
        self.guide.run("report", "stock", *self.guide.data)
        orders = self.shop.orders()
        found = self.guide.json("report", "sagas", *self.guide.data)
        self.guide.equal(sum(row["sagas"] for row in found["rows"]), len(orders), "sagas in the report")
        self.guide.run("report", "sagas", "--by", "step", *self.guide.url)
        for path in ("/v1/reports/sales?by=month", "/v1/reports/products?top=3", "/v1/reports/cohorts", "/v1/reports/pairs?top=3", "/v1/reports/stock", "/v1/reports/sagas?by=status"):
            self.guide.get(path, role="analyst")

    def history(self):
        self.guide.chapter("What happened to one order: who, when, why, and what became of its state")
        self.guide.run("history", "order", self.order, *self.guide.data, lines=12)
        own = self.guide.json("history", "order", self.order, *self.guide.data, lines=None)["events"]
        self.guide.equal((own[0]["event"], own[-1]["event"]), ("order_placed", "order_delivered"), "first and last event")
        self.guide.run("history", "order", self.order, "--tree", *self.guide.data, lines=12)
        self.guide.run("history", "order", self.order, "--diff", own[0]["position"], own[-1]["position"], *self.guide.data, lines=8)
        early = self.guide.json("history", "order", self.order, "--as-of", own[1]["position"], *self.guide.data, lines=None)["events"]
        self.guide.equal([event["event"] for event in early], [event["event"] for event in own[:2]], "as of its second event")
        self.guide.run("history", "stock", "main/tea", *self.guide.data)
        self.guide.run("history", "invoice", f"online-retail/{self.invoice}", *self.guide.data)
        page = self.guide.get(f"/v1/orders/{self.order}/history?limit=100", role="auditor")["data"]
        self.guide.expect({"order", "payment", "shipment"} <= {event["aggregate"] for event in page}, "the API's history goes across contexts")
        self.guide.expect(all("state" in event for event in page), "a state after each event")
        then = self.guide.get(f"/v1/orders/{self.order}/history?as_of={own[1]['position']}", role="auditor")["data"]
        self.guide.equal(then, page[:len(then)], "as of its second event, from the API")
        changes = self.guide.get(f"/v1/orders/{self.order}/history/changes?from={own[0]['position']}&to={own[-1]['time']}", role="auditor")
        self.guide.equal(changes, self.guide.json("history", "order", self.order, "--diff", own[0]["position"], own[-1]["time"], *self.guide.data, lines=None), "what changed, from the API")
        self.guide.expect("Canary" not in json.dumps(page), "sealed data stays sealed in the history")
        self.guide.run("audit", "list", "--operation", "getOrderHistory", *self.guide.url)

    def audit(self):
        self.guide.chapter("The log, read whole and checked beside the running server; then what is new since")
        mark = self.guide.path("audit.mark")
        self.guide.run("log", "stats", *self.guide.data, lines=6)
        self.guide.run("log", "verify", "--save", mark, *self.guide.data)
        self.shop.stock_up("since-then", 1)
        self.guide.run("log", "verify", "--since", mark, *self.guide.data)
        self.guide.run("log", "voids", *self.guide.data)
        said = self.guide.json("saga", "replay", "--all", "--at-rest", *self.guide.data)
        self.guide.equal((said["diverged"], said["sagas"]), (0, len(self.shop.orders())), "sagas run through today's code")
        self.guide.run("saga", "replay", self.order, *self.guide.data, lines=6)
        lines, _ = books.check_audit(self, self.shop)
        print(f"    tests/auditor, in another language, read the {len(lines)} lines of `granary log export --raw`, worked out stock, money and states, and asked the API for the same")

    # What books.check_audit asks of a test.
    def assertEqual(self, found, wanted, what=""):
        self.guide.equal(found, wanted, what)

    def assertTrue(self, right, what=""):
        self.guide.expect(right, what)

    def assertGreater(self, found, least, what=""):
        self.guide.expect(found > least, what)
