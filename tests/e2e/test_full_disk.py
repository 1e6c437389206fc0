"""The disk fills up under load: commands are refused, customers go on reading what is their own, staff must wait since nobody could record
what they see, and when there is room again all goes on by itself."""
import os
import threading
import unittest

import books
import kill_steps
from shop import END_STATES, Shop
from small_disk import SmallDisk
from trap import Trap, open_paths

SIZE_MIB = 512
RESERVE_MIB = 64
BUYERS = 4
SALT = 100_000


class Buyers:
    """Clients that place orders until they are told to stop; each order is tried again under its key until it is taken."""

    def __init__(self, shop):
        self.shop = shop
        self.stopping = threading.Event()
        self.placed = {}        # key -> id, as acknowledged
        self.refusals = []      # every answer that was not 201
        self.threads = [threading.Thread(target=self.buy, args=(n,)) for n in range(BUYERS)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        for thread in self.threads:
            thread.join()

    def buy(self, buyer):
        number = 0
        while not self.stopping.is_set():
            key = f"{buyer}-{number}"
            reply = self.shop.call("POST", "/v1/orders", self.shop.order_body(("salt", 1)), idempotency_key=key)
            if reply.status == 201:
                self.placed[key] = reply.json["id"]
                number += 1
            else:
                self.refusals.append(reply)
                self.stopping.wait(0.05)


class FullDisk(unittest.TestCase):
    def test_commands_are_refused_reads_go_on_and_it_recovers_by_itself(self):
        arguments = ("--partitions", "4", "--carrier-delay-ms", "10", "--disk-free-min-mib", str(RESERVE_MIB))
        with SmallDisk(SIZE_MIB) as disk, Shop(*arguments, data=os.path.join(disk.path, "data")) as shop:
            shop.stock_up("salt", SALT)
            self.own = shop.place(("salt", 1), key=shop.key("customer"))
            with Buyers(shop) as buyers:
                shop.wait_until("some orders", lambda: len(buyers.placed) > 40)
                disk.leave((RESERVE_MIB << 20) - (1 << 20))
                shop.wait_until("commands to be refused", lambda: len(buyers.refusals) > 20)
                self.check_refusals(buyers.refusals)
                self.check_reads(shop, buyers)
                self.check_nothing_left(shop, disk, buyers)
                taken = len(buyers.placed)
                disk.give_back()
                shop.wait_until("orders to be taken again", lambda: len(buyers.placed) > taken + 40)
            self.check_everything(shop, buyers)

    def check_refusals(self, refusals):
        self.assertEqual({(reply.status, reply.json["code"]) for reply in refusals}, {(503, "disk_full")})
        self.assertTrue(all(int(reply.headers["retry-after"]) >= 1 for reply in refusals))

    def check_reads(self, shop, buyers):
        self.assertIn(shop.get(f"/v1/orders/{self.own}", key=shop.key("customer"))["status"], {"CREATED", "PAID", "PACKED", "SHIPPED", *END_STATES})
        for of_another in list(buyers.placed.values())[::10]:
            reply = shop.call("GET", f"/v1/orders/{of_another}")
            self.assertEqual((reply.status, reply.json["code"]), (503, "unavailable"))
        self.assertGreater(shop.stock("salt")["on_hand"], 0)
        shop.wait_until("readiness to say so", lambda: shop.call("GET", "/readyz").status == 503)
        self.assertEqual(shop.call("GET", "/livez").status, 200)
        self.assertEqual(shop.run("log", "verify", "--data", shop.data).returncode, 0)

    def check_nothing_left(self, shop, disk, buyers):
        """Somebody else takes the last byte, too."""
        disk.leave(0)
        refused = len(buyers.refusals)
        shop.wait_until("more to be refused on a disk without a byte", lambda: len(buyers.refusals) > refused + 100)
        self.assertIsNone(shop.process.poll())
        self.check_refusals(buyers.refusals)
        self.assertEqual([o["id"] for o in shop.get("/v1/orders", key=shop.key("customer"))["data"]], [self.own])

    def check_everything(self, shop, buyers):
        orders = shop.wait_for_rest(len(buyers.placed) + 1)
        self.assertEqual({o["id"] for o in orders}, {self.own, *buyers.placed.values()})
        self.assertEqual({o["status"] for o in orders}, {"DELIVERED"})
        books.check_at_rest(self, shop, {"salt": SALT}, {"salt": len(orders)})
        for key in list(buyers.placed)[::20]:
            again = shop.post("/v1/orders", shop.order_body(("salt", 1)), idempotency_key=key)
            self.assertEqual((again.json["id"], again.headers.get("idempotent-replayed")), (buyers.placed[key], "true"))
        self.assertEqual(shop.terminate(), 0)
        books.check_history(self, shop)


class FailingDisk(unittest.TestCase):
    """The first write or sync of the log that fails ends the process; what it acknowledged is there after a restart."""

    def fail(self, calls, error, *patterns):
        with Shop("--partitions", "4", "--carrier-delay-ms", "10") as shop:
            shop.stock_up("salt", SALT)
            before = shop.place(("salt", 1))
            shop.wait_for_status(before, *END_STATES)
            shop.wait_until("the saga to end", lambda: books.sagas_at_rest(shop))
            body = shop.order_body(("salt", 1))
            paths = [path for pattern in patterns for path in open_paths(shop.process.pid, pattern)]
            with Trap(shop.process.pid, calls, f"error={error}:when=1", *paths):
                self.assertIsNone(kill_steps.unless_gone(lambda: shop.call("POST", "/v1/orders", body, idempotency_key="order-2")), "no answer")
                self.assertNotEqual(shop.process.wait(timeout=30), 0)
            shop.process.stdout.close()
            self.assertIn("a restart reads what is on disk", shop.log_tail())
            shop.start()
            order = shop.post("/v1/orders", body, idempotency_key="order-2").json["id"]
            shop.wait_for_status(order, "DELIVERED")
            found = books.check_at_rest(self, shop, {"salt": SALT}, {"salt": 2})
            self.assertEqual({o["id"] for o in found}, {before, order})
            self.assertEqual(shop.terminate(), 0)
            books.check_history(self, shop)

    def test_a_failed_sync_of_the_log(self):
        self.fail("fdatasync", "EIO", r"/log/db/\d+\.log$")

    def test_a_failed_sync_of_the_mark(self):
        self.fail("fdatasync", "EIO", r"/log/high-water-mark$")

    def test_a_write_without_room(self):
        self.fail("write", "ENOSPC", r"/log/db/\d+\.log$")

    def test_a_mark_without_room(self):
        self.fail("pwrite64", "ENOSPC", r"/log/high-water-mark$")


if __name__ == "__main__":
    unittest.main()
