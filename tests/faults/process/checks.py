"""What must hold after a fault, once the script has been gone on with to its end: cheap checks for each time, and all of them for some."""
import unittest

import books
from shop import END_STATES

TEST = unittest.TestCase()
TEST.maxDiff = None
RECEIVED = {"a": 10, "b": 10}
ORDERS = {"first": {"a": 1, "b": 2}, "declined": {"a": 1}, "second": {"b": 1}, "cancelled": {"a": 2}}
ENDS = {"first": {"DELIVERED"}, "declined": {"FAILED"}, "second": {"DELIVERED"}, "cancelled": {"DELIVERED"}}


def check_told(script, before):
    """What was told before the fault is told again, word for word, under the same keys. `before`: steps and what was told."""
    asked = {"product-a": ("/v1/products", script.product("a")), "product-b": ("/v1/products", script.product("b")),
             "stock-a": ("/v1/stock/receipts", script.receipt("a")), "stock-b": ("/v1/stock/receipts", script.receipt("b"))}
    for step, (path, body) in asked.items():
        if step in before:
            script.step = step
            TEST.assertEqual(script.make(path, body)["position"], before[step]["position"], step)
    for step, lines in ORDERS.items():
        if step in before:
            script.step = step
            again = script.order(*lines.items(), token="tok_decline" if step == "declined" else "tok_accept")
            TEST.assertEqual(again, before[step], f"{step}, asked again")
    if "refund" in before:
        script.step = "refund"
        TEST.assertEqual(script.refund(), before["refund"], "refund, asked again")
    if "cancel" in before:
        script.step = "cancel"
        TEST.assertEqual(script.cancel(), before["cancel"], "cancel, asked again")


def ends_of(script, name):
    """A cancellation that was accepted is kept, and one that was refused leaves the order to be delivered."""
    return {"CANCELLED"} if name == "cancelled" and script.journal["cancel"]["status"] == 200 else ENDS[name]


def check_books(script):
    """Each order once, with its end; no piece and no penny too many or too few. Everything is at rest."""
    shop = script.shop
    found = {order["id"]: order for order in shop.orders()}
    TEST.assertEqual(set(found), {script.journal[name]["id"] for name in ORDERS}, "as many orders as keys")
    sold = dict.fromkeys(RECEIVED, 0)
    for name, lines in ORDERS.items():
        status = found[script.journal[name]["id"]]["status"]
        TEST.assertIn(status, ends_of(script, name) & END_STATES, name)
        for sku, quantity in lines.items():
            sold[sku] += quantity if status == "DELIVERED" else 0
    books.check_stock(TEST, shop, RECEIVED, sold)
    books.check_money(TEST, shop, list(found.values()))


def check_everything(script):
    """The chain, the views and the sagas against ones made afresh, the auditor, and what was signed. Everything is at rest."""
    shop = script.shop
    books.check_history(TEST, shop)
    told = [(what["position"], what["id"]) for step, what in script.journal.told.items() if step in ORDERS]
    books.check_audit(TEST, shop, acknowledged=told)
    key = shop.run("proof", "key", "--data", shop.data).stdout.strip()
    for file in (script.checkpoint, script.witness):
        verified = shop.run("proof", "verify", file, "--key", key)
        TEST.assertEqual(verified.returncode, 0, verified.stdout[-2000:] + verified.stderr[-2000:])
