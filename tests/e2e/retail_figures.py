"""The figures of every report, worked out a second time, straight from the CSV files, by other means than the program's.

usage: retail_figures.py BINARY DATA FILE...     compares every report on the views in DATA with the figures of the files

The files are Online Retail's. `figures(rows)` gives each report as the CSV that the program must print.
"""
import collections
import csv
import datetime
import decimal
import io
import itertools
import re
import subprocess
import sys
from decimal import Decimal

PRODUCT = re.compile(r"^[0-9]{5}[A-Za-z]*$")
SALES_COLUMNS = "lines,sale_lines,orders,customers,units_sold,gross,cancel_invoices,cancelled,net,all_lines"
PRODUCT_COLUMNS = "stock_code,units_sold,units_cancelled,net_units,gross,cancelled,net,orders"
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
TOP = 25


class Row:
    def __init__(self, fields):
        self.invoice = fields["InvoiceNo"]
        self.code = fields["StockCode"]
        self.quantity = int(fields["Quantity"])
        self.at = fields["InvoiceDate"]
        self.price = Decimal(fields["UnitPrice"])
        self.customer = fields["CustomerID"].removesuffix(".0")
        self.country = fields["Country"]
        self.fields = tuple(fields.values())
        self.amount = self.quantity * self.price
        self.is_sale = re.fullmatch("[0-9]+", self.invoice) is not None and self.quantity > 0 and self.price > 0
        self.is_cancel = self.invoice[0] == "C"
        self.is_adjust = self.invoice[0] == "A"

    @property
    def kind(self):
        return "sale" if self.is_sale else "cancel" if self.is_cancel else "adjust" if self.is_adjust else "zero"


def read(paths):
    rows = []
    for path in paths:
        with open(path, newline="", encoding="utf-8") as file:
            rows += [Row(fields) for fields in csv.DictReader(file)]
    return rows


def money(amount):
    return f"{amount:.3f}"


def ratio(numerator, denominator):
    with decimal.localcontext() as context:
        context.prec = 60
        return str((Decimal(numerator) / Decimal(denominator)).quantize(Decimal("0.000001"), rounding=decimal.ROUND_HALF_UP))


def grouped(rows, key):
    groups = collections.defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return groups


def sums(rows):
    sales = [r for r in rows if r.is_sale]
    cancels = [r for r in rows if r.is_cancel]
    gross, cancelled = sum((r.amount for r in sales), Decimal(0)), sum((r.amount for r in cancels), Decimal(0))
    return sales, cancels, gross, cancelled


def sales_by(rows, key, name, order=None):
    out = [[name, *SALES_COLUMNS.split(",")]]
    groups = grouped(rows, key)
    for group in sorted(groups, key=order):
        sales, cancels, gross, cancelled = sums(groups[group])
        out.append([group, len(groups[group]), len(sales), len({r.invoice for r in sales}), len({r.customer for r in sales} - {""}), sum(r.quantity for r in sales), money(gross),
                    len({r.invoice for r in cancels}), money(cancelled), money(gross + cancelled), money(sum(r.amount for r in groups[group]))])
    return out


def products(rows):
    out = []
    for code, some in sorted(grouped(rows, lambda r: r.code).items()):
        sales, cancels, gross, cancelled = sums(some)
        sold, back = sum(r.quantity for r in sales), sum(r.quantity for r in cancels)
        out.append((gross, [code, sold, back, sold + back, money(gross), money(cancelled), money(gross + cancelled), len({r.invoice for r in sales})]))
    return out


def customers(rows):
    out = ["customer,orders,cancel_invoices,units_sold,gross,cancelled,net,first_order,last_order".split(",")]
    for customer, some in sorted(grouped(rows, lambda r: r.customer).items()):
        sales, cancels, gross, cancelled = sums(some)
        days = [r.at[:10] for r in sales] or [""]
        if customer:
            out.append([customer, len({r.invoice for r in sales}), len({r.invoice for r in cancels}), sum(r.quantity for r in sales), money(gross), money(cancelled), money(gross + cancelled),
                        min(days), max(days)])
    return out


def cohorts(rows):
    months = collections.defaultdict(set)
    for row in rows:
        if row.is_sale and row.customer:
            months[row.customer].add(row.at[:7])
    counts = collections.Counter((min(active), month) for active in months.values() for month in active)
    return [["first_order_month", "active_month", "customers"], *([first, month, count] for (first, month), count in sorted(counts.items()))]


def pairs(rows, top):
    orders = grouped([r for r in rows if r.is_sale], lambda r: r.invoice)
    single, together = collections.Counter(), collections.Counter()
    for some in orders.values():
        codes = sorted({r.code for r in some if PRODUCT.match(r.code)})
        single.update(codes)
        together.update(itertools.combinations(codes, 2))
    out = ["rank,a,b,count,count_a,count_b,support,conf_a_to_b,conf_b_to_a,lift".split(",")]
    for rank, ((a, b), count) in enumerate(sorted(together.items(), key=lambda item: (-item[1], item[0]))[:top], 1):
        out.append([rank, a, b, count, single[a], single[b], ratio(count, len(orders)), ratio(count, single[a]), ratio(count, single[b]), ratio(count * len(orders), single[a] * single[b])])
    return out


def text(table):
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(table)
    return out.getvalue()


def weekday(row):
    return WEEKDAYS[datetime.date.fromisoformat(row.at[:10]).weekday()]


def figures(rows):
    """The arguments of `granary report` -> what it prints as CSV."""
    of_products = products(rows)
    best = sorted(of_products, key=lambda item: (-item[0], item[1][0]))[:TOP]
    header = PRODUCT_COLUMNS.split(",")
    found = {
        ("sales", "--by", "day"): sales_by(rows, lambda r: r.at[:10], "day"),
        ("sales", "--by", "month"): sales_by(rows, lambda r: r.at[:7], "month"),
        ("sales", "--by", "hour"): sales_by(rows, lambda r: r.at[11:13], "hour"),
        ("sales", "--by", "weekday"): sales_by(rows, weekday, "weekday", WEEKDAYS.index),
        ("sales", "--by", "country"): sales_by(rows, lambda r: r.country, "country"),
        ("sales", "--by", "product"): [header, *(cells for _, cells in of_products)],
        ("sales", "--by", "customer"): customers(rows),
        ("products", "--top", str(TOP)): [header, *(cells for _, cells in best)],
        ("cohorts",): cohorts(rows),
        ("pairs", "--top", str(TOP)): pairs(rows, TOP),
    }
    return {arguments: text(table) for arguments, table in found.items()}


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    rows = read(sys.argv[3:])
    print(f"{len(rows)} rows", dict(collections.Counter(row.kind for row in rows)))
    wrong = 0
    for arguments, expected in figures(rows).items():
        done = subprocess.run([sys.argv[1], "report", *arguments, "--data", sys.argv[2], "--format", "csv"], capture_output=True, text=True, check=False)
        same = done.returncode == 0 and done.stdout == expected
        wrong += not same
        print("same " if same else "OTHER", " ".join(arguments), f"({expected.count(chr(10)) - 1} rows)", "" if done.returncode == 0 else done.stderr)
        for ours, theirs in itertools.islice(((a, b) for a, b in zip(expected.splitlines(), done.stdout.splitlines()) if a != b), 3):
            print("   files  ", ours, "\n   granary", theirs)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
