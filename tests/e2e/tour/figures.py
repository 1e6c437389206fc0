"""Another system's books come in, a part at a time, and every report says what the files say: now, as of the end of each part, and until then."""
import datetime
import os
import re
import time

import retail_figures

PARTS_MAX = 4
REPORTS_SHOWN = (("sales", "--by", "month"), ("sales", "--by", "weekday"), ("sales", "--by", "country"), ("products", "--top", "5"), ("cohorts",), ("pairs", "--top", "5"))
PICTURES = (("sales", "--by", "month"), ("sales", "--by", "hour"), ("sales", "--by", "country"), ("products", "--top", "10"), ("cohorts",), ("pairs", "--top", "10"))


class Part:
    """How many rows were in when a part had come in, and how to ask about that moment."""

    def __init__(self, rows, positions, at):
        self.rows = rows
        self.positions = positions
        self.at = at


def now():
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


class Figures:
    def __init__(self, guide, files):
        self.guide = guide
        self.files = files
        self.rows = []
        self.parts = []
        self.slowest = {}

    def bring_in(self):
        self.guide.chapter(f"{len(self.files)} days of another system's books come in")
        count = min(PARTS_MAX, len(self.files))
        bounds = [len(self.files) * i // count for i in range(count + 1)]
        acknowledged = shown = 0.0
        for begin, end in zip(bounds, bounds[1:]):
            files = self.files[begin:end]
            self.rows += retail_figures.read(files)
            began = time.monotonic()
            self.import_files(files, lines=None if begin else 12)
            acknowledged += time.monotonic() - began
            self.guide.shop.wait_until("all rows in the views", lambda: sum(row["lines"] for row in self.guide.shop.get("/v1/reports/sales?by=country")["rows"]) == len(self.rows))
            shown += time.monotonic() - began
            self.parts.append(Part(len(self.rows), self.report("cohorts")[1], now()))
        print(f"    {len(self.rows)} rows of {len(self.files)} files in {count} parts: acknowledged in {acknowledged:.1f} s, in every report after {shown:.1f} s")
        again = self.import_files(self.files[-1:], lines=None)
        self.guide.equal((again["imported"], again["already there"]), (0, again["invoices"]), "the last day once more")

    def import_files(self, files, lines):
        words = ("import", "online-retail", *files, "--to", self.guide.url[1], "--errors", self.guide.path("errors.csv"))
        said = self.guide.json(*words, lines=None)
        counts = {item["what"].strip(): item["count"] for item in said}
        if lines is not None:
            print(f"$ granary import online-retail {os.path.basename(files[0])} ...{len(files) - 1} more --to http://SERVER")
            for item in said[:lines]:
                print(f"    {item['what']:<24}{item['count']:>8}")
        kinds = [sum(row.kind == kind for row in self.rows[-counts["rows read"]:]) for kind in ("sale", "cancel", "adjust", "zero")]
        self.guide.equal([counts[f"{kind} lines"] for kind in ("sale", "cancel", "adjust", "zero")], kinds, "kinds of lines")
        self.guide.equal(sum(kinds), counts["rows read"], "kinds of lines, added up")
        return counts

    def report(self, *arguments):
        """The report as CSV, and the positions that it answers for."""
        done = self.guide.shop.run("report", *arguments, *self.guide.data, "--format", "csv")
        positions = re.search(r"as of (\S+)", done.stderr)
        return (done.stdout, positions.group(1)) if done.returncode == 0 and positions else (done.stderr, "")

    def compare(self, what, rows, *moment):
        for arguments, expected in retail_figures.figures(rows).items():
            began = time.monotonic()
            told, _ = self.report(*arguments, *moment)
            self.slowest[what] = max(self.slowest.get(what, 0), time.monotonic() - began)
            if self.guide.expect(told == expected, f"report {' '.join(arguments)} {' '.join(moment)[:60]}"):
                continue
            for ours, theirs in [pair for pair in zip(expected.splitlines(), told.splitlines()) if pair[0] != pair[1]][:3]:
                print("    files  ", ours, "\n    granary", theirs)

    def reports(self):
        self.guide.chapter("Reports, compared with figures that were computed from the files by other means")
        for arguments in REPORTS_SHOWN:
            self.guide.run("report", *arguments, *self.guide.data)
        before = self.guide.checked
        self.compare("now", self.rows)
        for part in self.parts:
            self.compare("as of a position", self.rows[:part.rows], "--as-of", part.positions)
            self.compare("as of a time", self.rows[:part.rows], "--as-of", part.at)
            until = self.rows[part.rows - 1].at
            self.compare("until", [row for row in self.rows if row.at <= until], "--until", until.replace(" ", "T") + "Z")
            noon = until[:10] + " 12:00:00"
            self.compare("both", [row for row in self.rows[:part.rows] if row.at <= noon], "--as-of", part.positions, "--until", noon.replace(" ", "T") + "Z")
        print(f"    {self.guide.checked - before} reports compared; the slowest: " + ", ".join(f"{what} {took:.2f} s" for what, took in self.slowest.items()))

    def pictures(self):
        self.guide.chapter("The same as pictures")
        self.guide.run("report", "sales", "--by", "month", "--bars", *self.guide.data)
        self.guide.run("report", "sales", "--by", "month", "--spark", *self.guide.data, lines=11)
        for arguments in PICTURES:
            file = self.guide.path("-".join(word.strip("-") for word in arguments) + ".html")
            self.guide.run("report", *arguments, "--html", file, *self.guide.data, lines=1)
            with open(file, encoding="utf-8") as page:
                text = page.read()
            self.guide.expect(("<svg" in text or 'class="grid"' in text) and "</html>" in text, f"{file} is a page with a drawing")
            self.guide.equal(re.findall(r"(?:src|href)=|url\(|@import|<script", text), [], f"what {file} needs besides itself")
            told, _ = self.report(*arguments)
            cells = {cell for line in told.splitlines() for cell in line.split(",")}
            missing = [cell for cell in cells if cell and f">{cell}<" not in text and '"' not in cell]
            self.guide.equal(missing, [], f"figures that {file} lacks")
