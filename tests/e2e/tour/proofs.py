"""Proofs that outlive the erasure of a person: made before, checked after, by the program and by the one that shares nothing with it."""
import json
import os

import books
from shop import BINARY

VERIFIER = os.path.join(os.path.dirname(BINARY), "granary-verify")


class Proofs:
    def __init__(self, guide, day):
        self.guide = guide
        self.shop = guide.shop
        self.day = day
        self.files = {name: guide.path(name) for name in ("monday", "friday", "growth", "witness", "record.tlog-proof")}
        self.verifier_key = ""
        self.position = ""

    def make(self):
        self.guide.chapter("Checkpoints and proofs of before")
        self.verifier_key = self.guide.run("proof", "key", *self.guide.data).strip()
        history = self.guide.json("history", "customer", self.day.person, *self.guide.data, lines=None)
        self.position = history["events"][0]["position"]
        self.guide.run("proof", "checkpoint", *self.guide.data, "--out", self.files["monday"], "--witness", self.files["witness"], lines=2)
        self.guide.run("proof", "event", self.position, *self.guide.data, "--checkpoint", self.files["monday"], "--out", self.files["record.tlog-proof"], lines=2)

    def erase(self):
        self.guide.chapter("The person is erased")
        held = self.guide.run("customer", "export", self.day.person, *self.guide.url, lines=3)
        self.guide.expect("Canary Street" in held and self.day.order in held, "what is held about the person is handed out")
        self.guide.run("customer", "erase", self.day.person, "--ground", "consent_withdrawn", "--yes", *self.guide.url)
        self.shop.wait_until("the person to be erased", lambda: self.shop.get("/v1/customers/me", key=self.day.key).get("erasure", {}).get("status") == "erased")
        self.shop.wait_until("its saga to end", lambda: books.sagas_at_rest(self.shop))
        page = self.guide.get(f"/v1/orders/{self.day.order}")
        self.guide.equal((page["ship_to"], page["note"], page["status"]), (None, None, "DELIVERED"), "the order's page")

    def verify_again(self):
        self.guide.chapter("Every proof still holds, and exports say that there is nothing left")
        self.guide.run("history", "customer", self.day.person, *self.guide.data, lines=5)
        self.guide.run("log", "verify", *self.guide.data)
        self.guide.run("proof", "checkpoint", *self.guide.data, "--out", self.files["friday"], "--witness", self.files["witness"], lines=2)
        self.guide.run("proof", "consistency", self.files["monday"], self.files["friday"], *self.guide.data, "--out", self.files["growth"], lines=2)
        for name in ("growth", "record.tlog-proof"):
            self.guide.run("proof", "verify", self.files[name], "--key", self.verifier_key, lines=1)
        self.guide.run("--key", self.verifier_key, *self.files.values(), program=VERIFIER, name="granary-verify", lines=6)
        self.guide.run("saga", "replay", self.day.person, "--at-rest", *self.guide.data, lines=5)
        said = self.guide.json("saga", "replay", "--all", "--at-rest", *self.guide.data, lines=None)
        self.guide.equal((said["diverged"], said["sagas"]), (0, len(self.shop.orders()) + 1), "sagas run through today's code, the erasure among them")
        held = self.guide.run("customer", "export", self.day.person, *self.guide.url, lines=3)
        self.guide.expect("Canary" not in held and "erased_at" in held, "nothing is left, and it says since when")
        for source in (self.guide.data, self.guide.url):
            rows = self.guide.run("export", "customers", "--personal", *source, lines=1).splitlines()
            erased = [row for row in map(json.loads, rows) if row["id"] == self.day.person]
            self.guide.equal([row["profile"] for row in erased], [None], "the person in an export with personal data")
        self.guide.run("audit", "list", "--operation", "exportCustomer", *self.guide.url, lines=3)
