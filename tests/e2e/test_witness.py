"""Checkpoints go to witnesses on a schedule: a file and a server, while the shop sells; one that is away is tried again and keeps nothing from the other."""
import http.server
import os
import re
import signal
import subprocess
import threading
import unittest

from shop import BINARY, Shop

VERIFIER = os.path.join(os.path.dirname(BINARY), "granary-verify")


class Witness:
    """A server that keeps every checkpoint that it is sent; while `is_away` it answers 503."""

    def __init__(self):
        self.kept = []
        self.refused = 0
        self.is_away = False
        witness = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                if witness.is_away:
                    witness.refused += 1
                else:
                    witness.kept.append((self.headers["Content-Type"], body))
                self.send_response(503 if witness.is_away else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/checkpoints"
        self.thread = threading.Thread(target=self.server.serve_forever)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


def sizes(text):
    return [int(size) for size in re.findall(r"^granary/\S+\n(\d+)\n", text, re.MULTILINE)]


class Witnesses(unittest.TestCase):
    def test_on_a_schedule_witnesses_get_what_grows(self):
        with Shop("--partitions", "4") as shop, Witness() as witness:
            shop.stock_up("salt", 10)
            file = os.path.join(shop.folder, "witness")
            key = shop.run("proof", "key", "--data", shop.data).stdout.strip()
            keeper = subprocess.Popen([BINARY, "proof", "checkpoint", "--data", shop.data, "--every", "1", "--witness", witness.url, file], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            try:
                shop.wait_until("the first checkpoint", lambda: witness.kept)
                shop.stock_up("pepper", 10)
                shop.wait_until("one that has grown", lambda: sum(sizes(witness.kept[-1][1])) > sum(sizes(witness.kept[0][1])))
                witness.is_away = True
                shop.stock_up("sugar", 10)
                records = sum(sizes(witness.kept[-1][1]))
                shop.wait_until("the file to have what the server was not given", lambda: witness.refused and self.size_of(file) > records)
                witness.is_away = False
                shop.wait_until("the server to have it, too", lambda: sum(sizes(witness.kept[-1][1])) == self.size_of(file))
            finally:
                keeper.send_signal(signal.SIGTERM)
                said = keeper.communicate(timeout=60)[1]
            self.assertEqual(keeper.returncode, 0, said)
            self.assertIn("answered 503", said)
            self.assertEqual({kind for kind, _ in witness.kept}, {"text/plain; charset=utf-8"})
            self.check_proven(shop, key, witness, file)

    def size_of(self, file):
        with open(file, encoding="utf-8") as text:
            return sum(sizes(text.read()))

    def check_proven(self, shop, key, witness, file):
        first = os.path.join(shop.folder, "first")
        with open(first, "w", encoding="utf-8") as out:
            out.write(witness.kept[0][1])
        growth = os.path.join(shop.folder, "growth")
        made = shop.run("proof", "consistency", first, file, "--data", shop.data, "--out", growth)
        self.assertEqual(made.returncode, 0, made.stderr)
        done = subprocess.run([VERIFIER, "--key", key, first, file, growth], capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("one history", done.stdout)

    def test_without_a_schedule_a_witness_that_is_away_is_a_failure(self):
        with Shop("--partitions", "4") as shop, Witness() as witness:
            shop.key()
            witness.is_away = True
            done = shop.run("proof", "checkpoint", "--data", shop.data, "--witness", witness.url)
            self.assertEqual(done.returncode, 3, done.stderr)
            self.assertIn("answered 503", done.stderr)


if __name__ == "__main__":
    unittest.main()
