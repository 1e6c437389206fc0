"""A shop whose log is on Kafka: orders reach their end, and a node that lost its disk comes back from the topic alone."""
import os
import shutil
import unittest

from on_kafka import granary, log_options
from shop import Shop


class KafkaShop(unittest.TestCase):
    def setUp(self):
        self.log = log_options()

    def make_log(self, partitions):
        made = granary("log", "create", *self.log, "--partitions", str(partitions), "--format", "csv")
        self.assertEqual(made.returncode, 0, made.stderr)
        return made.stdout

    def test_orders_are_delivered_and_a_lost_disk_loses_nothing(self):
        self.make_log(8)
        with Shop(*self.log) as shop:
            shop.stock_up("APPLE", 100)
            first = [shop.place(("APPLE", 2)) for _ in range(5)]
            for order in first:
                shop.wait_for_status(order, "DELIVERED")
            late = shop.place(("APPLE", 1))
            shop.kill()
            # Keys, and the books of the other companies, are not the node's to lose.
            old = shop.data + "-lost"
            os.rename(shop.data, old)
            os.mkdir(shop.data)
            for kept in ("keys", "house"):
                shutil.copytree(os.path.join(old, kept), os.path.join(shop.data, kept))
            shop.start()
            for order in first:
                self.assertEqual(shop.get(f"/v1/orders/{order}")["status"], "DELIVERED")
            shop.wait_for_status(late, "DELIVERED")
            shop.wait_for_status(shop.place(("APPLE", 3)), "DELIVERED")
            self.assertEqual(shop.stock("APPLE")["on_hand"], 100 - 5 * 2 - 1 - 3)
            self.assertEqual(shop.terminate(), 0)
            self.check_history(shop, first[0])

    def check_history(self, shop, order):
        verified = granary("log", "verify", *self.log, "--data", shop.data)
        self.assertEqual(verified.returncode, 0, verified.stderr)
        self.assertIn("the chain verifies", verified.stderr)
        history = granary("history", "order", order, *self.log, "--format", "json")
        self.assertEqual(history.returncode, 0, history.stderr)
        self.assertIn("order_placed", history.stdout.lower())
        compared = shop.run("projection", "verify", "--all", "--data", shop.data, *self.log)
        self.assertEqual(compared.returncode, 0, compared.stdout + compared.stderr)

    def test_a_node_starts_only_where_a_log_was_made(self):
        with_nothing = granary("log", "read", *self.log)
        self.assertEqual(with_nothing.returncode, 3)
        self.assertIn("granary log create", with_nothing.stderr)
        self.assertIn("4", self.make_log(4))
        again = granary("log", "create", *self.log)
        self.assertEqual(again.returncode, 3)
        self.assertIn("already", again.stderr)
        self.assertEqual(granary("log", "read", "--log", "kafka").returncode, 2)
        self.assertEqual(granary("log", "read").returncode, 2)


if __name__ == "__main__":
    unittest.main()
