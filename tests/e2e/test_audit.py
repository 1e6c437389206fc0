"""A day of a real shop, with a kill -9 in the middle, holds before an auditor who trusts nothing but the log's bytes; a forged export does not."""
import base64
import json
import os
import subprocess
import threading
import unittest

import books
from auditor.audit import audit
from shop import BINARY, END_STATES, ROOT, Shop

DAY = os.path.join(ROOT, "tools/demo/online-retail/2011-02-06.csv")


class Audit(unittest.TestCase):
    def bring_in(self, shop):
        """The import of the day; ends early, and not well, when the server dies."""
        return subprocess.run([BINARY, "import", "online-retail", "--live", DAY, "--to", f"http://127.0.0.1:{shop.port}", "--errors", os.path.join(shop.folder, "errors.csv")],
                              capture_output=True, text=True, timeout=400, env={**os.environ, "GRANARY_KEY": shop.key()})

    def shop_day(self, shop):
        first = threading.Thread(target=self.bring_in, args=(shop,))
        first.start()
        shop.wait_until("some orders to be under way", lambda: len(shop.get("/v1/orders?limit=100")["data"]) > 5, seconds=120)
        shop.kill()
        first.join()
        shop.start()
        done = self.bring_in(shop)
        self.assertEqual(done.returncode, 0, done.stderr[-2000:])
        shop.wait_until("every order to end", lambda: all(o["status"] in END_STATES for o in shop.orders()) and books.sagas_at_rest(shop), seconds=240)

    def forge(self, lines, change):
        """The lines with one committed record changed by `change(line)`."""
        forged = list(lines)
        at = next(i for i, line in enumerate(forged) if '"name":"order_placed"' in line)
        line = json.loads(forged[at])
        change(line)
        forged[at] = json.dumps(line)
        return audit(forged, at_rest=True)[1]

    def test_a_day_with_a_kill_in_the_middle_is_right_to_the_last_penny(self):
        with Shop() as shop:
            self.shop_day(shop)
            lines, found = books.check_audit(self, shop)
            self.assertEqual(len(found.orders.orders), len(shop.orders()))
            self.assertGreater(found.payments.at_provider["GBP"], 0)

            def flip(line):
                raw = bytearray(base64.b64decode(line["raw"]))
                raw[len(raw) // 2] ^= 4
                line["raw"] = base64.b64encode(raw).decode()

            def rewrite(line):
                line["commit"]["events"][0]["fields"]["total"]["amount"] += 1

            self.assertIn("were changed", "".join(self.forge(lines, flip).by_family["chain"]))
            self.assertIn("total is", "".join(self.forge(lines, rewrite).by_family["decoding"]))
            # The same file by the command line, as an auditor would.
            path = os.path.join(shop.folder, "log.ndjson")
            with open(path, "w", encoding="utf-8") as out:
                out.write("\n".join(lines))
            done = subprocess.run(["python3", "-B", "-m", "auditor", path, "--url", f"http://127.0.0.1:{shop.port}"], capture_output=True, text=True, timeout=240,
                                  env={**os.environ, "PYTHONPATH": os.path.join(ROOT, "tests"), "GRANARY_KEY": shop.key()})
            self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)


if __name__ == "__main__":
    unittest.main()
