"""All of Online Retail, brought in a quarter at a time: every report, now, as of the end of each quarter, and until that moment, against the files.

usage: GRANARY_BINARY=build/release/granary retail_year.py FILE...     one file a day, in order; exits 1 when a figure differs
"""
import json
import os
import re
import sys
import time

import retail_figures
from shop import Shop

QUARTERS = 4


class Year:
    def __init__(self, shop):
        self.shop = shop
        self.compared = self.wrong = 0
        self.slowest = {}

    def bring_in(self, files, rows):
        """Seconds until every row is acknowledged, and until every report counts it."""
        began = time.monotonic()
        done = self.shop.run("import", "online-retail", *files, "--to", f"http://127.0.0.1:{self.shop.port}", "--format", "json", "--errors", os.path.join(self.shop.folder, "errors.csv"))
        acknowledged = time.monotonic() - began
        if done.returncode != 0:
            sys.exit(done.stderr)
        self.shop.wait_until("all rows in the views", lambda: sum(row["lines"] for row in self.shop.get("/v1/reports/sales?by=country")["rows"]) == rows)
        return acknowledged, time.monotonic() - began, {item["what"].strip(): item["count"] for item in json.loads(done.stdout)}

    def report(self, *arguments):
        done = self.shop.run("report", *arguments, "--data", self.shop.data, "--format", "csv")
        return done.stdout if done.returncode == 0 else done.stderr, re.search(r"as of (\S+)", done.stderr).group(1)

    def compare(self, what, rows, *moment):
        for arguments, expected in retail_figures.figures(rows).items():
            began = time.monotonic()
            told, _ = self.report(*arguments, *moment)
            self.slowest[what] = max(self.slowest.get(what, 0), time.monotonic() - began)
            self.compared += 1
            if told == expected:
                continue
            self.wrong += 1
            print("OTHER", *arguments, *moment[:1])
            for ours, theirs in [pair for pair in zip(expected.splitlines(), told.splitlines()) if pair[0] != pair[1]][:3]:
                print("   files  ", ours, "\n   granary", theirs)


def main():
    if len(sys.argv) < 1 + QUARTERS:
        sys.exit(__doc__)
    files = sys.argv[1:]
    bounds = [len(files) * i // QUARTERS for i in range(QUARTERS + 1)]
    rows, positions, seconds, known = [], [], [0.0, 0.0], 0
    with Shop() as shop:
        shop.key()
        year = Year(shop)
        for begin, end in zip(bounds, bounds[1:]):
            rows += retail_figures.read(files[begin:end])
            acknowledged, shown, counts = year.bring_in(files[begin:end], len(rows))
            seconds[0] += acknowledged
            seconds[1] += shown
            known += counts["rows read"]
            positions.append((len(rows), year.report("cohorts")[1]))
        print(f"{known} rows of {len(files)} files: acknowledged in {seconds[0]:.1f} s, in every report after {seconds[1]:.1f} s")
        year.compare("now", rows)
        for count, position in positions:
            year.compare("--as-of", rows[:count], "--as-of", position)
        for count, position in positions:
            until = rows[count - 1].at
            year.compare("--until", [row for row in rows if row.at <= until], "--until", until.replace(" ", "T") + "Z")
            noon = until[:10] + " 12:00:00"
            year.compare("both", [row for row in rows[:count] if row.at <= noon], "--as-of", position, "--until", noon.replace(" ", "T") + "Z")
    print(f"{year.compared} reports compared, {year.wrong} differ; the slowest: " + ", ".join(f"{what} {took:.2f} s" for what, took in year.slowest.items()))
    sys.exit(1 if year.wrong else 0)


if __name__ == "__main__":
    main()
