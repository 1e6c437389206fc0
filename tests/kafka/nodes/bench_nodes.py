"""Orders that one node and then three accept from clients that persist, on the same brokers and processors, how fast they are worked off afterwards, and the
processor time that each program spends on both; `tools/bench nodes` runs it. The nodes are driven as hard as the clients can."""
import os
import re
import subprocess
import time

from nodes import Cluster, persist

LOAD = os.environ["GRANARY_LOAD"]
ORDERS = int(os.environ.get("GRANARY_BENCH_ORDERS", "20000"))
PARTITIONS = 64
CONNECTIONS = 64
SKUS = 50


def seconds_of(pids):
    """Processor time that these processes have used."""
    ticks = 0
    for pid in pids:
        with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def brokers():
    return [int(pid) for pid in subprocess.run(["pgrep", "-f", "kafka.Kafka"], capture_output=True, text=True, check=False).stdout.split()]


def stock_up(cluster):
    for n in range(SKUS):
        node = cluster.nodes[n % len(cluster.nodes)]
        persist(node, "/v1/products", {"sku": f"load-{n}", "name": f"Item {n}", "unit_price": {"amount": "2.55", "currency": "GBP"}})
        persist(node, "/v1/stock/receipts", {"sku": f"load-{n}", "warehouse": "main", "quantity": 10_000_000})
    for node in cluster.nodes:
        for n in range(SKUS):
            node.wait_until(f"load-{n} on every node", lambda: node.call("GET", f"/v1/products/load-{n}").status == 200)


class Meter:
    """What programs and nodes do from its making on."""

    def __init__(self, cluster):
        self.cluster = cluster
        self.programs = {"nodes": [node.process.pid for node in cluster.nodes], "brokers": brokers()}
        self.used = {name: seconds_of(pids) for name, pids in self.programs.items()}
        self.commits = self.all_commits()
        self.begun = time.monotonic()

    def all_commits(self):
        return sum(node.metric("granary_commits_total") or 0 for node in self.cluster.nodes)

    def report(self, what, count):
        took = time.monotonic() - self.begun
        commits = self.all_commits() - self.commits
        each = ", ".join(f"{name} {(seconds_of(pids) - self.used[name]) * 1000 / count:.2f} ms" for name, pids in self.programs.items())
        print(f"         {what}: {count / took:.0f} a second; processor time for each: {each}; {commits / count:.1f} commits for each, {commits / took:.0f} a second", flush=True)


def measure(count):
    """Orders a second with so many nodes."""
    with Cluster(PARTITIONS, count) as cluster:
        cluster.wait_until_all_owned(cluster.nodes, "every partition to be owned")
        stock_up(cluster)
        meter = Meter(cluster)
        done = subprocess.run(
            [LOAD, "persist", "--ports", ",".join(str(node.port) for node in cluster.nodes), "--connections", str(CONNECTIONS), "--requests", str(ORDERS), "--label", f"bench-{count}",
             "--sku", "load", "--skus", str(SKUS), "--lines", "2"],
            env={**os.environ, "GRANARY_KEY": cluster.key}, capture_output=True, text=True, check=True)
        assert "a second" in done.stdout, done.stdout
        rate = float(re.search(r": (\d+) a second", done.stdout).group(1))
        print(f"{count} node{'s' if count > 1 else ' '}: {done.stdout.strip()}", flush=True)
        meter.report("accepted", ORDERS)
        work_off(cluster)
        return rate


def work_off(cluster):
    def still_open():
        return sum(node.metric("granary_sagas_open") or 0 for node in cluster.nodes)

    meter, left = Meter(cluster), still_open()
    cluster.nodes[0].wait_until("all sagas to have ended", lambda: still_open() == 0, 3600)
    meter.report(f"{left:.0f} that were open, worked off", max(left, 1))


def main():
    one = measure(1)
    three = measure(3)
    print(f"three nodes accept {three / one:.2f} of what one accepts (wanted: at least 0.50 on two processors)")


if __name__ == "__main__":
    main()
