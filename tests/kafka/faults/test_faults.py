"""Orders without end at three nodes, while nodes and brokers die, stand still and come back; then every book is balanced.

`tools/faults kafka` runs it; without its settings a short form runs."""
import collections
import json
import os
import subprocess
import sys
import time
import unittest
import urllib.request

from harm import Harm
from nodes import Cluster, ClusterTest, persist
from on_kafka import granary

LOAD = os.environ["GRANARY_LOAD"]
MINUTES = float(os.environ.get("GRANARY_FAULT_MINUTES", "0"))
LONG = MINUTES > 0
ORDERS = int(os.environ.get("GRANARY_FAULT_ORDERS", "300000" if LONG else "10000"))
FAULTS = int(os.environ.get("GRANARY_FAULT_COUNT", "200" if LONG else "20"))
SEED = int(os.environ.get("GRANARY_FAULT_SEED", str(int(time.time()))))
# Orders a second: as many as can be worked off beside the faults, or a backlog grows in which all wait for all.
RATE = os.environ.get("GRANARY_FAULT_RATE", "120" if LONG else "80")
CONNECTIONS = "512" if LONG else "32"  # clients that wait for a partition that is away ask for nothing else meanwhile
SKUS = 20
REST_SECONDS = max(1800, ORDERS // 100) if LONG else 900  # what was accepted is worked off at 100 orders a second or faster, on a slow machine at 15
FAULT_SECONDS = 10  # what one takes and its healing, about
# Between two faults of a thread: so that as many as are wanted are spread over the load.
PAUSE = max(6.0, 2 * (2 * ORDERS / float(RATE) / FAULTS - FAULT_SECONDS)) if LONG else 2.5
STEP, STRIDE = 13, 7  # granary-load's order n takes SKU n * STRIDE, then as many steps further as it has lines


class Load:
    """granary-load at all nodes; `wait` gives its report."""

    def __init__(self, cluster, name, orders, sku, skus, lines, *more):
        self.cluster = cluster
        self.journal = os.path.join(cluster.folder, name + ".journal")
        ports = ",".join(str(node.port) for node in cluster.nodes)
        self.process = subprocess.Popen(
            [LOAD, "persist", "--ports", ports, "--requests", str(orders), "--label", name, "--sku", sku, "--skus", str(skus), "--lines", str(lines), "--journal", self.journal, *more],
            env={**os.environ, "GRANARY_KEY": cluster.key}, stdout=subprocess.PIPE, text=True)

    def ended(self):
        return self.process.poll() is not None

    def wait(self, seconds):
        report, _ = self.process.communicate(timeout=seconds)
        return self.process.returncode, report.strip()

    def acknowledged(self):
        try:
            with open(self.journal, "rb") as journal:
                return sum(part.count(b"\n") for part in iter(lambda: journal.read(1 << 20), b""))
        except FileNotFoundError:
            return 0

    def orders(self):
        """{number: order id}, as they were acknowledged."""
        found = {}
        with open(self.journal, encoding="utf-8") as journal:
            for line in journal:
                location, number = line.split()
                assert int(number) not in found, f"order {number} was acknowledged twice"
                found[int(number)] = location.rsplit("/", 1)[1]
        return found

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if not self.ended():
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class Faults(ClusterTest):
    def test_books_balance_after_faults_of_nodes_and_brokers(self):
        print(f"\nseed {SEED}: {FAULTS} faults over {ORDERS} orders", file=sys.stderr)
        with Cluster(partitions=64 if LONG else 12) as cluster:
            self.receive(cluster, [f"load-{n}" for n in range(SKUS)], ORDERS * 2)
            with Load(cluster, "faults", ORDERS, "load", SKUS, 2, "--connections", CONNECTIONS, "--repeat", "0.05", "--rate", RATE) as load:
                harm = Harm(cluster, SEED, pause=PAUSE, count_max=FAULTS, loud=LONG)
                try:
                    self.wait_for_load(load, harm)
                finally:
                    harm.stop()
                status, report = load.wait(300)
                print(f"{report}\n{harm.done()} faults in {time.monotonic() - harm.begun:.0f} s: {dict(sorted(harm.counts.items()))}; slowest start {harm.worst_start:.1f} s", file=sys.stderr)
                self.assertEqual(status, 0, report + cluster.tails())
                self.assertGreaterEqual(harm.done(), FAULTS)
                self.balance(cluster, load.orders())

    def wait_for_load(self, load, harm):
        until = time.monotonic() + (MINUTES * 60 + 600 if LONG else 900)
        told = time.monotonic()
        while not load.ended() or (harm.done() < FAULTS and not harm.failures):
            if LONG and time.monotonic() > told + 60:
                told = time.monotonic()
                print(f"  {told - harm.begun:6.0f} s  {load.acknowledged()} acknowledged, {harm.done()} faults", file=sys.stderr)
            self.assertFalse(harm.failures, harm.failures)
            self.assertLess(time.monotonic(), until, f"{harm.done()} faults, and the load goes on: {load.ended()}")
            time.sleep(0.2)

    def test_fifty_pieces_are_sold_fifty_times_whatever_dies(self):
        with Cluster() as cluster:
            self.receive(cluster, ["hot-0"], 50)
            with Load(cluster, "rush", 500, "hot", 1, 1, "--connections", "100", "--repeat", "0.2") as load:
                harm = Harm(cluster, SEED, pause=1, count_max=6)
                try:
                    self.wait_until(cluster, "the rush and some faults", lambda: load.ended() and harm.done() >= 6 or harm.failures, 300)
                finally:
                    harm.stop()
                status, report = load.wait(1)
                self.assertEqual(status, 0, report + cluster.tails())
                ids = set(load.orders().values())
            self.assertEqual(len(ids), 500)
            self.rest(cluster)
            for node in cluster.nodes:
                orders = self.all_orders(node, ids)
                self.assertEqual(collections.Counter(status for status, _ in orders.values()), {"DELIVERED": 50, "FAILED": 450})
                stock = node.stock("hot-0")
                self.assertEqual((stock["on_hand"], stock["reserved"], stock["sold"]), (0, 0, 50))
            missed = next(order for order, (status, _) in orders.items() if status == "FAILED")
            self.assertEqual(cluster.nodes[0].get(f"/v1/orders/{missed}")["reason"], "out_of_stock")
            self.assertEqual(self.providers_book(cluster)["captured"], 50)

    # -- the shop ------------------------------------------------------------------------------------------------------

    def receive(self, cluster, skus, quantity):
        for n, sku in enumerate(skus):
            node = cluster.nodes[n % len(cluster.nodes)]
            persist(node, "/v1/products", {"sku": sku, "name": sku, "unit_price": {"amount": "2.55", "currency": "GBP"}})
            persist(node, "/v1/stock/receipts", {"sku": sku, "warehouse": "main", "quantity": quantity})
        for node in cluster.nodes:
            for sku in skus:
                node.wait_until(f"{sku} on every node", lambda: node.call("GET", f"/v1/products/{sku}").status == 200)

    def wait_until(self, cluster, what, condition, seconds):
        cluster.nodes[0].wait_until(what, condition, seconds)

    # -- the books -----------------------------------------------------------------------------------------------------

    def rest(self, cluster):
        """Every saga has ended, and every node has folded everything."""
        begun = told = time.monotonic()

        def at_rest():
            nonlocal told
            if LONG and time.monotonic() > told + 60:
                told = time.monotonic()
                print(f"{told - begun:7.1f} s  {sum(node.metric('granary_sagas_open') or 0 for node in cluster.nodes):.0f} sagas are open on the nodes that say", file=sys.stderr)
            halted = [node.metric('granary_partitions{state="halted"}') or 0 for node in cluster.nodes]
            self.assertFalse(any(halted), f"partitions are halted, by node: {halted}; nothing in these faults may do that")
            figures = [node.metric(name) for node in cluster.nodes for name in ("granary_sagas_open", "granary_sagas_parked", "granary_view_lag_records")]
            return all(figure == 0 for figure in figures) and sum(node.owned() for node in cluster.nodes) == cluster.partitions
        try:
            self.wait_until(cluster, "all nodes to be at rest, twice", lambda: at_rest() and not time.sleep(1) and at_rest(), REST_SECONDS)
        except AssertionError:
            print(cluster.tails(), file=sys.stderr)
            raise

    def all_orders(self, node, ids):
        """{id: (status, all of it as one number)}: the whole would not fit into memory three times."""
        orders = {order["id"]: (order["status"], hash(json.dumps(order, sort_keys=True))) for order in node.each_order()}
        self.assertEqual(set(orders) - ids, set(), "orders that nobody was told of")
        self.assertEqual(ids - set(orders), set(), "acknowledged orders that are lost")
        return orders

    def providers_book(self, cluster):
        """How many payments ended how, in the provider's own book."""
        statuses, cursor = collections.Counter(), ""
        while cursor is not None:
            with urllib.request.urlopen(f"{cluster.house_urls[0]}/book?cursor={cursor}", timeout=30) as answer:
                page = json.loads(answer.read())
            for entry in page["data"]:
                refunded = entry.get("refunded", {"amount": 0})["amount"]
                statuses["refunded" if entry["status"] == "captured" and refunded == entry["amount"]["amount"] else entry["status"]] += 1
            cursor = page.get("next_cursor")
        return statuses

    def balance(self, cluster, acknowledged):
        ids = set(acknowledged.values())
        self.assertEqual(len(ids), ORDERS, "one order under each key")
        begun = time.monotonic()
        self.rest(cluster)
        print(f"at rest {time.monotonic() - begun:.0f} s after the last acknowledgement", file=sys.stderr)
        views = [self.all_orders(node, ids) for node in cluster.nodes]
        for other in views[1:]:
            self.assertEqual(views[0], other, "the nodes differ")
        orders, statuses = views[0], collections.Counter(status for status, _ in views[0].values())
        print(f"orders: {dict(statuses)}", file=sys.stderr)
        self.assertEqual(set(statuses) - {"DELIVERED", "FAILED", "CANCELLED"}, set())
        sold = collections.Counter()
        for number, order in acknowledged.items():
            if orders[order][0] == "DELIVERED":
                sold.update(f"load-{(number * STRIDE + line * STEP) % SKUS}" for line in range(2))
        for node in cluster.nodes:
            for n in range(SKUS):
                stock = node.stock(f"load-{n}")
                self.assertEqual((stock["on_hand"], stock["reserved"], stock["sold"]), (ORDERS * 2 - sold[f"load-{n}"], 0, sold[f"load-{n}"]), f"load-{n}")
        book = self.providers_book(cluster)
        print(f"the provider's book: {dict(book)}", file=sys.stderr)
        self.assertEqual(book["captured"], statuses["DELIVERED"])
        self.assertEqual(set(book) - {"captured", "voided", "declined", "refunded"}, set(), "money held for nothing")
        for node in cluster.nodes:
            self.check_verb(node.run("projection", "verify", "--all", "--url", f"http://127.0.0.1:{node.port}", timeout=REST_SECONDS))
        for node in cluster.nodes:
            self.assertEqual(node.terminate(30), 0, node.log_tail())
        self.check_verb(granary("log", "verify", *cluster.log, timeout=REST_SECONDS))

    def check_verb(self, done):
        self.assertEqual(done.returncode, 0, done.stdout[-3000:] + done.stderr[-3000:])


if __name__ == "__main__":
    unittest.main()
