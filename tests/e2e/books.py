"""The books of a shop at rest: stock, payments, sagas and the provider's own book must agree to the last penny."""
import json
import os
import sys
import urllib.error
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))

from auditor import api  # noqa: E402
from auditor.audit import audit  # noqa: E402

BROUGHT_UP_MAX = 300  # of the newest orders, which are all partitions' worth of them
END_STATES = {"DELIVERED", "FAILED", "CANCELLED"}


def listening_ports(pid):
    """Ports of loopback that this process listens at, by its handles."""
    inodes = set()
    for handle in os.listdir(f"/proc/{pid}/fd"):
        try:
            target = os.readlink(f"/proc/{pid}/fd/{handle}")
        except OSError:
            continue
        if target.startswith("socket:["):
            inodes.add(target[8:-1])
    ports = []
    with open(f"/proc/{pid}/net/tcp") as table:
        for line in list(table)[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in inodes:
                ports.append(int(fields[1].rsplit(":", 1)[1], 16))
    return ports


def providers_book(shop):
    """{payment id: entry} as the house payment provider keeps it, asked at its own socket."""
    for port in listening_ports(shop.process.pid):
        if port == shop.port:
            continue
        book, cursor = {}, ""
        try:
            while cursor is not None:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/book?cursor={cursor}", timeout=10) as answer:
                    page = json.loads(answer.read())
                book.update({entry["payment_id"]: entry for entry in page["data"]})
                cursor = page.get("next_cursor")
        except urllib.error.HTTPError:
            continue  # the carrier, which keeps no such book
        return book
    raise AssertionError("no provider listens")


def captured_less_refunded(entry):
    return (entry["amount"]["amount"] if entry["status"] == "captured" else 0) - entry.get("refunded", {"amount": 0})["amount"]


def check_money(test, shop, orders):
    """Every payment that we know is in the provider's book with the same end, and no money is held or owed beyond them."""
    book = providers_book(shop)
    net = 0
    for order in orders:
        settled, refunded = 0, 0
        for payment in shop.get(f"/v1/orders/{order['id']}/payments?limit=100")["data"]:
            test.assertNotIn(payment["status"], ("pending", "authorized", "capturing", "voiding"), payment)
            entry = book.pop(payment["id"], None)
            if entry is None:
                test.assertNotEqual(payment["status"], "captured", payment)
                continue
            back = sum(refund["amount"]["amount"] for refund in payment["refunds"] if refund["status"] == "refunded")
            ours = (payment.get("captured") or {"amount": 0})["amount"] - back
            test.assertEqual(ours, captured_less_refunded(entry), (payment, entry))
            settled += ours
            refunded += back
        kept = order["total"]["amount"] - refunded if order["status"] == "DELIVERED" else 0
        test.assertEqual(settled, kept, order)
        net += settled
    test.assertEqual({e["payment_id"]: e for e in book.values() if e["status"] not in ("declined", "voided")}, {}, "money that we know nothing of")
    return net


def check_stock(test, shop, received, sold):
    for sku, quantity in received.items():
        stock = shop.stock(sku)
        test.assertEqual((stock["on_hand"], stock["reserved"], stock["sold"]), (quantity - sold.get(sku, 0), 0, sold.get(sku, 0)), sku)


def sagas_at_rest(shop):
    return not shop.get("/admin/v1/sagas?limit=100")["data"]


def check_at_rest(test, shop, received, sold):
    """All orders have ended: waits until their sagas have, too, and compares all books. Returns the orders."""
    # The list is of what the sagas have folded, which may be a moment behind; who is asked for by name is brought up to the log first.
    for order in shop.orders()[:BROUGHT_UP_MAX]:
        shop.get(f"/admin/v1/sagas/{order['id']}")
    shop.wait_until("every saga to end", lambda: sagas_at_rest(shop))
    orders = shop.orders()
    test.assertTrue(all(order["status"] in END_STATES for order in orders))
    book = providers_book(shop)
    test.assertEqual({e["status"] for e in book.values()} - {"captured", "declined", "voided"}, set(), "authorizations left over")
    check_money(test, shop, orders)
    check_stock(test, shop, received, sold)
    check_audit(test, shop)
    return orders


def check_history(test, shop):
    """The chain verifies, every view equals one that is made afresh from the log, and every saga did what this program would do."""
    for verb in (("log", "verify"), ("projection", "verify", "--all"), ("saga", "replay", "--all")):
        done = shop.run(*verb, "--data", shop.data)
        test.assertEqual(done.returncode, 0, done.stdout[-2000:] + done.stderr[-2000:])


def check_audit(test, shop, acknowledged=()):
    """The independent auditor, by its own reading of the log's bytes, finds nothing wrong with log, provider's book and answers. The shop is at rest."""
    done = shop.run("log", "export", "--raw", "--data", shop.data)
    test.assertEqual(done.returncode, 0, done.stderr[-2000:])
    book = {name: {"status": entry["status"], "amount": entry["amount"]["amount"], "refunded": entry.get("refunded", {"amount": 0})["amount"]}
            for name, entry in providers_book(shop).items()}
    found, findings = audit(done.stdout.splitlines(), at_rest=True, acknowledged=acknowledged, book=book)
    api.check(found, f"http://127.0.0.1:{shop.port}", shop.key(), findings)
    test.assertTrue(findings.sound, str(findings))
    for family in ("chain", "decoding", "streams", "stock", "orders", "sagas", "api"):
        test.assertGreater(findings.checked.get(family, 0), 0, f"the auditor looked at nothing of {family}")
    return done.stdout.splitlines(), found
