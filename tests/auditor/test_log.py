"""The auditor finds what is wrong with a log and its export: the bytes, the chain, the decoding, versions and times."""
import base64
import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from auditor import chain, flat, shop_log  # noqa: E402
from auditor.audit import SCHEMAS, audit  # noqa: E402
from auditor.rendering import differences  # noqa: E402
from auditor.shop_log import identity  # noqa: E402
from auditor.small_shop import SmallShop  # noqa: E402

ROOT = SCHEMAS.parent


class Family(unittest.TestCase):
    def finds(self, lines, family, *words):
        """The audit of these lines has a finding of the family that says all the words."""
        _, findings = audit([line if isinstance(line, str) else json.dumps(line) for line in lines], at_rest=True)
        found = findings.by_family.get(family, [])
        self.assertTrue(any(all(word in text for word in words) for text in found), f"nothing of {family} says {words}: {findings}")
        return findings

    def records(self, lines):
        """Places in `lines` of commits, in order."""
        return [i for i, line in enumerate(lines) if "commit" in line]


class Whole(Family):
    def test_a_whole_log_has_nothing_wrong(self):
        books, findings = audit(SmallShop().day().log.text(), at_rest=True, acknowledged=[])
        self.assertTrue(findings.sound, str(findings))
        for family in ("chain", "decoding", "streams", "stock", "money", "orders", "sagas", "erasure"):
            self.assertGreater(findings.checked[family], 5, family)
        stock = books.stock.stocks["main", "tea"]
        self.assertEqual((stock.stocked, stock.reserved, stock.sold), (100, 0, 6))
        self.assertEqual(books.payments.at_provider, {"GBP": 2 * 765 - 100})

    def test_the_golden_bytes_of_every_event_are_read(self):
        schemas = flat.Schemas(SCHEMAS)
        seen = set()
        for path in (ROOT / "tests/golden/payloads").glob("*.hex"):
            number, version, name = path.name.split(".")[:3]
            table, newer = schemas.events[int(number), int(version)]
            shown, _, hexes = path.read_text().partition("\n")
            value = flat.Reader(schemas, bytes.fromhex("".join(hexes.split()))).root(table)
            self.assertEqual((newer or table).rsplit(".", 1)[1].lower(), name.replace("_", ""))
            if newer is None:
                self.assertEqual(differences(value, json.loads(shown.removeprefix("# "))), [], path.name)
            seen.add((int(number), int(version)))
        self.assertEqual(seen, set(schemas.events), "golden bytes of each event and version")

    def test_it_knows_the_limit_that_tells_damage_from_a_lost_race(self):
        self.assertIn(f"in_flight_max = {chain.VOID_RUN_MAX};", (ROOT / "core/limits.hpp").read_text())


class Export(Family):
    def test_an_export_that_was_cut_short(self):
        self.finds(SmallShop().day().log.lines()[:-1], "export", "cut short")

    def test_a_partition_that_is_left_out(self):
        lines = [line for line in SmallShop().day().log.lines() if line.get("partition") != 2]
        self.finds(lines, "export", "without partitions [2]")

    def test_an_export_without_raw_bytes(self):
        lines = SmallShop().day().log.lines()
        for line in lines:
            line.pop("raw", None)
        self.finds(lines, "export", "--raw")

    def test_a_line_that_is_no_json(self):
        self.finds([*SmallShop().day().log.text(), "{"], "export", "no JSON")


class Chain(Family):
    def setUp(self):
        self.lines = SmallShop().day().log.lines()
        self.commits = self.records(self.lines)

    def place(self, i):
        return f"{self.lines[i]['partition']}:{self.lines[i]['offset']}"

    def raw(self, i):
        return bytearray(base64.b64decode(self.lines[i]["raw"]))

    def test_any_flipped_byte_of_a_record_is_found_at_its_place(self):
        shop = SmallShop()
        shop.place(1)
        self.lines = shop.log.lines()
        target = self.records(self.lines)[0]
        for byte in range(len(self.raw(target))):
            raw = self.raw(target)
            raw[byte] ^= 1 << byte % 8
            lines = [dict(line) for line in self.lines]
            lines[target]["raw"] = base64.b64encode(raw).decode()
            self.finds(lines, "chain", self.place(target))

    def test_a_changed_record_with_a_hash_to_match_breaks_the_chain_behind_it(self):
        raw = self.raw(self.commits[0])
        raw[-1] ^= 1
        shop_log.set_raw(self.lines[self.commits[0]], bytes(raw))
        after = self.commits[1]
        self.assertEqual(self.lines[after]["partition"], self.lines[self.commits[0]]["partition"])
        findings = self.finds(self.lines, "chain", self.place(after), "is void")
        self.assertTrue(any("extends nothing" in text for text in findings.by_family["chain"]), findings)

    def test_a_record_that_was_taken_out(self):
        del self.lines[self.commits[0]]
        self.finds(self.lines, "chain", "records are missing")

    def test_a_tail_that_was_cut_off_is_not_what_the_head_says(self):
        partition = self.lines[self.commits[-1]]["partition"]
        del self.lines[self.commits[-1]]
        self.finds(self.lines, "chain", f"partition {partition}", "the head is")

    def test_an_export_that_says_of_a_void_record_that_it_counts(self):
        self.lines[self.commits[1]]["counts"] = False
        self.finds(self.lines, "chain", self.place(self.commits[1]), "counts")

    def test_a_record_in_the_wrong_partition(self):
        shop = SmallShop()
        home = chain.partition_of("tea", shop_log.PARTITIONS)
        shop.stock("StockReceived", odd={"partition": (home + 1) % shop_log.PARTITIONS}, quantity=5)
        self.finds(shop.log.lines(), "chain", f"belongs to partition {home}")

    def test_lost_races_and_duplicates_are_no_damage(self):
        shop = SmallShop()
        first = chain.genesis(shop_log.LOG_ID, 1)
        shop.log.append_bytes(1, b"somebody's", prev=first)
        shop.log.append_bytes(1, b"somebody else's", prev=shop.log.records[1][-1]["sha256"])
        shop.day()
        _, findings = audit(shop.log.text(), at_rest=True)
        self.assertTrue(findings.sound, str(findings))

    def test_a_void_record_that_extends_nothing(self):
        shop = SmallShop().day()
        shop.log.append_bytes(1, b"an orphan", prev=64 * "7")
        self.finds(shop.log.lines(), "chain", "extends nothing")

    def test_a_run_of_void_records_too_long_for_a_lost_race(self):
        shop = SmallShop()
        prev = chain.genesis(shop_log.LOG_ID, 1)
        for _ in range(chain.VOID_RUN_MAX + 1):
            prev = shop.log.append_bytes(1, b"x", prev=prev)["sha256"]
        self.finds(shop.log.lines(), "chain", "1:1", "chain to each other")

    def test_a_halted_partition_is_told(self):
        end = next(line for line in self.lines if line["line"] == "partition")
        end.update(halted_at=0, reason="an accepted record can't be read")
        self.finds(self.lines, "chain", "halted: an accepted record")


