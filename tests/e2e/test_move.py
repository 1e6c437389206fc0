"""A log is moved while it is large enough to be cut short: kill -9 and ^C at any moment, and the same command finishes it."""
import json
import os
import random
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

from shop import BINARY, Shop


def granary(*arguments):
    return subprocess.run([BINARY, *arguments], capture_output=True, text=True, timeout=240, check=False)


class Move(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="granary-move-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def place(self, name):
        return os.path.join(self.folder, name)

    def address(self, name):
        return "embedded:" + self.place(name)

    def verify(self, name):
        done = granary("log", "verify", "--data", self.place(name), "--format", "json")
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout), done.stderr

    def make_shop(self):
        """A shop that has sold something, stopped; returns the orders, and the key of a command that may be repeated."""
        with Shop("--partitions", "8", data=self.place("shop")) as shop:
            shop.stock_up("PEAR", 1000)
            orders = [shop.place(("PEAR", 1), idempotency_key=f"order {i}") for i in range(60)]
            shop.wait_for_rest(len(orders))
            self.keys = shop.keys  # an Idempotency-Key is one client's own
            self.assertEqual(shop.terminate(), 0)
        return orders

    def move(self, *more):
        return subprocess.Popen([BINARY, "log", "copy", "--from", self.address("shop"), "--to", self.address("moved"), "--seal", *more],
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def cut_short(self, rounds):
        """Starts the move again and again and ends it a little later each time; 0 when one came to its end."""
        chance = random.Random(7)
        for number in range(rounds):
            process = self.move("--parallel", "1")
            time.sleep(chance.uniform(0, 0.25))
            process.send_signal(signal.SIGKILL if number % 2 else signal.SIGINT)
            process.communicate()
            if process.returncode == 0:
                return 0
            self.assertIn(process.returncode, (3, -signal.SIGKILL, -signal.SIGINT))
        return None

    def test_a_move_that_is_killed_again_and_again_is_finished_by_the_same_command(self):
        orders = self.make_shop()
        self.cut_short(12)
        process = self.move()
        output, errors = process.communicate(timeout=240)
        self.assertEqual(process.returncode, 0, errors)
        self.assertIn("keys", errors)
        self.assertIn("moved", output)
        before, said = self.verify("shop")
        self.assertIn("the log is sealed", said)
        after, said = self.verify("moved")
        self.assertIn("moved here", said)
        self.assertEqual([(p["partition"], p["records"], p["head"], p["sealed"]) for p in before],
                         [(p["partition"], p["records"], p["head"], p["sealed"]) for p in after])
        self.refused_where_it_was()
        self.go_on(orders)

    def refused_where_it_was(self):
        served = granary("serve", "--data", self.place("shop"), "--listen", "127.0.0.1:0")
        self.assertEqual(served.returncode, 3, served.stderr)
        self.assertIn("sealed", served.stderr)
        self.assertIn(self.place("moved"), served.stderr)

    def go_on(self, orders):
        """With the keys, orders are where they were, and a retry gets the first answer; without the rest of the old directory."""
        copied = granary("key", "copy", "--from", self.place("shop"), "--to", self.place("moved"))
        self.assertEqual(copied.returncode, 0, copied.stderr)
        # The house provider and carrier are other companies, whose books stay what they are.
        shutil.copytree(os.path.join(self.place("shop"), "house"), os.path.join(self.place("moved"), "house"))
        with Shop(data=self.place("moved")) as shop:
            shop.keys = self.keys
            for order in orders:
                self.assertEqual(shop.get(f"/v1/orders/{order}")["status"], "DELIVERED")
            again = shop.post("/v1/orders", shop.order_body(("PEAR", 1)), idempotency_key="order 7")
            self.assertEqual(again.json["id"], orders[7])
            self.assertEqual(again.headers.get("idempotent-replayed"), "true")
            shop.wait_for_status(shop.place(("PEAR", 2)), "DELIVERED")
            self.assertEqual(shop.stock("PEAR")["on_hand"], 1000 - len(orders) - 2)
            self.assertEqual(shop.terminate(), 0)
        self.verify("moved")

    def test_a_backup_of_a_running_shop_is_read_but_not_served(self):
        with Shop("--partitions", "4", data=self.place("shop")) as shop:
            shop.stock_up("PLUM", 10)
            order = shop.place(("PLUM", 1))
            shop.wait_for_status(order, "DELIVERED")
            copied = granary("log", "copy", "--from", self.address("shop"), "--to", self.address("backup"))
            self.assertEqual(copied.returncode, 0, copied.stderr)
            sealed = granary("log", "copy", "--from", self.address("shop"), "--to", self.address("backup"), "--seal")
            self.assertEqual(sealed.returncode, 3, "a running server's log can't be sealed under it: " + sealed.stderr)
            shop.wait_for_status(shop.place(("PLUM", 1)), "DELIVERED")
            history = granary("history", "order", order, "--data", self.place("backup"), "--format", "json")
            self.assertEqual(history.returncode, 0, history.stderr)
            served = granary("serve", "--data", self.place("backup"), "--listen", "127.0.0.1:0")
            self.assertEqual(served.returncode, 3)
            self.assertIn("--seal", served.stderr)


if __name__ == "__main__":
    unittest.main()
