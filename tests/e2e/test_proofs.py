"""An auditor with a key and old checkpoints: a running shop proves its history, a person is erased and all still holds, and a server that lies is caught."""
import os
import subprocess
import unittest

from shop import BINARY, Shop

VERIFIER = os.path.join(os.path.dirname(BINARY), "granary-verify")


class Proofs(unittest.TestCase):
    def proof(self, shop, *arguments, code=0):
        done = shop.run("proof", *arguments)
        self.assertEqual(done.returncode, code, done.stdout[-2000:] + done.stderr[-2000:])
        return done.stdout

    def sell(self, shop, count):
        orders = [shop.place(("salt", 1)) for _ in range(count)]
        for order in orders:
            shop.wait_for_status(order, "DELIVERED")
        return orders

    def verified(self, key, *files, code=0):
        """By the stand-alone program; returns what it says."""
        done = subprocess.run([VERIFIER, "--key", key, *files], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, code, done.stdout[-2000:] + done.stderr[-2000:])
        return done.stdout + done.stderr

    def test_a_running_shop_proves_its_history_and_a_lie_is_caught(self):
        with Shop("--partitions", "4", "--carrier-delay-ms", "10") as shop:
            shop.stock_up("salt", 1000)
            data = ("--data", shop.data)
            files = {name: os.path.join(shop.folder, name) for name in ("old", "new", "witness", "growth", "record", "hash")}
            key = self.proof(shop, "key", *data).strip()
            first = self.sell(shop, 3)[0]
            self.proof(shop, "checkpoint", *data, "--out", files["old"], "--witness", files["witness"])
            self.sell(shop, 3)
            self.proof(shop, "checkpoint", *data, "--out", files["new"], "--witness", files["witness"])
            self.proof(shop, "consistency", files["old"], files["new"], *data, "--out", files["growth"])
            history = shop.run("history", "order", first, *data, "--format", "csv")
            position = next(cell for cell in history.stdout.splitlines()[1].split(",") if cell.count(":") == 1)
            self.proof(shop, "event", position, *data, "--checkpoint", files["new"], "--out", files["record"])
            self.proof(shop, "event", position, *data, "--checkpoint", files["old"], "--without-record", "--out", files["hash"])
            said = self.verified(key, *files.values())
            self.assertIn(f"record {position} is number", said)
            self.assertIn("4 of 4 partitions", said)
            for name in files:
                self.proof(shop, "verify", files[name], "--key", key)
            # Without the proof of growth nobody can know.
            self.assertIn("nothing here shows", self.verified(key, files["old"], files["new"], code=1))
            self.lies(shop, key, files)

    def lies(self, shop, key, files):
        with open(files["record"], encoding="utf-8") as proof:
            text = proof.read()
        at = text.index("extra ") + 100
        forged = os.path.join(shop.folder, "forged")
        with open(forged, "w", encoding="utf-8") as out:
            out.write(text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1:])
        self.assertIn("REFUSED", self.verified(key, forged, code=1))
        self.proof(shop, "verify", forged, "--key", key, code=1)
        # Another shop that calls itself by no name of ours.
        with Shop("--partitions", "4") as other:
            theirs = os.path.join(other.folder, "theirs")
            self.proof(other, "checkpoint", "--data", other.data, "--out", theirs)
            self.assertIn("the key is that of", self.verified(key, theirs, code=1))
            self.proof(other, "checkpoint", "--data", other.data, "--witness", files["witness"], code=1)


if __name__ == "__main__":
    unittest.main()
