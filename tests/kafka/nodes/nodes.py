"""Three nodes of Granary on one log in Kafka, the house beside them, and clients that retry as they are told."""
import concurrent.futures
import os
import pathlib
import random
import re
import select
import shutil
import socket
import subprocess
import tempfile
import threading
import time
import unittest
import uuid

from on_kafka import granary, log_options
from shop import BINARY, Shop

SKUS = 5
# As long as a node itself waits for its views: beside dying brokers, on two processors, that may take minutes.
READY_SECONDS = 600


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Node(Shop):
    """A node with a port of its own, so that it comes back where it was."""

    def __init__(self, cluster, number):
        super().__init__()
        self.cluster = cluster
        self.number = number
        self.environment = None
        self.port = free_port()
        self.keys = cluster.keys
        shutil.rmtree(self.folder)
        self.folder = os.path.join(cluster.folder, f"node-{number}")
        self.data = os.path.join(self.folder, "data")
        os.mkdir(self.folder)

    def begin(self):
        with open(os.path.join(self.folder, "server.log"), "ab") as log:
            self.process = subprocess.Popen(
                [BINARY, "serve", "--data", self.data, "--node", f"node-{self.number}", "--listen", f"127.0.0.1:{self.port}", "--no-rate-limit",
                 *self.cluster.log, *self.cluster.shared, "--payments-url", self.cluster.house_urls[0], "--carrier-url", self.cluster.house_urls[1]],
                stdout=subprocess.PIPE, stderr=log, env=self.environment)

    def wait_ready(self):
        line = self._line(READY_SECONDS)
        assert line.startswith("ready http://"), f"node {self.number} said {line!r}; its log ends: {self.log_tail()}"

    def start(self):
        self.begin()
        self.wait_ready()

    def key(self, role="admin", *more):
        return self.cluster.key

    def get(self, path, **extra):
        """Asks again where it is told to: while partitions change hands, who looks can't be recorded, and sees nothing."""
        until = time.monotonic() + 30
        while time.monotonic() < until:
            reply = self.call("GET", path, **extra)
            if reply.status != 503 or "retry-after" not in reply.headers:
                break
            time.sleep(0.1)
        assert reply.status == 200, f"GET {path}: {reply.status} {reply.body[:500]}"
        return reply.json

    def metric(self, sample):
        """The value of `name` or `name{label="value"}`; None while the node does not say."""
        try:
            reply = self.call("GET", "/metrics", timeout=5)
        except OSError:
            return None
        found = re.search("^" + re.escape(sample) + r" (\S+)$", reply.body.decode() if isinstance(reply.body, bytes) else reply.body, re.MULTILINE)
        return float(found.group(1)) if found else None

    def owned(self):
        return self.metric('granary_partitions{state="owned"}') or 0


