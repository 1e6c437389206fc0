"""Another system reads the integration events of a shop that is killed: each event comes at least once, in order, and is the same when it comes again."""
import json
import re
import unittest
import uuid

from on_kafka import brokers, granary, kafka_tool, log_options
from shop import Shop
from topic_reader import read_all

# What of each event in the log others are told, written down a second time.
TYPES = {
    "order_placed": ["order.created"], "payment_submitted": ["order.updated"], "order_paid": ["order.confirmed"], "order_packed": ["order.updated"],
    "order_shipped": ["order.shipped"], "order_delivered": ["order.delivered"], "order_cancelled": ["order.cancelled"], "order_failed": ["order.failed"],
    "payment_started": ["payment.status-updated", "payment.created"], "payment_authorized": ["payment.status-updated"],
    "payment_declined": ["payment.status-updated"], "capture_requested": ["payment.status-updated"],
    "payment_captured": ["payment.status-updated", "payment.processed"], "capture_failed": ["payment.status-updated"],
    "void_requested": ["payment.status-updated"], "payment_voided": ["payment.status-updated"], "refund_requested": ["payment.status-updated"],
    "payment_refunded": ["payment.status-updated", "payment.refunded"], "refund_failed": ["payment.status-updated"], "payment_failed": ["payment.status-updated"],
    "stock_reserved": ["inventory.reserved"], "reservation_released": ["inventory.released"],
    "shipment_created": ["shipping.updated"], "shipment_booked": ["delivery.assigned"], "shipment_progressed": ["shipping.updated"],
    "shipment_failed": ["shipping.updated"], "shipment_cancel_requested": ["shipping.updated"], "shipment_cancelled": ["shipping.updated"],
}
TOPICS = {"order": "order-events", "payment": "payment-events", "inventory": "inventory-events", "delivery": "delivery-events", "shipping": "delivery-events"}
HEADERS = {"content-type", "ce_specversion", "ce_id", "ce_source", "ce_type", "ce_subject", "ce_time", "ce_dataschema", "ce_partitionkey", "ce_sequence"}
DELIVERED = ["order.created", "order.confirmed", "order.updated", "order.shipped", "order.delivered"]
STATUSES = ["authorizing", "authorized", "capturing", "captured"]
ROLES = "command,saga,projection,gateway,integration"
SECRETS = ("Mrs Miller", "Mill Lane", "leave it at the door", "tok_accept", "tok_decline")


def topic_of(event_type):
    return "payment-status-updates" if event_type == "payment.status-updated" else TOPICS[event_type.split(".")[0]]


class Event:
    def __init__(self, record):
        self.record = record
        self.headers = {name: value.decode() for name, value in record.headers}
        self.id = (self.headers["ce_source"], self.headers["ce_id"])
        self.type = self.headers["ce_type"]
        self.sequence = self.headers["ce_sequence"]
        self.key = record.key.decode()
        self.body = json.loads(record.value)

    def bytes(self):
        return self.record.topic, self.record.partition, self.record.key, self.record.value, tuple(self.record.headers)


