"""One flipped bit: in a stored record verify exits 1 and names a position; among the keys the server refuses to start, and docs/recovery.md helps."""
import glob
import os
import unittest

from shop import Shop


class Damage(unittest.TestCase):
    def test_a_flipped_bit_is_found_and_its_position_named(self):
        with Shop() as shop:
            shop.stock_up("date", 10)
            order = shop.place(("date", 1))
            shop.wait_for_status(order, "DELIVERED")
            self.assertEqual(shop.terminate(), 0)
            clean = shop.run("log", "verify", "--data", shop.data)
            self.assertEqual(clean.returncode, 0, clean.stderr)
            files = self.files_with(shop, order.encode())
            self.assertTrue(files, "the order's commit is somewhere in the log's files")
            for path, at in files:
                self.flip(path, at)
                damaged = shop.run("log", "verify", "--data", shop.data)
                self.flip(path, at)
                self.assertEqual(damaged.returncode, 1, f"{path} at {at}: {damaged.stdout[-400:]} {damaged.stderr[-400:]}")
                self.assertRegex(damaged.stdout + damaged.stderr, r"\d+:\d+")
            mended = shop.run("log", "verify", "--data", shop.data)
            self.assertEqual(mended.returncode, 0, mended.stderr)

    def test_keys_that_lost_their_end_are_missed_and_brought_back_from_a_copy(self):
        address = {"lines": ["1 High Street"], "city": "Leeds"}
        with Shop() as shop:
            shop.stock_up("date", 10)
            order = {"country": "GB", "payment": {"token": "tok_accept"}, "lines": [{"sku": "date", "quantity": 1}], "ship_to": address}
            orders = [shop.post("/v1/orders", order, idempotency_key=f"order-{n}").json["id"] for n in range(3)]
            backup = os.path.join(shop.folder, "backup")
            copied = shop.run("key", "copy", "--from", shop.data, "--to", backup)
            self.assertEqual(copied.returncode, 0, copied.stderr)
            shop.kill()
            store = os.path.join(shop.data, "keys", "store")
            writes = max(glob.glob(os.path.join(store, "*.log")), key=os.path.getsize)
            self.flip(writes, 20)

            refused = shop.run("serve", "--data", shop.data, "--listen", "127.0.0.1:0", timeout=60)
            self.assertNotEqual(refused.returncode, 0)
            self.assertIn("has lost its end", refused.stderr)
            os.remove(os.path.join(store, "high-water-mark"))
            mended = shop.run("key", "copy", "--from", backup, "--to", shop.data)
            self.assertEqual(mended.returncode, 0, mended.stderr)
            shop.start()
            for n, id in enumerate(orders):
                self.assertEqual(shop.get(f"/v1/orders/{id}")["ship_to"], address)
                self.assertEqual(shop.post("/v1/orders", order, idempotency_key=f"order-{n}").json["id"], id)

    def files_with(self, shop, needle):
        """Where the text stands in the log's data files, once per file."""
        found = []
        for folder, _, names in os.walk(os.path.join(shop.data, "log")):
            for name in names:
                if not name.endswith((".sst", ".log")):
                    continue
                path = os.path.join(folder, name)
                with open(path, "rb") as data:
                    at = data.read().find(needle)
                if at >= 0:
                    found.append((path, at))
        return found

    def flip(self, path, at):
        with open(path, "r+b") as data:
            data.seek(at)
            byte = data.read(1)[0]
            data.seek(at)
            data.write(bytes([byte ^ 1]))


if __name__ == "__main__":
    unittest.main()
