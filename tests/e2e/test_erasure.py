"""A shop that forgets a person: everything personal is gone, everything else still proves itself, and no kill and no backup brings it back."""
import json
import os
import shutil
import subprocess
import unittest
import uuid

import books
import kill_steps
from shop import BINARY, Shop

VERIFIER = os.path.join(os.path.dirname(BINARY), "granary-verify")
PROFILE = {"name": "Ann Canary", "email": "ann.canary@example.org"}
ADDRESS = {"lines": ["1 Canary Street"], "city": "Leeds"}
KEY_WRITTEN = kill_steps.Moment("fdatasync", r"/keys/store/\d+\.log$")   # the mark of a destroyed key is on its way to the disk
KEY_REWRITTEN = kill_steps.Moment("fdatasync", r"/keys/store/MANIFEST-\d+$")  # its older value goes


def order_to(sku):
    return {"country": "GB", "payment": {"token": "tok_accept"}, "lines": [{"sku": sku, "quantity": 1}], "ship_to": ADDRESS, "note": "ring the canary bell"}


class Person:
    """A customer with a key of its own."""

    def __init__(self, shop):
        self.shop = shop
        self.id = "cus_" + uuid.uuid4().hex
        self.key = shop.key("customer", "--customer", self.id)

    def register(self):
        self.shop.post("/v1/customers", {"country": "GB", "profile": PROFILE, "address": ADDRESS}, key=self.key)
        return self

    def order(self, sku="tea"):
        return self.shop.post("/v1/orders", order_to(sku), key=self.key).json["id"]

    def page(self):
        return self.shop.get("/v1/customers/me", key=self.key)

    def is_erased(self):
        return self.page().get("erasure", {}).get("status") == "erased"

    def wait_until_delivered(self, order):
        self.shop.wait_until(f"{order} to be delivered", lambda: self.shop.get(f"/v1/orders/{order}", key=self.key)["status"] == "DELIVERED")
        return order


