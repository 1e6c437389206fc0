"""Persons of a log that several nodes share: one key for all nodes, and when it is destroyed on one it is gone on all, for good."""
import os
import shutil
import unittest
import uuid

from nodes import Cluster, ClusterTest, persist
from on_kafka import granary

PROFILE = {"name": "Ann Canary"}
ADDRESS = {"lines": ["1 Canary Street"], "city": "Leeds"}


def retried(node, method, path, body, key, idempotency_key):
    """As a client that is told to come again."""
    return node.wait_until(f"{path} to be answered", lambda: next((r for r in [node.call(method, path, body, key=key, idempotency_key=idempotency_key)] if r.status not in (429, 503, 504)), None))


class Persons(ClusterTest):
    def test_erased_on_one_node_is_erased_on_all_and_stays_so(self):
        with Cluster(partitions=4) as cluster:
            self.stock_up(cluster, 100)
            customer = "cus_" + uuid.uuid4().hex
            made = granary("key", "create", "--data", os.path.join(cluster.folder, "keys-of-all"), "--role", "customer", "--customer", customer)
            self.assertEqual(made.returncode, 0, made.stderr)
            ann = made.stdout.strip()
            for node in cluster.nodes:
                node.wait_until("the key to be known", lambda: node.call("GET", "/v1/products/sku-0", key=ann).status == 200)
            registered = retried(cluster.nodes[0], "POST", "/v1/customers", {"country": "GB", "profile": PROFILE, "address": ADDRESS}, ann, uuid.uuid4().hex)
            self.assertEqual(registered.status, 201, registered.body)
            body = {**cluster.nodes[0].order_body(("sku-0", 1)), "ship_to": ADDRESS}
            placed = retried(cluster.nodes[1], "POST", "/v1/orders", body, ann, uuid.uuid4().hex)
            self.assertEqual(placed.status, 201, placed.body)
            order = placed.json["id"]

            def shown(node):
                page, bought = node.call("GET", f"/v1/customers/{customer}"), node.call("GET", f"/v1/orders/{order}")
                return (page.json["profile"], bought.json["ship_to"], bought.json["status"]) if page.status == bought.status == 200 else None

            for node in cluster.nodes:
                node.wait_until("what one node sealed to be read by all", lambda n=node: shown(n) == (PROFILE, ADDRESS, "DELIVERED"), 120)

            asked = retried(cluster.nodes[2], "POST", f"/v1/customers/{customer}/erasure", {}, ann, uuid.uuid4().hex)
            self.assertEqual(asked.status, 202, asked.body)
            cluster.nodes[0].kill()  # perhaps the one that carries it out; another one goes on
            for node in cluster.nodes[1:]:
                node.wait_until("it to be gone", lambda n=node: shown(n) == (None, None, "DELIVERED"), 120)

            # A node without a disk reads all of the topic of keys again.
            shutil.rmtree(cluster.nodes[0].data)
            cluster.nodes[0].start()
            cluster.nodes[0].wait_until("it to be gone here, too", lambda: shown(cluster.nodes[0]) == (None, None, "DELIVERED"), 120)
            refused = retried(cluster.nodes[0], "POST", "/v1/orders", body, ann, uuid.uuid4().hex)
            self.assertEqual((refused.status, refused.json["code"]), (409, "customer_erased"))
            persist(cluster.nodes[0], "/v1/orders", body)  # others buy on

            # A copy of one node's keys brings the topic's back to a log that lost them, and whoever was erased stays so.
            safe = os.path.join(cluster.folder, "safe")
            copied = granary("key", "copy", "--from", cluster.nodes[0].data, "--to", safe)
            self.assertEqual(copied.returncode, 0, copied.stderr)
            again = granary("key", "share", "--from", safe, *cluster.log[2:])
            self.assertEqual(again.returncode, 0, again.stderr)
            self.assertIn("0 records of keys are new", again.stderr)


if __name__ == "__main__":
    unittest.main()
