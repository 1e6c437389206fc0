"""An analyst's files: orders, payments, stock and events in SQLite, CSV and NDJSON say what the API says, and as of an earlier moment what it said then."""
import csv
import json
import os
import sqlite3
import unittest

from shop import Shop


class Export(unittest.TestCase):
    def export(self, shop, what, form, *more):
        path = os.path.join(shop.folder, f"{what}.{form}")
        done = shop.run("export", what, "--data", shop.data, "--format", form, "--out", path, *more)
        self.assertEqual(done.returncode, 0, done.stderr[-2000:])
        return path, done.stderr.rsplit("as of ", 1)[1].strip()

    def sqlite(self, shop, what, *more):
        path, as_of = self.export(shop, what, "sqlite", *more)
        with sqlite3.connect(path) as database:
            database.row_factory = sqlite3.Row
            self.assertEqual(database.execute("SELECT what, as_of FROM about").fetchone()[:], (what, as_of))
            return database.execute(f"SELECT * FROM {what}").fetchall(), as_of

    def sell(self, shop, count, token="tok_accept"):
        orders = [shop.place(("salt", 2), token=token) for _ in range(count)]
        for order in orders:
            shop.wait_for_status(order, "DELIVERED", "FAILED")
        return orders

    def test_files_say_what_the_api_says_now_and_then(self):
        with Shop("--partitions", "4", "--carrier-delay-ms", "10") as shop:
            shop.stock_up("salt", 1000)
            early = self.sell(shop, 3)
            then, as_of = self.sqlite(shop, "orders")
            self.assertEqual({row["id"] for row in then}, set(early))
            late = self.sell(shop, 2) + self.sell(shop, 1, "tok_decline")
            rows, _ = self.sqlite(shop, "orders")
            self.assertEqual({row["id"] for row in rows}, set(early + late))
            for row in rows:
                page = shop.get(f"/v1/orders/{row['id']}")
                mine = json.loads(row["json"])
                # Personal data is left out of files.
                for name in ("ship_to", "note"):
                    page.pop(name, None)
                    self.assertNotIn(name, mine)
                self.assertEqual(mine, page)
                self.assertEqual((row["status"], row["total_amount"], row["payment_id"]), (page["status"], page["total"]["amount"], page["payment"]["id"]))
            # Then is then, from the vector that the first file named; as the bytes of rows that were not touched since.
            again, vector = self.sqlite(shop, "orders", "--as-of", as_of)
            self.assertEqual(vector, as_of)
            self.assertEqual([row["json"] for row in again], [row["json"] for row in then])
            self.others(shop, early + late)

    def others(self, shop, orders):
        with open(self.export(shop, "payments", "csv")[0], encoding="utf-8", newline="") as text:
            payments = list(csv.DictReader(text))
        self.assertEqual({row["order_id"] for row in payments}, set(orders))
        self.assertEqual(sorted(row["status"] for row in payments), ["captured"] * 5 + ["declined"])
        with open(self.export(shop, "stock", "ndjson")[0], encoding="utf-8") as text:
            stock = [json.loads(line) for line in text]
        self.assertEqual([(row["sku"], row["on_hand"], row["sold"]) for row in stock], [("salt", 990, 10)])
        events, _ = self.sqlite(shop, "events")
        names = [row["name"] for row in events]
        self.assertEqual((names.count("order_placed"), names.count("order_delivered"), names.count("payment_declined")), (6, 5, 1))
        self.assertNotIn("tok_accept", "".join(row["json"] for row in events))
        self.lists(shop, orders)
        for what in ("order_timeline", "products", "customers", "invoices"):
            self.export(shop, what, "csv")

    def lists(self, shop, orders):
        pages = [shop.get(f"/v1/orders/{order}") for order in orders]
        listed, _ = self.sqlite(shop, "orders_by_status")
        self.assertEqual({(row["status"], row["order_id"], row["placed_at"]) for row in listed}, {(page["status"], page["id"], page["placed_at"]) for page in pages})
        self.assertEqual(len(listed), len(pages))
        sales, _ = self.sqlite(shop, "sales")
        self.assertEqual({row["order_id"] for row in sales if row["per"] == "order"}, set(orders))
        paid = [page for page in pages if page["status"] == "DELIVERED"]
        for per in ("day", "product"):
            shares = [row for row in sales if row["per"] == per]
            self.assertEqual((sum(row["orders"] for row in shares), sum(row["units"] for row in shares)), (len(paid), 2 * len(paid)))
            self.assertEqual(sum(row["gross_ten_thousandths"] for row in shares), 100 * sum(page["total"]["amount"] for page in paid))


if __name__ == "__main__":
    unittest.main()
