"""Another system's books are imported once, whatever is killed or repeated, and every report says what the files say."""
import csv
import json
import os
import re
import subprocess
import unittest

import retail_figures
from shop import BINARY, ROOT, Shop

DAYS = [os.path.join(ROOT, "tools/demo/online-retail", day) for day in ("2010-12-01.csv", "2011-02-06.csv")]
ROWS = 3387
FEW = ("--partitions", "8")


class History(unittest.TestCase):
    maxDiff = 4000

    def import_files(self, shop, *files, expect=0, **extra):
        """Runs the import; answers its counts by name."""
        done = shop.run("import", "online-retail", *files, "--to", f"http://127.0.0.1:{shop.port}", "--format", "json", "--errors", os.path.join(shop.folder, "errors.csv"), **extra)
        self.assertEqual(done.returncode, expect, done.stderr)
        return {item["what"].strip(): item["count"] for item in json.loads(done.stdout)}

    def report(self, shop, *arguments):
        """A report as CSV from the data directory, when the views have got to the end of the log, and its positions."""
        done = shop.run("report", *arguments, "--data", shop.data, "--format", "csv")
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout, re.search(r"as of (\S+)", done.stderr).group(1)

    def wait_for_rows(self, shop, rows):
        def folded():
            report = shop.get("/v1/reports/sales?by=country")
            return report if sum(row["lines"] for row in report["rows"]) == rows else None
        return shop.wait_until(f"{rows} rows in the views", folded)

    def check_counts(self, counts, rows):
        kinds = {kind: 0 for kind in ("sale", "cancel", "adjust", "zero")}
        for row in rows:
            kinds[row.kind] += 1
        self.assertEqual({kind: counts[f"{kind} lines"] for kind in kinds}, kinds)
        self.assertEqual(counts["rows read"], len(rows))
        self.assertEqual(counts["not imported"], 0)
        self.assertEqual(counts["rows without a customer"], sum(not row.customer for row in rows))
        self.assertEqual(counts["rows that repeat another"], len(rows) - len({row.fields for row in rows}))
        self.assertEqual(counts["invoices"], len({row.invoice for row in rows}))

    def test_reports_say_what_the_files_say_from_the_data_directory_and_from_the_server(self):
        rows = retail_figures.read(DAYS)
        self.assertEqual(len(rows), ROWS)
        with Shop(*FEW) as shop:
            shop.key()
            counts = self.import_files(shop, *DAYS)
            self.check_counts(counts, rows)
            self.assertEqual((counts["imported"], counts["already there"]), (counts["invoices"], 0))
            self.wait_for_rows(shop, ROWS)
            analyst = {**os.environ, "GRANARY_KEY": shop.key("analyst"), "GRANARY_URL": f"http://127.0.0.1:{shop.port}"}
            shop.wait_until("the key is known", lambda: subprocess.run([BINARY, "report", "cohorts"], capture_output=True, timeout=60, env=analyst, check=False).returncode == 0)
            for arguments, expected in retail_figures.figures(rows).items():
                with self.subTest(report=arguments):
                    self.assertEqual(self.report(shop, *arguments)[0], expected)
                    served = subprocess.run([BINARY, "report", *arguments, "--format", "csv"], capture_output=True, text=True, timeout=60, env=analyst, check=False)
                    self.assertEqual((served.returncode, served.stdout), (0, expected), served.stderr)
            self.assertEqual(shop.orders(), [], "history places no orders")
            again = self.import_files(shop, *DAYS)
            self.assertEqual((again["imported"], again["already there"]), (0, counts["invoices"]))
            self.check_counts(again, rows)
            verified = shop.run("log", "verify", "--data", shop.data)
            self.assertEqual(verified.returncode, 0, verified.stdout)
            views = shop.run("projection", "verify", "invoices", "--data", shop.data, "--url", f"http://127.0.0.1:{shop.port}")
            self.assertEqual(views.returncode, 0, views.stdout + views.stderr)
            told = shop.run("history", "invoice", "online-retail/536365", "--data", shop.data, "--format", "json")
            events = json.loads(told.stdout)["events"]
            self.assertEqual([event["event"] for event in events], ["invoice_imported"])

    def test_as_of_says_what_the_log_knew_and_until_what_had_happened(self):
        first, both = retail_figures.read(DAYS[:1]), retail_figures.read(DAYS)
        with Shop(*FEW) as shop:
            shop.key()
            self.import_files(shop, DAYS[0])
            self.wait_for_rows(shop, len(first))
            _, positions = self.report(shop, "cohorts")
            self.import_files(shop, DAYS[1])
            self.wait_for_rows(shop, ROWS)
            for arguments, expected in retail_figures.figures(first).items():
                with self.subTest(report=arguments):
                    told, at = self.report(shop, *arguments, "--as-of", positions)
                    self.assertEqual((told, at), (expected, positions))
                    self.assertEqual(self.report(shop, *arguments, "--until", "2011-02-05")[0], expected)
            noon = [row for row in both if row.at <= "2010-12-01 12:00:00"]
            for arguments, expected in retail_figures.figures(noon).items():
                with self.subTest(report=arguments, until="noon"):
                    self.assertEqual(self.report(shop, *arguments, "--until", "2010-12-01T12:00:00Z")[0], expected)
            self.assertEqual(self.report(shop, "sales", "--as-of", "2011-12-31")[0].count("\n"), 1, "the log knew nothing of it then")
            self.assertEqual(self.report(shop, "cohorts", "--as-of", "2999-01-01")[0], self.report(shop, "cohorts")[0])
            refused = shop.run("report", "cohorts", "--as-of", "yesterday", "--data", shop.data)
            self.assertNotEqual(refused.returncode, 0)
            self.assertIn("as_of must be", refused.stderr)

    def test_killed_in_the_middle_and_run_again_every_invoice_is_there_once(self):
        rows = retail_figures.read(DAYS)
        with Shop(*FEW) as shop:
            shop.key()
            first = subprocess.Popen([BINARY, "import", "online-retail", *DAYS, "--to", f"http://127.0.0.1:{shop.port}", "--parallel", "1"], stdout=subprocess.DEVNULL,
                                     stderr=subprocess.DEVNULL, env={**os.environ, "GRANARY_KEY": shop.key()})
            try:
                shop.wait_until("some rows", lambda: shop.get("/v1/reports/sales?by=country")["rows"])
                shop.kill()
            finally:
                first.kill()
                first.wait()
            shop.start()
            counts = self.import_files(shop, *DAYS)
            self.check_counts(counts, rows)
            self.wait_for_rows(shop, ROWS)
            self.assertEqual(self.report(shop, "sales", "--by", "product")[0], retail_figures.figures(rows)[("sales", "--by", "product")])
            stats = json.loads(shop.run("log", "stats", "--data", shop.data, "--format", "json").stdout)
            imported = [item["count"] for item in stats if item["what"].strip() == "event invoice_imported"]
            self.assertEqual(imported, [counts["invoices"]], "as many events as invoices")

    def test_what_can_not_be_imported_is_listed_and_the_rest_is_there(self):
        with Shop(*FEW) as shop:
            shop.key()
            changed = os.path.join(shop.folder, "changed.csv")
            with open(DAYS[1], encoding="utf-8") as day, open(changed, "w", encoding="utf-8") as out:
                out.write(day.read().replace(",6,2011-02-06 11:11:00", ",six,2011-02-06 11:11:00"))
            counts = self.import_files(shop, changed, expect=1)
            self.assertGreater(counts["not imported"], 0)
            kinds = sum(counts[f"{kind} lines"] for kind in ("sale", "cancel", "adjust", "zero"))
            self.assertEqual(kinds + counts["not imported"], counts["rows read"])
            refused = self.import_files(shop, DAYS[1], expect=1)
            self.assertEqual(refused["refused"], 1, "the invoice that is there with fewer lines")
            with open(os.path.join(shop.folder, "errors.csv"), encoding="utf-8", newline="") as errors:
                listed = list(csv.DictReader(errors))
            self.assertEqual({row["code"] for row in listed}, {"already_exists"})
            self.assertEqual({row["invoice"] for row in listed}, {"543272"})
            self.assertEqual(len(listed), refused["not imported"])


if __name__ == "__main__":
    unittest.main()
