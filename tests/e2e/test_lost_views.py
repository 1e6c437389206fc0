"""Everything but the log and the keys is derived: deleted in the middle, it comes back, and every order ends."""
import os
import shutil
import unittest

import books
from shop import Shop

ORDERS = 60


class LostViews(unittest.TestCase):
    def test_orders_end_after_all_derived_data_is_deleted_in_the_middle(self):
        with Shop() as shop:
            shop.stock_up("nut", ORDERS)
            placed = [shop.place(("nut", 1), idempotency_key=f"nut-{n}") for n in range(ORDERS)]
            shop.kill()
            for folder in ("state", "sagas", "views"):
                shutil.rmtree(os.path.join(shop.data, folder))
            shop.start()
            orders = shop.wait_for_rest(ORDERS)
            self.assertEqual({o["id"] for o in orders}, set(placed))
            self.assertEqual({o["status"] for o in orders}, {"DELIVERED"})
            self.assertEqual(shop.stock("nut")["sold"], ORDERS)
            again = shop.call("POST", "/v1/orders", shop.order_body(("nut", 1)), idempotency_key="nut-7")
            self.assertEqual((again.status, again.json["id"]), (201, placed[7]))
            shop.wait_until("every saga to end", lambda: books.sagas_at_rest(shop))
            books.check_audit(self, shop)


if __name__ == "__main__":
    unittest.main()