class Erasure(unittest.TestCase):
    def ran(self, shop, *arguments, code=0):
        done = shop.run(*arguments)
        self.assertEqual(done.returncode, code, f"{arguments}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
        return done.stdout

    def test_a_person_is_erased_all_proofs_still_verify_and_exports_say_so(self):
        with Shop("--partitions", "4", "--carrier-delay-ms", "10") as shop:
            shop.stock_up("tea", 1000)
            shop.key()
            ann, bob = Person(shop).register(), Person(shop).register()
            orders = [ann.wait_until_delivered(ann.order()) for _ in range(2)]
            kept = bob.wait_until_delivered(bob.order())
            guest = shop.post("/v1/orders", order_to("tea")).json["id"]
            shop.wait_for_status(guest, "DELIVERED")
            self.assertIn("Canary Street", self.ran(shop, "customer", "export", ann.id, "--url", f"http://127.0.0.1:{shop.port}"))
            proofs = self.prove(shop, ann)
            backup = os.path.join(shop.folder, "backup")
            self.ran(shop, "key", "copy", "--from", shop.data, "--to", backup)

            url = ("--url", f"http://127.0.0.1:{shop.port}")
            self.ran(shop, "customer", "erase", ann.id, *url, code=2)  # nobody agreed to it
            self.ran(shop, "customer", "erase", ann.id, "--yes", *url)
            self.ran(shop, "customer", "erase", guest, "--ground", "no_longer_needed", "--yes", *url)
            shop.wait_until("the customer to be erased", ann.is_erased)
            shop.wait_until("the guest to be erased", lambda: shop.get(f"/v1/orders/{guest}").get("erasure", {}).get("erased_at"))
            self.nothing_is_left(shop, ann, [*orders, guest])
            self.assertEqual(shop.get(f"/v1/orders/{kept}", key=bob.key)["ship_to"], ADDRESS)
            self.histories_tell_it(shop, ann, guest)
            self.all_proofs_verify(shop, proofs)
            self.exports_say_so(shop, ann, bob, {ann.id: set(orders), bob.id: {kept}})
            self.reads_are_recorded(shop, ann)
            shop.wait_until("every saga to end", lambda: books.sagas_at_rest(shop))
            books.check_audit(self, shop)
            self.a_backup_brings_nothing_back(shop, backup, ann, orders, bob, kept)
            self.assertEqual(shop.terminate(), 0)
            books.check_history(self, shop)

    def prove(self, shop, ann):
        files = {name: os.path.join(shop.folder, name) for name in ("old", "record", "new", "growth", "again")}
        key = self.ran(shop, "proof", "key", "--data", shop.data).strip()
        self.ran(shop, "proof", "checkpoint", "--data", shop.data, "--out", files["old"])
        history = self.ran(shop, "history", "customer", ann.id, "--data", shop.data, "--format", "json")
        position = json.loads(history)["events"][0]["position"]
        self.ran(shop, "proof", "event", position, "--data", shop.data, "--checkpoint", files["old"], "--out", files["record"])
        return key, position, files

    def nothing_is_left(self, shop, ann, orders):
        page = ann.page()
        self.assertIsNone(page["profile"])
        self.assertIsNone(page["address"])
        self.assertTrue(page["erasure"]["erased_at"] >= page["erasure"]["requested_at"])
        for order in orders:
            page = shop.get(f"/v1/orders/{order}")
            self.assertIsNone(page["ship_to"], order)
            self.assertIsNone(page["note"], order)
            self.assertEqual(page["status"], "DELIVERED")
        refused = shop.call("POST", "/v1/orders", order_to("tea"), key=ann.key)
        self.assertEqual((refused.status, refused.json["code"]), (409, "customer_erased"))

    def histories_tell_it(self, shop, ann, guest):
        events = json.loads(self.ran(shop, "history", "customer", ann.id, "--data", shop.data, "--format", "json"))["events"]
        self.assertEqual([e["event"] for e in events], ["customer_registered", "erasure_requested", "customer_erased"])
        self.assertEqual(events[-1]["actor"], "saga:customer_erasure")
        self.assertTrue(events[1]["actor"].startswith("key_"))
        self.assertEqual(events[-1]["time"], ann.page()["erasure"]["erased_at"])
        steps = json.loads(self.ran(shop, "history", "customer_erasure", guest, "--data", shop.data, "--format", "json"))["events"]
        self.assertEqual([e["event"] for e in steps], ["orders_found", "key_destroyed"])
        shown = shop.get(f"/v1/orders/{guest}/history?limit=100", key=shop.key("auditor"))["data"]
        self.assertEqual([e["event"] for e in shown if e["aggregate"] == "order"][-2:], ["buyer_erasure_requested", "buyer_erased"])
        self.assertTrue(all("state" in e for e in shown))

    def all_proofs_verify(self, shop, proofs):
        key, position, files = proofs
        self.ran(shop, "log", "verify", "--data", shop.data)
        self.ran(shop, "proof", "checkpoint", "--data", shop.data, "--out", files["new"])
        self.ran(shop, "proof", "consistency", files["old"], files["new"], "--data", shop.data, "--out", files["growth"])
        self.ran(shop, "proof", "event", position, "--data", shop.data, "--checkpoint", files["new"], "--out", files["again"])
        done = subprocess.run([VERIFIER, "--key", key, *files.values()], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        with open(files["record"], "rb") as before, open(files["again"], "rb") as after:
            extra = [next(line for line in proof.read().split(b"\n") if line.startswith(b"extra ")) for proof in (before, after)]
        self.assertEqual(extra[0], extra[1], "the record is what it was")

    def exports_say_so(self, shop, ann, bob, orders):
        url = f"http://127.0.0.1:{shop.port}"
        held = self.ran(shop, "customer", "export", ann.id, "--url", url)
        self.assertNotIn("Canary", held)
        self.assertIn("erased_at", held)
        for source in (("--data", shop.data), ("--url", url)):
            rows = {row["id"]: row for row in map(json.loads, self.ran(shop, "export", "customers", "--personal", *source).splitlines())}
            self.assertIsNone(rows[ann.id]["profile"])
            self.assertEqual(rows[bob.id]["profile"], PROFILE)
        self.assertNotIn("Canary", self.ran(shop, "export", "customers", "--data", shop.data))
        self.ran(shop, "export", "stock", "--personal", "--data", shop.data, code=2)
        listed = [json.loads(line) for line in self.ran(shop, "export", "customer_orders", "--data", shop.data).splitlines()]
        self.assertEqual({who: {row["order_id"] for row in listed if row["customer"] == who} for who in orders}, orders)
        self.assertEqual(len(listed), sum(map(len, orders.values())))

    def reads_are_recorded(self, shop, ann):
        auditor = {**os.environ, "GRANARY_KEY": shop.key("auditor")}
        def listed(*arguments):
            done = subprocess.run([BINARY, "audit", "list", "--url", f"http://127.0.0.1:{shop.port}", "--format", "json", *arguments], capture_output=True, text=True, env=auditor, timeout=60)
            self.assertEqual(done.returncode, 0, done.stderr)
            return json.loads(done.stdout)
        shop.wait_until("the view of accesses to show the last of them", lambda: listed("--operation", "exportRows"))
        exports = listed("--operation", "exportCustomer")
        self.assertEqual({e["target"] for e in exports}, {f"/v1/customers/{ann.id}/export"})
        self.assertEqual({e["operation"] for e in listed("--operation", "exportRows")}, {"exportRows"})
        exported = [json.loads(line) for line in self.ran(shop, "export", "access_log", "--data", shop.data).splitlines()]
        self.assertEqual([one for one in exported if one["operation"] == "exportCustomer"], exports)
        day, principal = exports[0]["at"][:10], exports[0]["principal"]
        history = json.loads(self.ran(shop, "history", "access", f"{principal}/{day}", "--data", shop.data, "--format", "json"))
        self.assertIn("accesses_recorded", {e["event"] for e in history["events"]})

    def a_backup_brings_nothing_back(self, shop, backup, ann, orders, bob, kept):
        self.assertEqual(shop.terminate(), 0)
        shutil.rmtree(os.path.join(shop.data, "keys", "store"))
        self.ran(shop, "key", "copy", "--from", backup, "--to", shop.data)
        shop.start()
        for order in orders:
            shop.wait_until("the key to be destroyed again", lambda o=order: shop.get(f"/v1/orders/{o}", key=ann.key)["ship_to"] is None)
        self.assertIsNone(ann.page()["profile"])
        self.assertEqual(shop.get(f"/v1/orders/{kept}", key=bob.key)["ship_to"], ADDRESS)
        # And the next copy of the keys destroys it in the backup.
        self.ran(shop, "key", "copy", "--from", shop.data, "--to", backup)
        shutil.copytree(os.path.join(shop.data, "log"), os.path.join(backup, "log"))
        rows = [json.loads(row) for row in self.ran(shop, "export", "orders", "--personal", "--data", backup).splitlines()]
        self.assertEqual({row["id"]: row["ship_to"] for row in rows if row["id"] in (*orders, kept)}, {**{o: None for o in orders}, kept: ADDRESS})

    def test_an_erasure_waits_for_an_order_and_for_nobody_who_insists(self):
        with Shop("--partitions", "4", "--carrier-delay-ms", "600000") as shop:
            shop.stock_up("tea", 10)
            ann = Person(shop).register()
            order = ann.order()
            shop.wait_until("the parcel to be booked", lambda: "shipment_booked" in [e["type"] for e in shop.get(f"/v1/orders/{order}/timeline?limit=100", key=ann.key)["data"]])
            reply = shop.call("POST", "/v1/customers/me/erasure", {}, key=ann.key)
            self.assertEqual((reply.status, reply.headers["location"]), (202, f"/v1/customers/{ann.id}"))
            shop.wait_until("the order to be found", lambda: ann.page().get("erasure", {}).get("orders_under_way") == 1)
            self.assertEqual(ann.page()["profile"], PROFILE)
            # The list shows what the saga has stored, which may be a moment behind what it has said.
            shop.wait_until("it to be listed with its order", lambda: [(saga["id"], saga["step"], saga["open"]) for saga in shop.get("/admin/v1/sagas?limit=100")["data"]
                                                                       if saga["process"] == "customer_erasure"] == [(ann.id, "find_orders", 1)])
            self.assertEqual(shop.get(f"/admin/v1/erasures/{ann.id}")["phase"], "waiting")
            refused = shop.call("POST", "/v1/customers/me/erasure", {"despite_orders": True}, key=ann.key)
            self.assertEqual(refused.status, 403)
            shop.post(f"/v1/customers/{ann.id}/erasure", {"despite_orders": True}, expect=202)
            shop.wait_until("the customer to be erased", ann.is_erased)
            self.assertIsNone(shop.get(f"/v1/orders/{order}", key=ann.key)["ship_to"])
            self.assertEqual(ann.page()["erasure"]["orders_under_way"], 1)

    def kill_at(self, moment, lose, at_least):
        """An erasure killed one call later each time, until it gets through."""
        with Shop("--partitions", "4") as shop:
            shop.stock_up("tea", 10)
            for step in range(1, 40):
                ann = Person(shop).register()
                order = shop.post("/v1/orders", {**order_to("tea"), "payment": {"token": "tok_decline"}}, key=ann.key).json["id"]
                shop.wait_until("the order to fail", lambda: shop.get(f"/v1/orders/{order}", key=ann.key)["status"] in ("FAILED", "CANCELLED"))
                shop.wait_until("its saga to end", lambda: books.sagas_at_rest(shop))
                request = uuid.uuid4().hex
                with moment.trap(shop, step):
                    kill_steps.unless_gone(lambda: shop.call("POST", "/v1/customers/me/erasure", {}, key=ann.key, idempotency_key=request))
                    gone = shop.wait_until("the kill, or the end", lambda: "gone" if shop.process.poll() is not None else "rest" if kill_steps.unless_gone(ann.is_erased) else None)
                if gone != "gone":
                    break
                shop.process.wait()
                shop.process.stdout.close()
                if lose:
                    kill_steps.lose_derived(shop)
                shop.start()
                shop.post("/v1/customers/me/erasure", {}, expect=202, key=ann.key, idempotency_key=request)
                shop.wait_until("the customer to be erased", ann.is_erased)
                self.assertIsNone(shop.get(f"/v1/orders/{order}", key=ann.key)["ship_to"])
                events = json.loads(self.ran(shop, "history", "customer", ann.id, "--data", shop.data, "--format", "json"))["events"]
                self.assertEqual([e["event"] for e in events], ["customer_registered", "erasure_requested", "customer_erased"])
            self.assertGreater(step, at_least, "it was killed at every step")
            shop.wait_until("every saga to end", lambda: books.sagas_at_rest(shop))
            books.check_audit(self, shop)
            self.assertEqual(shop.terminate(), 0)
            books.check_history(self, shop)

    def test_killed_as_each_of_its_records_is_stored(self):
        self.kill_at(kill_steps.STORED, False, 4)

    def test_killed_before_each_of_its_records_and_all_derived_data_lost(self):
        self.kill_at(kill_steps.UNSTORED, True, 4)

    def test_killed_while_the_key_is_being_destroyed(self):
        self.kill_at(KEY_WRITTEN, False, 1)
        self.kill_at(KEY_REWRITTEN, False, 1)


if __name__ == "__main__":
    unittest.main()