class Cluster:
    """`with Cluster() as cluster:` starts everything on a fresh topic, and removes what lies on disk afterwards."""

    def __init__(self, partitions=12, nodes=3):
        self.folder = tempfile.mkdtemp(prefix="granary-nodes-")
        self.log = log_options()
        self.partitions = partitions
        self.keys = {}
        secret = pathlib.Path(self.folder, "secret")
        secret.write_text("the secret of a test, of at least 32 bytes\n")
        secret.chmod(0o600)
        keys = os.path.join(self.folder, "keys-of-all", "keys")
        self.shared = ("--cluster-secret-file", str(secret), "--api-keys", keys)
        made = granary("log", "create", *self.log, "--partitions", str(partitions))
        assert made.returncode == 0, made.stderr
        self.key = granary("key", "create", "--data", os.path.dirname(keys), "--role", "admin").stdout.strip()
        self.keys["admin"] = self.key
        self.nodes = [Node(self, number) for number in range(1, nodes + 1)]
        self.house = None
        self.house_urls = None
        self.buyers = []

    def __enter__(self):
        log = open(os.path.join(self.folder, "house.log"), "ab")
        self.house = subprocess.Popen(
            [BINARY, "house", "--data", os.path.join(self.folder, "house"), *self.shared[:2], *(word for node in self.nodes for word in ("--callback-url", f"http://127.0.0.1:{node.port}"))],
            stdout=subprocess.PIPE, stderr=log)
        log.close()
        ready, _, _ = select.select([self.house.stdout], [], [], 60)
        words = self.house.stdout.readline().decode().split() if ready else []
        assert words and words[0] == "ready", "the house did not start"
        self.house_urls = words[1:]
        for node in self.nodes:
            node.begin()
        for node in self.nodes:
            node.wait_ready()
        return self

    def __exit__(self, failed, *_):
        for buyers in self.buyers:
            buyers.go_home()
        for process in [node.process for node in self.nodes] + [self.house]:
            if process and process.poll() is None:
                process.kill()
                process.wait()
            if process:
                process.stdout.close()
        if failed:
            self.keep_logs(os.environ.get("GRANARY_KEEP_LOGS"))
        shutil.rmtree(self.folder, ignore_errors=True)

    def keep_logs(self, folder):
        """What the nodes and the house wrote, for who has to find out why."""
        if not folder:
            return
        os.makedirs(folder, exist_ok=True)
        for file in pathlib.Path(self.folder).glob("**/*.log"):
            if "/data/" not in str(file):
                shutil.copy(file, os.path.join(folder, "-".join(file.relative_to(self.folder).parts)))

    def begin(self, number, **environment):
        """One more node, which need not become ready."""
        node = Node(self, number)
        node.environment = {**os.environ, **environment}
        self.nodes.append(node)
        node.begin()
        return node

    def wait_until_all_owned(self, nodes, what, seconds=60):
        """Every partition by one of these nodes."""
        nodes[0].wait_until(what, lambda: sum(node.owned() for node in nodes) == self.partitions, seconds)

    def tails(self):
        return "\n".join(f"node {node.number}: {node.log_tail()}" for node in self.nodes)


class Buyers:
    """Places orders through any node, each under its key until it is acknowledged, and notes how long each one took."""

    RETRY = (429, 503, 504)

    def __init__(self, cluster, count, skus, threads=6):
        self.cluster = cluster
        self.skus = skus
        self.ids = {}
        self.took = {}
        self.surprises = []
        self.lock = threading.Lock()
        cluster.buyers.append(self)
        self.gone_home = False
        self.pool = concurrent.futures.ThreadPoolExecutor(threads)
        self.work = [self.pool.submit(self.buy, number) for number in range(count)]

    def buy(self, number):
        begun = time.monotonic()
        pick = random.Random(number)
        body = self.cluster.nodes[0].order_body((f"sku-{number % self.skus}", 1), (f"sku-{(number + 1) % self.skus}", 1))
        while time.monotonic() - begun < 120 and not self.gone_home:
            node = pick.choice(self.cluster.nodes)
            try:
                reply = node.call("POST", "/v1/orders", body, idempotency_key=f"order-{number}", timeout=15)
            except Exception:  # refused, cut off, or half an answer: another node is asked
                time.sleep(0.05)
                continue
            if reply.status == 201:
                with self.lock:
                    self.ids.setdefault(number, set()).add(reply.json["id"])
                    self.took[number] = time.monotonic() - begun
                return
            if reply.status not in self.RETRY and reply.status != 409 or (reply.status == 503 and "retry-after" not in reply.headers):
                with self.lock:
                    self.surprises.append((reply.status, reply.body[:300]))
            time.sleep(min(float(reply.headers.get("retry-after", 1)), 2) * pick.uniform(0.2, 1))
        with self.lock:
            self.surprises.append(("never acknowledged", number))

    def done(self):
        return len(self.ids)

    def go_home(self):
        """Those that still wait in a test that failed."""
        self.gone_home = True
        self.pool.shutdown(cancel_futures=True)

    def wait(self):
        for work in self.work:
            work.result()
        self.pool.shutdown()


def persist(node, path, body):
    """As a client that is told to come again."""
    key = uuid.uuid4().hex
    reply = node.wait_until(f"{path} to be answered", lambda: next((r for r in [node.call("POST", path, body, idempotency_key=key)] if r.status not in Buyers.RETRY), None))
    assert reply.status == 201, (reply.status, reply.body[:300])


class ClusterTest(unittest.TestCase):
    """Fills the shop beforehand, and balances the books afterwards."""

    def stock_up(self, cluster, quantity):
        for i in range(SKUS):
            node = cluster.nodes[i % len(cluster.nodes)]
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
