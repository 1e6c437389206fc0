"""Views of the past: built from a snapshot that was taken beside a running server they equal those from the beginning, and answer without log or server."""
import json
import os
import unittest

from shop import Shop


class Past(unittest.TestCase):
    def run_json(self, shop, *arguments):
        done = shop.run(*arguments, "--format", "json")
        self.assertEqual(done.returncode, 0, done.stderr[-2000:] + shop.log_tail())
        return json.loads(done.stdout)

    def exported(self, shop, view, folder):
        done = shop.run("export", view, "--view-dir", folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def sell(self, shop, count, token="tok_accept"):
        for order in [shop.place(("salt", 2), token=token) for _ in range(count)]:
            shop.wait_for_status(order, "DELIVERED", "FAILED")

    def test_the_past_is_what_was_reported_then(self):
        with Shop("--partitions", "4", "--carrier-delay-ms", "10") as shop:
            shop.stock_up("salt", 1000)
            self.sell(shop, 3)
            snapshots = self.run_json(shop, "projection", "snapshot", "orders", "stock", "products", "--data", shop.data)
            then = {one["view"]: one["position"] for one in snapshots}
            stock_then = self.run_json(shop, "report", "stock", "--data", shop.data)
            self.assertEqual(stock_then["rows"][0] | {"position": ""}, {
                "sku": "salt", "warehouse": "main", "on_hand": 994, "reserved": 0, "available": 994, "sold": 6, "list_price": "2.550", "value": "2534.700", "currency": "GBP", "position": ""})
            self.sell(shop, 4)
            self.sell(shop, 1, "tok_decline")
            self.builds(shop, then)
            self.stock(shop, stock_then)
            self.sagas(shop)

    def builds(self, shop, then):
        folder = os.path.join(shop.folder, "now")
        built = self.run_json(shop, "projection", "build", "orders", "stock", "products", "--data", shop.data, "--out", folder)
        self.assertTrue(all("/snapshots/" in one["from_snapshot"] for one in built), built)
        whole = os.path.join(shop.folder, "whole")
        from_start = self.run_json(shop, "projection", "build", "orders", "stock", "products", "--data", shop.data, "--out", whole, "--from-start")
        self.assertTrue(all(one["from_snapshot"] == "-" for one in from_start))
        self.assertLess(built[0]["records"], from_start[0]["records"])
        for view in ("orders", "stock", "products"):
            self.assertEqual(self.exported(shop, view, folder), self.exported(shop, view, whole))
        self.assertEqual(self.exported(shop, "orders", folder).count("\n"), 8)
        early = os.path.join(shop.folder, "early")
        self.run_json(shop, "projection", "build", "orders", "--data", shop.data, "--out", early, "--as-of", then["orders"])
        self.assertEqual(self.exported(shop, "orders", early).count("\n"), 3)
        self.assertEqual(shop.run("projection", "build", "orders", "--data", shop.data, "--out", early).returncode, 3, "it is there already")
        report = self.run_json(shop, "report", "stock", "--view-dir", folder)
        self.assertEqual(report["rows"][0]["on_hand"], 986)

    def stock(self, shop, then):
        url = f"http://127.0.0.1:{shop.port}"
        again = self.run_json(shop, "report", "stock", "--data", shop.data, "--as-of", then["position"])
        self.assertEqual(again["rows"], then["rows"])
        asked = self.run_json(shop, "report", "stock", "--url", url)
        self.assertEqual(asked["rows"], self.run_json(shop, "report", "stock", "--data", shop.data)["rows"])
        self.assertEqual(shop.run("report", "stock", "--url", url, "--as-of", then["position"]).returncode, 2)
        csv = shop.run("report", "stock", "--data", shop.data, "--format", "csv")
        self.assertEqual(csv.stdout.splitlines()[0], "sku,warehouse,on_hand,reserved,available,sold,list_price,value,currency")

    def sagas(self, shop):
        url = f"http://127.0.0.1:{shop.port}"
        of_log = self.run_json(shop, "report", "sagas", "--data", shop.data)
        self.assertEqual([(row["status"], row["step"], row["sagas"]) for row in of_log["rows"]], [("completed", "", 7), ("compensated", "", 1)])
        asked = self.run_json(shop, "report", "sagas", "--url", url)
        self.assertEqual(asked["rows"], of_log["rows"])
        self.sell(shop, 1)
        self.assertEqual(self.run_json(shop, "report", "sagas", "--url", url)["rows"][0]["sagas"], 8)
        self.assertEqual(self.run_json(shop, "report", "sagas", "--data", shop.data, "--as-of", of_log["position"])["rows"], of_log["rows"])
        steps = {row["step"]: row["times"] for row in self.run_json(shop, "report", "sagas", "--by", "step", "--data", shop.data)["rows"]}
        self.assertEqual((steps["mark_delivered"], steps["fail_order"]), (8, 1))


if __name__ == "__main__":
    unittest.main()
