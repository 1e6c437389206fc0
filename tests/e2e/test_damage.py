"""One flipped bit in a stored record: verify exits 1 and names a position."""
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
