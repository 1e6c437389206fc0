"""A shop starts on one machine, moves to Kafka and back, and loses nothing of its history on the way."""
import json
import os
import shutil
import tempfile
import unittest
import uuid

from on_kafka import granary, log_options
from shop import Shop


class Journey(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="granary-journey-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.topic = f"moved-{uuid.uuid4().hex}"
        self.kafka = log_options(self.topic)
        self.brokers = self.kafka[3]

    def place(self, name):
        return os.path.join(self.folder, name)

    def copy(self, source, target, *more, expect=0):
        done = granary("log", "copy", "--from", source, "--to", target, "--kafka-brokers", self.brokers, *more)
        self.assertEqual(done.returncode, expect, done.stdout + done.stderr)
        return done.stderr

    def verify(self, *log):
        done = granary("log", "verify", *log, "--format", "json")
        self.assertEqual(done.returncode, 0, done.stderr)
        return {p["partition"]: p for p in json.loads(done.stdout)}, done.stderr

    def sell(self, shop, count):
        orders = [shop.place(("FIG", 1)) for _ in range(count)]
        for order in orders:
            shop.wait_for_status(order, "DELIVERED")
        self.assertEqual(shop.terminate(), 0)
        return orders

    def check_orders(self, shop, orders, first_key):
        for order in orders:
            self.assertEqual(shop.get(f"/v1/orders/{order}")["status"], "DELIVERED")
        self.assertEqual(shop.post("/v1/orders", shop.order_body(("FIG", 1)), idempotency_key=first_key).json["id"], orders[0])

    def test_there_and_back(self):
        here, back = self.place("here"), self.place("back")
        with Shop("--partitions", "4", data=here) as shop:
            shop.stock_up("FIG", 100)
            orders = [shop.place(("FIG", 1), idempotency_key="first")]
            orders += self.sell(shop, 4)
            keys = shop.keys  # an Idempotency-Key is one client's own
        self.copy("embedded:" + here, "kafka:" + self.topic, "--seal")
        first, said = self.verify("--data", here)
        self.assertIn("the log is sealed", said)
        self.assertEqual({n: p["head"] for n, p in first.items()}, {n: p["head"] for n, p in self.verify(*self.kafka)[0].items()})

        # The same data directory, its log on Kafka from now on: keys, checkpoints and views fit, for positions are the same.
        with Shop(*self.kafka, data=here) as shop:
            shop.keys = keys
            self.check_orders(shop, orders, "first")
            orders += self.sell(shop, 3)

        self.copy("kafka:" + self.topic, "embedded:" + back, "--seal")
        self.assertIn("the log is sealed", self.verify(*self.kafka)[1])
        refused = granary("serve", "--data", here, *self.kafka, "--listen", "127.0.0.1:0")
        self.assertEqual(refused.returncode, 3, refused.stderr)
        self.assertIn(back, refused.stderr)
        shutil.copytree(os.path.join(here, "keys"), os.path.join(back, "keys"))
        with Shop(data=back) as shop:
            shop.keys = keys
            self.check_orders(shop, orders, "first")
            orders += self.sell(shop, 2)
            self.assertEqual(len(set(orders)), 10)
        whole, _ = self.verify("--data", back)
        for number, partition in first.items():
            self.assertGreaterEqual(whole[number]["records"], partition["records"])

    def test_a_running_owner_is_ended_by_the_seal(self):
        self.assertEqual(granary("log", "create", *self.kafka, "--partitions", "4").returncode, 0)
        with Shop(*self.kafka, data=self.place("node")) as shop:
            shop.stock_up("FIG", 100)
            order = shop.place(("FIG", 1))
            shop.wait_for_status(order, "DELIVERED")
            self.copy("kafka:" + self.topic, "embedded:" + self.place("ended"), "--seal")
            refused = shop.call("POST", "/v1/orders", shop.order_body(("FIG", 1)))
            self.assertEqual(refused.status, 503, refused.body)
            shop.kill()
        self.assertIn("sealed", self.verify(*self.kafka)[1])

    def test_a_topic_that_was_used_is_no_place_for_a_copy(self):
        here = self.place("here")
        with Shop("--partitions", "1", data=here) as shop:
            shop.stock_up("FIG", 5)
            self.assertEqual(shop.terminate(), 0)
        self.assertEqual(granary("log", "create", *self.kafka, "--partitions", "1").returncode, 0)
        used = self.topic + ".identity"  # one partition, one record
        said = self.copy("embedded:" + here, "kafka:" + used, expect=2)
        self.assertIn("holds records", said)
        self.assertIn(f"--to kafka:{used}-2", said)
        said = self.copy("embedded:" + here, "kafka:" + self.topic, expect=2)
        self.assertIn("another log", said)
        self.copy("embedded:" + here, f"kafka:{self.topic}-2")
        served = granary("serve", "--data", self.place("other"), *log_options(self.topic + "-2"), "--listen", "127.0.0.1:0")
        self.assertEqual(served.returncode, 3)
        self.assertIn("--seal", served.stderr)


if __name__ == "__main__":
    unittest.main()
