"""Faults of nodes and brokers, drawn from a seed, each healed again; what was done when is noted."""
import os
import random
import signal
import subprocess
import sys
import threading
import time
import traceback

from on_kafka import DATA


def kafka(*arguments):
    done = subprocess.run([os.path.join(os.environ["GRANARY_TOOLS"], "kafka"), *map(str, arguments), "--data", DATA], capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 0, f"tools/kafka {arguments}: {done.stdout}{done.stderr}"


class Harm:
    """Two threads, one for the nodes and one for the brokers, each with one fault under way at any time."""

    def __init__(self, cluster, seed, pause, count_max, loud=False):
        self.cluster = cluster
        self.pause = pause  # seconds between two faults of a thread, at most
        self.left = count_max
        self.loud = loud
        self.lock = threading.Lock()
        self.counts = {}
        self.worst_start = 0.0
        self.failures = []
        self.over = threading.Event()
        self.begun = time.monotonic()
        plans = [([self.kill_node, self.kill_node, self.pause_node, self.stop_node], random.Random(seed)),
                 ([self.kill_broker, self.pause_broker, self.move_leaders, self.pause_two_brokers], random.Random(seed + 1))]
        self.threads = [threading.Thread(target=self.run, args=plan) for plan in plans]
        for thread in self.threads:
            thread.start()

    def run(self, faults, drawn):
        while not self.over.wait(drawn.uniform(0.2, self.pause)):
            with self.lock:
                if self.left == 0:
                    return
                self.left -= 1
            fault = drawn.choice(faults)
            try:
                fault(drawn)
            except Exception:  # told at the end, and nothing is harmed any more
                self.failures.append(f"{fault.__name__}: {traceback.format_exc()}")
                return
            with self.lock:
                self.counts[fault.__name__] = self.counts.get(fault.__name__, 0) + 1

    def note(self, text):
        if self.loud:
            print(f"{time.monotonic() - self.begun:8.1f} s  {text}", file=sys.stderr, flush=True)

    def stop(self):
        self.over.set()
        for thread in self.threads:
            thread.join()
        assert not self.failures, "\n".join(self.failures) + self.cluster.tails()

    def done(self):
        with self.lock:
            return sum(self.counts.values())

    # -- nodes ---------------------------------------------------------------------------------------------------------

    def start(self, node):
        begun = time.monotonic()
        node.start()
        self.worst_start = max(self.worst_start, time.monotonic() - begun)

    def kill_node(self, drawn):
        node, away = drawn.choice(self.cluster.nodes), drawn.choice((0, 0, drawn.uniform(0, 12)))
        self.note(f"kill -9 of node {node.number}, away for {away:.1f} s")
        node.kill()
        self.over.wait(away)
        self.start(node)

    def stop_node(self, drawn):
        node = drawn.choice(self.cluster.nodes)
        self.note(f"planned restart of node {node.number}")
        status = node.terminate(30)
        # 3: what was under way could not be finished in time, for instance because the brokers stood still; the log has the rest.
        assert status in (0, 3), f"SIGTERM: exit {status}"
        self.start(node)

    def pause_node(self, drawn):
        node, still = drawn.choice(self.cluster.nodes), drawn.uniform(0.5, 15)
        self.note(f"node {node.number} stands still for {still:.1f} s")
        os.kill(node.process.pid, signal.SIGSTOP)
        self.over.wait(still)
        os.kill(node.process.pid, signal.SIGCONT)

    # -- brokers -------------------------------------------------------------------------------------------------------

    def kill_broker(self, drawn):
        broker, away = drawn.randint(1, 3), drawn.uniform(0, 8)
        self.note(f"kill -9 of broker {broker}, away for {away:.1f} s")
        kafka("kill", broker)
        self.over.wait(away)
        kafka("restart", broker)

    def pause_broker(self, drawn):
        self.stand_still(drawn.uniform(0.5, 12), drawn.randint(1, 3))

    def pause_two_brokers(self, drawn):
        self.stand_still(drawn.uniform(0.5, 6), *drawn.sample((1, 2, 3), 2))

    def stand_still(self, seconds, *brokers):
        self.note(f"brokers {brokers} stand still for {seconds:.1f} s")
        for broker in brokers:
            kafka("pause", broker)
        self.over.wait(seconds)
        for broker in brokers:
            kafka("continue", broker)

    def move_leaders(self, _):
        self.note("every partition's leader back to its preferred broker")
        command = ["admin", "leader-election", "--election-type", "preferred", "--all-topic-partitions"]
        subprocess.run([os.path.join(os.environ["GRANARY_TOOLS"], "kafka"), command[0], "--data", DATA, *command[1:]], capture_output=True, timeout=180, check=False)
