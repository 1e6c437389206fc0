"""Disasters: every node's disk is lost but the keys; and the whole cluster is lost but a backup of log and keys."""
import json
import os
import shutil
import subprocess
import tempfile
import unittest
import uuid

from nodes import Buyers, Cluster, persist
from on_kafka import brokers, granary, log_options
from shop import Shop


class Recovery(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="granary-recovery-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.topic = f"lost-{uuid.uuid4().hex}"
        self.log = log_options(self.topic)
        self.assertEqual(granary("log", "create", *self.log, "--partitions", "4").returncode, 0)

    def place(self, name):
        return os.path.join(self.folder, name)

    def sound(self, *log):
        done = granary("log", "verify", *log, "--format", "json")
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def sell(self, shop, count, first=0):
        orders = [shop.place(("KIWI", 1), idempotency_key=f"kiwi {first + i}") for i in range(count)]
        for order in orders:
            shop.wait_for_status(order, "DELIVERED")
        return orders

    def check_shop(self, shop, orders):
        """Everything sold is there, a retry gets its first answer, and new orders work."""
        for order in orders:
            self.assertEqual(shop.get(f"/v1/orders/{order}")["status"], "DELIVERED")
        again = shop.post("/v1/orders", shop.order_body(("KIWI", 1)), idempotency_key="kiwi 0")
        self.assertEqual(again.json["id"], orders[0])
        orders += self.sell(shop, 2, first=100)
        self.assertEqual(shop.stock("KIWI")["on_hand"], 100 - len(orders))
        compared = shop.run("projection", "verify", "--all", "--data", shop.data, *shop.arguments)
        self.assertEqual(compared.returncode, 0, compared.stdout + compared.stderr)

    def make_cluster(self):
        """Another cluster: one broker will do."""
        data = self.place("cluster")
        kafka = os.path.join(os.environ["GRANARY_TOOLS"], "kafka")
        stop = [kafka, "stop", "--remove", "--data", data]
        self.addCleanup(subprocess.run, stop, capture_output=True, timeout=60, check=False)
        started = subprocess.run([kafka, "start", "--brokers", "1", "--data", data], capture_output=True, text=True, timeout=120, check=False)
        self.assertEqual(started.returncode, 0, started.stdout + started.stderr)
        return data

    def back_up(self):
        done = granary("log", "copy", "--from", "kafka:" + self.topic, "--to", "embedded:" + self.place("backup"), "--kafka-brokers", brokers())
        self.assertEqual(done.returncode, 0, done.stderr)
        keys = granary("key", "copy", "--from", self.place("node"), "--to", self.place("safe"))
        self.assertEqual(keys.returncode, 0, keys.stderr)

    def known(self, shop, order):
        answer = shop.call("GET", f"/v1/orders/{order}")
        return None if answer.status == 503 else answer

    def test_the_cluster_is_lost_but_a_backup(self):
        with Shop(*self.log, data=self.place("node")) as shop:
            shop.stock_up("KIWI", 100)
            orders = self.sell(shop, 3)
            self.back_up()
            orders += self.sell(shop, 2, first=10)
            self.back_up()  # only what is new
            too_late = shop.place(("KIWI", 1))
            admin = shop.keys
            self.assertEqual(shop.terminate(), 0)
        kept = self.sound("--data", self.place("backup"))

        cluster = self.make_cluster()
        log = (*log_options("shop", cluster), "--allow-single-broker")
        restore = ("log", "copy", "--from", "embedded:" + self.place("backup"), "--to", "kafka:shop", "--kafka-brokers", brokers(cluster),
                   "--allow-single-broker", "--seal")
        refused = granary(*restore)
        self.assertEqual(refused.returncode, 3, "what it is a backup of may be alive: " + refused.stderr)
        self.assertIn("--original-lost", refused.stderr)
        restored = granary(*restore, "--original-lost")
        self.assertEqual(restored.returncode, 0, restored.stderr)
        for before, after in zip(kept, self.sound(*log)):
            self.assertEqual(before["records"] + 1, after["records"], "the backup and a seal")

        # The old node's own notes know more than the log does now: it must not go on as if nothing were missing.
        stale = granary("serve", "--data", self.place("node"), *log, "--listen", "127.0.0.1:0")
        self.assertNotEqual(stale.returncode, 0)
        self.assertIn("halted", stale.stderr)
        keys = granary("key", "copy", "--from", self.place("safe"), "--to", self.place("new"))
        self.assertEqual(keys.returncode, 0, keys.stderr)
        # The house provider and carrier are other companies, whose books did not burn.
        shutil.copytree(os.path.join(self.place("node"), "house"), os.path.join(self.place("new"), "house"))
        with Shop(*log, data=self.place("new")) as shop:
            shop.keys = admin
            # 503 until a broker has said where the log ends: before that, nobody knows what is missing.
            answer = shop.wait_until("an answer about an order behind the backup", lambda: self.known(shop, too_late))
            self.assertEqual(answer.status, 404)
            self.check_shop(shop, orders)
            self.assertEqual(shop.terminate(), 0)
        self.sound(*log)


class LostDisks(unittest.TestCase):
    def sell(self, cluster, count):
        buyers = Buyers(cluster, count, 2)
        buyers.wait()
        self.assertEqual(buyers.surprises, [], cluster.tails())
        for node in cluster.nodes:
            self.assertEqual(len(node.wait_for_rest(count, seconds=180)), count)
        return buyers.ids

    def test_every_node_loses_its_disk(self):
        """What they share, the cluster's secret and the API keys, is all that they have left."""
        with Cluster(partitions=6) as cluster:
            for i in range(2):
                persist(cluster.nodes[i], "/v1/products", {"sku": f"sku-{i}", "name": f"Item {i}", "unit_price": {"amount": "2.55", "currency": "GBP"}})
                persist(cluster.nodes[i], "/v1/stock/receipts", {"sku": f"sku-{i}", "warehouse": "main", "quantity": 100})
                for node in cluster.nodes:
                    node.wait_until("the product on every node", lambda: node.call("GET", f"/v1/products/sku-{i}").status == 200)
            before = self.sell(cluster, 12)
            for node in cluster.nodes:
                node.kill()
            for node in cluster.nodes:
                shutil.rmtree(node.data)
                node.begin()
            for node in cluster.nodes:
                node.wait_ready()
            after = self.sell(cluster, 15)  # twelve are repeated, three are new
            self.assertEqual({number: after[number] for number in before}, before)
            verified = granary("log", "verify", *cluster.log)
            self.assertEqual(verified.returncode, 0, verified.stderr)


if __name__ == "__main__":
    unittest.main()
