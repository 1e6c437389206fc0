"""`tools/run --kafka` as the README has it: three nodes start, any answers for any, one is killed, the others go on."""
import json
import os
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.request
import uuid

BINARY = os.environ["GRANARY_BINARY"]
TOOLS = os.environ["GRANARY_TOOLS"]
START_SECONDS = 200
DEADLINE_SECONDS = 120


def free_ports(count):
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()


class RunOnKafka(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="granary-run-")
        self.addCleanup(self.folder.cleanup)
        self.data = os.path.join(self.folder.name, "nodes")
        self.ports = free_ports(3)
        preset = os.path.basename(os.path.dirname(BINARY))
        self.output = []
        self.run = subprocess.Popen([os.path.join(TOOLS, "run"), "--kafka", "--data", self.data, "--preset", preset, "--ports", ",".join(map(str, self.ports))],
                                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True)
        self.addCleanup(self.end)

    def end(self):
        if self.run.poll() is None:
            self.run.send_signal(signal.SIGTERM)
        try:
            rest, _ = self.run.communicate(timeout=90)
            self.output.append(rest)
        except subprocess.TimeoutExpired:
            os.killpg(self.run.pid, signal.SIGKILL)
            self.run.communicate()
            subprocess.run([os.path.join(TOOLS, "kafka"), "stop", "--data", os.path.join(self.data, "kafka")], capture_output=True, timeout=60, check=False)
            self.fail("tools/run --kafka did not end in 90 s")

    def wait_until_it_serves(self):
        alarm = threading.Timer(START_SECONDS, self.run.kill)
        alarm.start()
        try:
            for line in self.run.stdout:
                self.output.append(line)
                if line.startswith("Kill a node with kill -9"):
                    return
        finally:
            alarm.cancel()
        self.fail("tools/run --kafka ended, or took too long: " + "".join(self.output))

    def call(self, node, method, path, body=None, key=None):
        headers = {"Authorization": "Bearer " + self.key, "Content-Type": "application/json", "Idempotency-Key": key or uuid.uuid4().hex}
        request = urllib.request.Request(f"http://127.0.0.1:{self.ports[node]}{path}", method=method, headers=headers, data=json.dumps(body).encode() if body else None)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as answer:
            return answer.code, None
        except OSError:
            return 0, None

    # A client that keeps its key may ask again, as it is told to.
    def insist(self, node, method, path, body, wanted):
        key, until = uuid.uuid4().hex, time.monotonic() + DEADLINE_SECONDS
        while True:
            status, answer = self.call(node, method, path, body, key)
            if status in wanted or time.monotonic() > until:
                self.assertIn(status, wanted, f"{method} {path}: {answer}")
                return answer

    def wait_for_delivery(self, node, order):
        until = time.monotonic() + DEADLINE_SECONDS
        while True:
            status, answer = self.call(node, "GET", f"/v1/orders/{order}")
            if status == 200 and answer["status"] == "DELIVERED":
                return
            self.assertLess(time.monotonic(), until, f"{order} is not delivered: {status} {answer}")

    def place(self, node):
        order = {"country": "GB", "lines": [{"sku": "NUT", "quantity": 1}], "payment": {"token": "tok_accept", "method": "card"}}
        return self.insist(node, "POST", "/v1/orders", order, {201})["id"]

    def pid_of_node(self, number):
        wanted = ["--node", f"node-{number}"]
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/cmdline", encoding="utf-8", errors="replace") as file:
                    words = file.read().split("\0")
            except OSError:
                continue
            if any(words[i:i + 2] == wanted for i in range(len(words))) and any(word.startswith(self.data) for word in words):
                return int(pid)
        self.fail(f"node-{number} does not run")

    def test_three_nodes_serve_and_go_on_without_one(self):
        self.wait_until_it_serves()
        with open(os.path.join(self.data, "admin.key"), encoding="utf-8") as file:
            self.key = file.read().strip()
        self.insist(0, "POST", "/v1/products", {"sku": "NUT", "name": "Nut", "unit_price": {"amount": "2.55", "currency": "GBP"}}, {201})
        self.insist(1, "POST", "/v1/stock/receipts", {"sku": "NUT", "warehouse": "main", "quantity": 10}, {200, 201})
        self.wait_for_delivery(2, self.place(0))
        os.kill(self.pid_of_node(2), signal.SIGKILL)
        for node in (0, 2):
            self.wait_for_delivery(2 - node, self.place(node))


if __name__ == "__main__":
    unittest.main()
