"""The whole audit: an export in, findings out."""
from pathlib import Path

from . import erasure, export, flat, orders, payments, privacy, rest, stock, streams
from .findings import Findings

SCHEMAS = Path(__file__).resolve().parents[2] / "schemas"


class Books:
    """Everything that the log says is so, folded here."""

    def __init__(self, findings):
        self.stock = stock.Fold(findings)
        self.payments = payments.Fold(findings)
        self.orders = orders.Fold(self.payments, findings)
        self.sagas = rest.Sagas(findings)
        self.erasure = erasure.Fold(findings)
        self.products = {}  # SKU -> (name, ten-thousandths, currency, retired)
        self.heads = {}     # partition -> offset of its last record that counts

    def take(self, event):
        kind = event.commit.kind
        if kind == "stock":
            self.stock.take(event)
        elif kind == "payment":
            self.payments.take(event)
        elif kind == "order":
            self.orders.take(event)
            self.erasure.take_order(event)
        elif kind == "customer":
            self.erasure.take_customer(event)
        elif kind == "customer_erasure":
            self.erasure.take_saga(event)
        elif kind == "shipment":
            self.orders.take_shipment(event)
        elif kind == "order_fulfilment":
            self.sagas.take(event)
        elif event.name in ("ProductCreated", "ProductUpdated"):
            self.products[event["sku"]] = (event["name"], *event["unit_price"], False)
        elif event.name == "ProductRetired":
            self.products[event["sku"]] = (*self.products[event["sku"]][:3], True)


def audit(lines, at_rest=False, acknowledged=(), book=None, findings=None):
    """Reads an export; what holds at rest only is checked when `at_rest`. `acknowledged`: (position, id) of what clients were told is
    there. `book`: the payment provider's own. Returns the books and the findings."""
    findings = Findings() if findings is None else findings
    log = export.read(lines, flat.Schemas(SCHEMAS), findings)
    books = Books(findings)
    books.heads = log.heads
    born = streams.check(log, findings)
    for event in log.events():
        if not event.misplaced:
            books.take(event)
    privacy.check(log, findings)
    books.erasure.check_sealed(log)
    if at_rest:
        streams.check_causes(log, born, findings)
        rest.Rest(books, findings).check()
        books.erasure.check_rest()
    check_acknowledged(log, acknowledged, findings)
    if book is not None:
        payments.check_book(books.payments.payments, book, findings)
    findings.count("commits", len(log.commits))
    return books, findings


def check_acknowledged(log, acknowledged, findings):
    """Every answer that a client got names a commit that counts, of the aggregate that it was about."""
    places = {}
    if acknowledged:
        places = {commit.where: commit for commit in log.commits}
    for position, name in acknowledged:
        commit = places.get(position)
        if findings.expect(commit is not None, "acknowledged", position, f"{name} was acknowledged, and no commit that counts stands there"):
            findings.expect(name is None or commit.key == name, "acknowledged", position, lambda: f"{name} was acknowledged, {commit.key} stands there")
