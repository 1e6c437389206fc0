"""Views of a past moment in a folder of their own, and files for other tools that add up to what the reports say."""
import csv
import json
import sqlite3

import retail_figures


class Past:
    def __init__(self, guide, figures):
        self.guide = guide
        self.figures = figures

    def views(self):
        self.guide.chapter("Views of a past moment, without log or server")
        folder = self.guide.path("then")
        part = self.figures.parts[0]
        self.guide.run("projection", "build", "invoices", "orders", "stock", "--as-of", part.positions, "--out", folder, *self.guide.data)
        expected = retail_figures.figures(self.figures.rows[:part.rows])[("sales", "--by", "month")]
        told = self.guide.run("report", "sales", "--by", "month", "--view-dir", folder, "--format", "csv")
        self.guide.equal(told, expected, "sales by month of then")
        self.guide.equal(self.guide.run("export", "orders", "--view-dir", folder, "--format", "csv", lines=1).count("\n"), 1, "orders before the first one: the line of names")

    def files(self):
        self.guide.chapter("Files for other tools")
        rows = self.figures.rows
        database = self.guide.path("invoices.db")
        self.guide.run("export", "invoices", "--format", "sqlite", "--out", database, *self.guide.data, lines=2)
        question = "SELECT count(*), sum(quantity * unit_price_ten_thousandths) FROM invoices WHERE kind = 'sale'"
        with sqlite3.connect(database) as tables:
            found = tables.execute(question).fetchone()
        print(f"$ sqlite3 invoices.db \"{question}\"\n    {found[0]}|{found[1]}")
        sales = [row for row in rows if row.is_sale]
        self.guide.equal(found, (len(sales), int(sum(row.amount for row in sales) * 10_000)), "sale lines and what they come to, in SQLite")
        self.then()
        events = self.guide.path("events.csv")
        self.guide.run("export", "events", "--format", "csv", "--out", events, *self.guide.data, lines=2)
        with open(events, encoding="utf-8", newline="") as text:
            csv.field_size_limit(1 << 30)
            imported = sum(row["name"] == "invoice_imported" for row in csv.DictReader(text))
        self.guide.equal(imported, len({row.invoice for row in rows}), "imported invoices among the events")
        for view in ("orders", "customer_orders", "orders_by_status", "order_timeline", "payments", "products", "stock", "customers", "sales", "access_log"):
            self.guide.run("export", view, "--format", "ndjson", *self.guide.data, lines=1)

    def then(self):
        part = self.figures.parts[0]
        file = self.guide.path("then.ndjson")
        self.guide.run("export", "invoices", "--as-of", part.positions, "--format", "ndjson", "--out", file, *self.guide.data, lines=2)
        with open(file, encoding="utf-8") as text:
            lines = sorted((line["number"], line["stock_code"], line["quantity"]) for line in map(json.loads, text))
        self.guide.equal(lines, sorted((row.invoice, row.code, row.quantity) for row in self.figures.rows[:part.rows]), "lines of invoices of then")