class Decoding(Family):
    def test_an_export_that_shows_other_fields_than_the_bytes_hold(self):
        lines = SmallShop().day().log.lines()
        placed = next(line for line in lines if "commit" in line and "total" in line["commit"]["events"][0]["fields"])
        placed["commit"]["events"][0]["fields"]["total"]["amount"] = 1
        self.finds(lines, "decoding", "total is", "765")

    def test_an_export_that_shows_another_actor(self):
        lines = SmallShop().day().log.lines()
        lines[self.records(lines)[3]]["commit"]["actor"] = "key_somebody"
        self.finds(lines, "decoding", "actor is key_clerk")

    def test_a_record_that_counts_and_can_not_be_read(self):
        shop = SmallShop().day()
        shop.log.append_bytes(0, b"rubbish")
        self.finds(shop.log.lines(), "decoding", "can't be read")


class Streams(Family):
    def test_versions_with_a_gap(self):
        shop = SmallShop()
        shop.receive()
        shop.stock("StockReceived", odd={"version": 3}, quantity=1)
        self.finds(shop.log.lines(), "streams", "goes from version 1 to 3")

    def test_a_command_that_was_applied_twice(self):
        shop = SmallShop()
        shop.stock("StockReceived", odd={"command_id": identity("cmd", 99)}, quantity=1)
        shop.stock("StockReceived", odd={"command_id": identity("cmd", 99)}, quantity=1)
        self.finds(shop.log.lines(), "streams", "was applied before")

    def test_time_that_runs_back(self):
        shop = SmallShop()
        shop.receive()
        shop.stock("StockReceived", odd={"time": 1_000}, quantity=1)
        self.finds(shop.log.lines(), "streams", "runs back")

    def test_an_event_older_than_its_cause_and_one_without_it(self):
        shop = SmallShop()
        shop.receive()
        shop.order(5, "OrderPlaced", odd={"time": 1_000}, lines=[], total=(0, "GBP"), warehouse="main", country="GB")
        shop.order(6, "OrderPacked", odd={"causation": identity("evt", 77)})
        findings = self.finds(shop.log.lines(), "streams", "older than its cause")
        self.assertTrue(any("not in the log" in text for text in findings.by_family["streams"]))

    def test_a_commit_that_belongs_to_nothing(self):
        shop = SmallShop()
        shop.stock("StockReceived", odd={"correlation": ""}, quantity=1)
        self.finds(shop.log.lines(), "streams", "has no correlation")

    def test_an_event_in_somebody_elses_stream(self):
        shop = SmallShop()
        shop.log.commit("order", identity("ord", 1), identity("ord", 1), ("OrderPacked", {"order_id": identity("ord", 2)}))
        self.finds(shop.log.lines(), "streams", "in the stream of")


class Acknowledged(Family):
    def test_what_a_client_was_told_is_there_is_there(self):
        shop = SmallShop().day()
        placed = next(line for lines in shop.log.records for line in lines if "commit" in line and line["commit"]["aggregate"] == "order")
        place, name = f"{placed['partition']}:{placed['offset']}", placed["commit"]["key"]
        _, findings = audit(shop.log.text(), acknowledged=[(place, name)])
        self.assertTrue(findings.sound, str(findings))
        _, findings = audit(shop.log.text(), acknowledged=[(place, identity("ord", 99)), ("3:4711", name)])
        self.assertEqual(len(findings.by_family["acknowledged"]), 2, str(findings))


if __name__ == "__main__":
    unittest.main()