class IntegrationEvents(unittest.TestCase):
    def setUp(self):
        self.log = log_options()
        self.prefix = f"shop-{uuid.uuid4().hex[:8]}."
        self.topics = [self.prefix + name for name in ("order-events", "payment-events", "payment-status-updates", "inventory-events", "delivery-events")]
        self.serve = (*self.log, "--roles", ROLES, "--integration-topic-prefix", self.prefix)

    def make(self, *arguments):
        made = granary(*arguments)
        self.assertEqual(made.returncode, 0, made.stderr)
        return made.stdout

    def order(self, shop, sku, token="tok_accept"):
        """An order with everything in it that must not get out."""
        body = {**shop.order_body((sku, 1), token=token), "note": "leave it at the door",
                "ship_to": {"name": "Mrs Miller", "lines": ["1 Mill Lane"], "city": "York", "postcode": "YO1 7HH"}}
        return shop.post("/v1/orders", body).json["id"]

    def read(self):
        return [Event(record) for record in read_all(brokers(), self.topics)]

    def expected(self):
        """(type, subject, sequence) of every event in the log."""
        rows = json.loads(self.make("log", "read", *self.log, "--events", "--limit", "100000", "--format", "json"))
        wanted, seen = set(), {}
        for row in rows:
            partition, offset = row["position"].split(":")
            index = seen[row["position"]] = seen.get(row["position"], -1) + 1
            for event_type in TYPES.get(row["event"], ()):
                wanted.add((event_type, row["key"], f"{int(partition):04}-{int(offset):019}-{index:04}"))
        return wanted

    def check(self, events):
        """Everything is there, in order, well-formed; returns the events without their repetitions."""
        fresh, newest, places = {}, {}, {}
        for event in events:
            self.check_form(event)
            self.assertEqual(places.setdefault((event.record.topic, event.key), event.record.partition), event.record.partition)
            if event.id in fresh:
                self.assertEqual(event.bytes(), fresh[event.id].bytes())
                continue
            fresh[event.id] = event
            last = newest.get((event.record.topic, event.key), "")
            self.assertLess(last, event.sequence, f"{event.id} came behind a later one of {event.key}")
            newest[event.record.topic, event.key] = event.sequence
        self.assertEqual({(e.type, e.headers["ce_subject"], e.sequence) for e in fresh.values()}, self.expected())
        return list(fresh.values())

    def check_form(self, event):
        headers = event.headers
        self.assertEqual(set(headers) - {"ce_traceparent"}, HEADERS)
        self.assertEqual((headers["content-type"], headers["ce_specversion"]), ("application/json", "1.0"))
        self.assertEqual(event.record.topic, self.prefix + topic_of(event.type))
        self.assertEqual(headers["ce_partitionkey"], event.key)
        self.assertEqual(headers["ce_dataschema"], f"urn:granary:integration-event:{event.type}:1")
        self.assertRegex(headers["ce_id"], rf"^evt_[0-9a-f]{{32}}:{re.escape(event.type)}$")
        self.assertRegex(headers["ce_source"], r"^/granary/[0-9a-f]{32}$")
        self.assertRegex(headers["ce_time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z$")
        told = json.dumps([event.body, headers])
        for secret in SECRETS:
            self.assertNotIn(secret, told)

    def check_lives(self, events, delivered, failed):
        """What somebody who knows nothing but the topics makes of the orders."""
        lives, money = {}, {}
        for event in events:
            if event.type.startswith("order."):
                lives.setdefault(event.body["order_id"], []).append(event.type)
            elif event.type == "payment.status-updated":
                money.setdefault(event.body["order_id"], []).append(event.body["status"])
        self.assertEqual(lives, {**{order: DELIVERED for order in delivered}, **{order: ["order.created", "order.failed"] for order in failed}})
        for order in delivered:
            self.assertEqual(money[order], STATUSES)
        created = next(event for event in events if event.type == "order.created" and event.body["order_id"] == delivered[0])
        self.assertEqual(created.body["total"], {"amount": 255, "currency": "GBP"})
        self.assertEqual(created.body["lines"][0]["sku"], "APPLE")
        reasons = {event.body.get("reason") for event in events if event.type == "order.failed"}
        self.assertEqual(reasons, {"out_of_stock"})

    def metric(self, shop, name):
        text = shop.call("GET", "/metrics").body.decode()
        return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if re.match(rf"{name}[ {{]", line))

    def test_nothing_is_lost_when_the_node_is_killed_and_all_of_it_can_be_had_again(self):
        self.make("log", "create", *self.log, "--partitions", "4")
        self.make("integration", "create", *self.log, "--integration-topic-prefix", self.prefix, "--partitions", "3")
        orders, failed = [], []
        with Shop(*self.serve) as shop:
            shop.stock_up("APPLE", 1000)
            shop.post("/v1/products", {"sku": "GONE", "name": "Gone", "unit_price": {"amount": "1.00", "currency": "GBP"}})
            for _ in range(3):
                orders += [self.order(shop, "APPLE") for _ in range(10)]
                failed.append(self.order(shop, "GONE"))
                # Somewhere between the first order and the last parcel, and between publishing and keeping the position.
                shop.kill()
                shop.start()
            for order in orders:
                shop.wait_for_status(order, "DELIVERED")
            for order in failed:
                shop.wait_for_status(order, "FAILED")
            shop.wait_until("everything to be published", lambda: self.metric(shop, "granary_integration_lag_records") == 0 and
                            len({event.id for event in self.read()}) >= len(self.expected()))
            events = self.check(self.read())
            self.check_lives(events, orders, failed)
            self.assertGreater(self.metric(shop, "granary_integration_events_total"), 0)
            self.assertEqual(self.metric(shop, "granary_integration_partitions"), 4)
            self.assertEqual(shop.terminate(), 0)
            self.read_again(shop, len(events))

    def read_again(self, shop, count):
        """An operator sets the positions back: all of it comes again, the same to the last byte, and in order."""
        before = len(self.read())
        topic = self.log[self.log.index("--topic") + 1]
        kafka_tool("consumer-groups", "--group", f"{topic}.integration.{self.prefix}", "--topic", topic, "--reset-offsets", "--to-earliest", "--execute")
        shop.start()
        shop.wait_until("everything to be published again", lambda: len(self.read()) >= before + count)
        self.assertEqual(len(self.check(self.read())), count)
        self.assertEqual(shop.terminate(), 0)

    def test_a_node_publishes_only_where_events_are_safe(self):
        self.make("log", "create", *self.log, "--partitions", "1")
        with Shop(*self.log) as shop:
            data = shop.data
            self.assertEqual(shop.terminate(), 0)
            missing = granary("serve", "--data", data, "--listen", "127.0.0.1:0", *self.serve)
            self.assertNotEqual(missing.returncode, 0)
            self.assertIn("granary integration create", missing.stderr)
            kafka_tool("topics", "--create", "--topic", self.topics[0], "--partitions", "1", "--replication-factor", "3", "--config", "cleanup.policy=compact",
                       "--config", "min.insync.replicas=2", "--config", "max.message.bytes=4000000")
            made = granary("integration", "create", *self.log, "--integration-topic-prefix", self.prefix)
            self.assertEqual(made.returncode, 2)
            self.assertIn(f"cleanup.policy of the topic {self.topics[0]} is compact and must be delete", made.stderr)
            self.assertEqual(granary("integration", "create", *self.log, "--integration-topic-prefix", "what?").returncode, 2)
            embedded = granary("serve", "--data", data + "-embedded", "--listen", "127.0.0.1:0", "--roles", ROLES)
            self.assertNotEqual(embedded.returncode, 0)
            self.assertIn("--log kafka", embedded.stderr)


if __name__ == "__main__":
    unittest.main()
