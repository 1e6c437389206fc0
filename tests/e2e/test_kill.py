"""kill -9 under load: no acknowledged order is lost, none is repeated, and every saga goes on after the restart."""
import concurrent.futures
import threading
import time
import unittest

import books
from shop import Shop

ORDERS = 400
BUYERS = 8
KILLS = 3


class Kill(unittest.TestCase):
    def place_all(self, shop, acknowledged, positions, interrupt):
        """Every buyer retries each order under its own key until it is acknowledged."""
        def buy(number):
            while True:
                try:
                    reply = shop.call("POST", "/v1/orders", shop.order_body((f"sku-{number % 5}", 1)), idempotency_key=f"order-{number}", timeout=10)
                except OSError:
                    interrupt.wait(0.05)
                    continue
                except Exception:  # a half-read answer of a killed server
                    interrupt.wait(0.05)
                    continue
                if reply.status == 201:
                    acknowledged.setdefault(number, set()).add(reply.json["id"])
                    positions.append((reply.headers["granary-position"], reply.json["id"]))
                    return
                self.assertIn(reply.status, (409, 429, 503), reply.body)

        with concurrent.futures.ThreadPoolExecutor(BUYERS) as pool:
            for done in [pool.submit(buy, n) for n in range(ORDERS)]:
                done.result()

    def test_kills_under_load_lose_and_repeat_nothing(self):
        with Shop() as shop:
            for i in range(5):
                shop.stock_up(f"sku-{i}", ORDERS)
            acknowledged, positions = {}, []
            interrupt = threading.Event()
            load = threading.Thread(target=self.place_all, args=(shop, acknowledged, positions, interrupt))
            load.start()
            for kill in range(KILLS):
                shop.wait_until("some orders", lambda: len(acknowledged) > ORDERS * (kill + 1) // (KILLS + 2), seconds=120)
                shop.kill()
                shop.start()
            load.join(timeout=240)
            self.assertFalse(load.is_alive())
            orders = shop.wait_for_rest(ORDERS)
            self.assertEqual(len(orders), ORDERS, "as many orders as keys")
            ids = {n: next(iter(found)) for n, found in acknowledged.items()}
            self.assertEqual(set(ids.values()), {o["id"] for o in orders})
            # Asked again, every key gives the order that it gave before.
            for number in range(0, ORDERS, 37):
                again = shop.call("POST", "/v1/orders", shop.order_body((f"sku-{number % 5}", 1)), idempotency_key=f"order-{number}")
                self.assertEqual((again.status, again.json["id"]), (201, ids[number]))
                self.assertEqual(again.headers.get("idempotent-replayed"), "true")
            self.assertEqual({o["status"] for o in orders}, {"DELIVERED"})
            for i in range(5):
                stock = shop.stock(f"sku-{i}")
                self.assertEqual((stock["reserved"], stock["sold"]), (0, ORDERS // 5))
            shop.wait_until("every saga to end", lambda: books.sagas_at_rest(shop))
            books.check_audit(self, shop, acknowledged=positions)
            self.assertEqual(shop.terminate(), 0)
            verified = shop.run("log", "verify", "--data", shop.data)
            self.assertEqual(verified.returncode, 0, verified.stdout + verified.stderr)
            verified = shop.run("projection", "verify", "--all", "--data", shop.data)
            self.assertEqual(verified.returncode, 0, verified.stdout + verified.stderr)


if __name__ == "__main__":
    unittest.main()
