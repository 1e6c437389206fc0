"""Three nodes share a log: an owner dies under load and its partitions answer again; nodes are restarted in turn and no request fails."""
import time
import unittest
import uuid

from nodes import Buyers, Cluster
from on_kafka import granary

SKUS = 5


def persist(node, path, body):
    """As a client that is told to come again."""
    key = uuid.uuid4().hex
    reply = node.wait_until(f"{path} to be answered", lambda: next((r for r in [node.call("POST", path, body, idempotency_key=key)] if r.status not in Buyers.RETRY), None))
    assert reply.status == 201, (reply.status, reply.body[:300])


class ThreeNodes(unittest.TestCase):
    def stock_up(self, cluster, quantity):
        for i in range(SKUS):
            node = cluster.nodes[i % 3]
            for path, body in (("/v1/products", {"sku": f"sku-{i}", "name": f"Item {i}", "unit_price": {"amount": "2.55", "currency": "GBP"}}),
                               ("/v1/stock/receipts", {"sku": f"sku-{i}", "warehouse": "main", "quantity": quantity})):
                persist(node, path, body)
        # Prices are looked up in a node's own views.
        for node in cluster.nodes:
            for i in range(SKUS):
                node.wait_until(f"sku-{i} on every node", lambda: node.call("GET", f"/v1/products/sku-{i}").status == 200)

    def check_end(self, cluster, buyers, count):
        self.assertEqual(buyers.surprises, [], cluster.tails())
        self.assertEqual(buyers.done(), count)
        for node in cluster.nodes:
            orders = node.wait_for_rest(count, seconds=180)
            self.assertEqual(len(orders), count, "as many orders as keys")
            self.assertEqual({o["id"] for o in orders}, {next(iter(found)) for found in buyers.ids.values()})
            self.assertEqual({o["status"] for o in orders}, {"DELIVERED"})
        for found in buyers.ids.values():
            self.assertEqual(len(found), 1, "one order under one key, whichever node was asked")
        sold = [0] * SKUS
        for number in range(count):
            sold[number % SKUS] += 1
            sold[(number + 1) % SKUS] += 1
        for node in cluster.nodes:
            for i in range(SKUS):
                stock = node.stock(f"sku-{i}")
                self.assertEqual((stock["reserved"], stock["sold"]), (0, sold[i]))
        for node in cluster.nodes:
            verified = node.run("projection", "verify", "--all", "--url", f"http://127.0.0.1:{node.port}")
            self.assertEqual(verified.returncode, 0, verified.stdout + verified.stderr)
        for node in cluster.nodes:
            self.assertEqual(node.terminate(20), 0, node.log_tail())
        verified = granary("log", "verify", *cluster.log)
        self.assertEqual(verified.returncode, 0, verified.stdout + verified.stderr)

    def test_an_owner_that_dies_is_replaced_and_loses_nothing(self):
        count = 240
        with Cluster() as cluster:
            self.stock_up(cluster, count)
            buyers = Buyers(cluster, count, SKUS)
            cluster.nodes[0].wait_until("some orders", lambda: buyers.done() > count // 4, seconds=120)
            victim = cluster.nodes[1]
            killed = time.monotonic()
            victim.kill()
            # Whatever partition an order lives in, it is answered while the dead owner stays away.
            seen = buyers.done()
            cluster.nodes[0].wait_until("orders of all partitions", lambda: buyers.done() > min(seen + count // 4, count - 1), seconds=60)
            buyers.wait()
            print(f"\nthe slowest order beside kill -9 of an owner took {max(buyers.took.values()):.1f} s; all were in {time.monotonic() - killed:.1f} s after it")
            victim.start()
            self.check_end(cluster, buyers, count)

    def test_nodes_restarted_in_turn_fail_no_request(self):
        count = 240
        with Cluster() as cluster:
            self.stock_up(cluster, count)
            buyers = Buyers(cluster, count, SKUS)
            for turn, node in enumerate(cluster.nodes):
                node.wait_until("some orders", lambda: buyers.done() > count * (turn + 1) // 6, seconds=120)
                self.assertEqual(node.terminate(20), 0, node.log_tail())
                node.start()
            buyers.wait()
            print(f"\nthe slowest order beside a rolling restart took {max(buyers.took.values()):.1f} s")
            self.check_end(cluster, buyers, count)


if __name__ == "__main__":
    unittest.main()
