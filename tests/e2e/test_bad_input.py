"""Every kind of bad input through a real socket: its status, its code, its pointer, and no trace in the shop."""
import json
import unittest

import raw_http
from shop import Shop


def order(lines, **more):
    return json.dumps({"lines": lines, "country": "GB", **more}).encode()


GOOD_LINE = {"sku": "egg", "quantity": 1}
LIMIT = 1 << 20


def line(text):
    return b'{"lines":[' + text + b'],"country":"GB"}'


BODIES = [
    ("empty", b"", 415, "unsupported_media_type", None),
    ("cut off", b'{"lines":', 400, "malformed_json", None),
    ("trailing text", order([GOOD_LINE]) + b"x", 400, "malformed_json", None),
    ("two values", order([GOOD_LINE]) * 2, 400, "malformed_json", None),
    ("deep", b"[" * 100_000 + b"]" * 100_000, 400, "malformed_json", None),
    ("deep in a field", line(b'{"sku":"egg","quantity":' + b'{"a":' * 40 + b"1" + b"}" * 41), 400, "malformed_json", None),
    ("many values", b"[" + b"1," * 100_000 + b"1]", 400, "malformed_json", None),
    ("not UTF-8", line(b'{"sku":"\xff\xfe","quantity":1}'), 400, "malformed_json", None),
    ("a lone surrogate", line(b'{"sku":"\\ud800","quantity":1}'), 400, "malformed_json", None),
    ("UTF-16", order([GOOD_LINE]).decode().encode("utf-16"), 400, "malformed_json", None),
    ("NaN", line(b'{"sku":"egg","quantity":NaN}'), 400, "malformed_json", None),
    ("duplicate key", line(b'{"sku":"egg","quantity":1,"quantity":2}'), 400, "duplicate_field", ["/lines/0/quantity"]),
    ("duplicate key by escape", line(b'{"sku":"egg","quantity":1,"quantit\\u0079":2}'), 400, "duplicate_field", ["/lines/0/quantity"]),
    ("unknown field", order([GOOD_LINE], colour="red"), 400, "invalid_body", ["/colour"]),
    ("wrong type", order({"sku": "egg"}), 400, "invalid_body", ["/lines"]),
    ("null", order([{"sku": None, "quantity": 1}]), 400, "invalid_body", ["/lines/0/sku"]),
    ("quantity as text", order([{"sku": "egg", "quantity": "1"}]), 400, "invalid_body", ["/lines/0/quantity"]),
    ("quantity as a fraction", order([{"sku": "egg", "quantity": 1.5}]), 400, "invalid_body", ["/lines/0/quantity"]),
    ("negative quantity", order([GOOD_LINE, {"sku": "egg", "quantity": -1}]), 422, "invalid", ["/lines/1/quantity"]),
    ("zero quantity", order([{"sku": "egg", "quantity": 0}]), 422, "invalid", ["/lines/0/quantity"]),
    ("quantity beyond 64 bits", line(b'{"sku":"egg","quantity":18446744073709551617}'), 400, "invalid_body", ["/lines/0/quantity"]),
    ("quantity with an exponent", line(b'{"sku":"egg","quantity":1e400}'), 400, None, None),
    ("sum that overflows", order([{"sku": "egg", "quantity": 10_000_000, "unit_price": {"amount": "99999999", "currency": "GBP"}}]), 422, "limit_exceeded", ["/lines/0"]),
    ("no lines", order([]), 422, "invalid", ["/lines"]),
    ("2,001 lines", order([GOOD_LINE] * 2001), 422, "invalid", ["/lines"]),
    ("unknown SKU", order([GOOD_LINE, {"sku": "unicorn", "quantity": 1}]), 422, "unknown_product", ["/lines/1/sku"]),
    ("unknown currency", order([{**GOOD_LINE, "unit_price": {"amount": "1", "currency": "XQQ"}}]), 422, "invalid", ["/lines/0/unit_price/currency"]),
    ("other currency", order([GOOD_LINE, {**GOOD_LINE, "unit_price": {"amount": "1", "currency": "EUR"}}]), 422, "currency_mismatch", ["/lines/1/unit_price"]),
    ("card number", order([GOOD_LINE], note="4242 4242 4242 4242"), 422, "card_number", ["/note"]),
]

# name, raw request, status, code: what the strict front refuses before any route sees it.
FRONT = [
    ("garbage", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 50 + b"\r\n\r\n", 400, None),
    ("bare line feeds", b"GET /livez HTTP/1.1\nHost: a\n\n", 400, "bare_line_feed"),
    ("no version", b"GET /livez\r\n\r\n", 400, "bad_request_line"),
    ("unknown method", b"BREW /livez HTTP/1.1\r\nHost: a\r\n\r\n", 501, "unknown_method"),
    ("HTTP/2 preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", None, None),
    ("other version", b"GET /livez HTTP/3.7\r\nHost: a\r\n\r\n", 505, "unsupported_version"),
    ("no host", b"GET /livez HTTP/1.1\r\n\r\n", 400, "no_host"),
    ("two hosts", b"GET /livez HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400, "repeated_field"),
    ("long target", b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414, "target_too_long"),
    ("large header", b"GET /livez HTTP/1.1\r\nHost: a\r\nX-A: " + b"a" * 20_000 + b"\r\n\r\n", 431, "header_too_large"),
    ("endless header", b"GET /livez HTTP/1.1\r\nHost: a\r\nX-A: " + b"a" * 5_000_000, 431, "header_too_large"),
    ("many fields", b"GET /livez HTTP/1.1\r\nHost: a\r\n" + b"X-A: a\r\n" * 200 + b"\r\n", 431, "too_many_headers"),
    ("folded field", b"GET /livez HTTP/1.1\r\nHost: a\r\nX-A: a\r\n b\r\n\r\n", 400, "folded_field"),
    ("space before the colon", b"GET /livez HTTP/1.1\r\nHost : a\r\n\r\n", 400, "bad_field"),
    ("NUL", b"GET /livez HTTP/1.1\r\nHost: a\r\nX-A: \0\r\n\r\n", 400, "bad_field"),
    ("two lengths", b"POST /v1/orders HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!", 400, None),
    ("length and chunks", b"POST /v1/orders HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, "bad_framing"),
    ("unknown coding", b"POST /v1/orders HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", None, None),
    ("negative length", b"POST /v1/orders HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n", 400, "bad_framing"),
    ("length too long", b"POST /v1/orders HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n", None, None),
    ("order over 1 MiB", b"POST /v1/orders HTTP/1.1\r\nHost: a\r\nContent-Length: 1048577\r\n\r\n", 413, "body_too_large"),
    ("product over 64 KiB", b"POST /v1/products HTTP/1.1\r\nHost: a\r\nContent-Length: 65537\r\n\r\n", 413, "body_too_large"),
    ("bad chunk", b"POST /v1/orders HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400, None),
    ("chunks over 1 MiB", b"POST /v1/orders HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n200000\r\n", 413, "body_too_large"),
    ("climbing path", b"GET /v1/../../etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad_target"),
    ("climbing path, escaped", b"GET /v1/%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad_target"),
    ("NUL in the path", b"GET /v1/products/%00 HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad_target"),
    ("unknown expectation", b"GET /livez HTTP/1.1\r\nHost: a\r\nExpect: miracles\r\n\r\n", 417, "unknown_expectation"),
]


class BadInput(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.shop = Shop("--partitions", "4", "--carrier-delay-ms", "10").__enter__()
        cls.shop.stock_up("egg", 1000)

    @classmethod
    def tearDownClass(cls):
        cls.shop.__exit__()

    def check(self, answer, status, code, pointers=None):
        self.assertIsNotNone(answer, "an answer")
        if status is None:
            self.assertGreaterEqual(answer.status, 400)
        else:
            self.assertEqual(answer.status, status, answer.body)
        self.assertEqual(answer.headers["content-type"], "application/problem+json")
        # Any four digits may stand in a trace id.
        self.assertNotIn(b"4242 4242", answer.body)
        if code is not None:
            self.assertEqual(answer.code, code)
        if pointers is not None:
            self.assertEqual(answer.pointers, pointers)

    def post(self, body, *fields, target="/v1/orders", key="some-key"):
        more = [f"Idempotency-Key: {key}", *fields]
        return raw_http.ask(self.shop.port, raw_http.request("POST", target, self.shop.key(), body or None, *more))

    def test_bodies(self):
        before = len(self.shop.orders())
        for name, body, status, code, pointers in BODIES:
            with self.subTest(name):
                self.check(self.post(body), status, code, pointers)
        self.assertEqual(len(self.shop.orders()), before)
        self.assertEqual(self.shop.stock("egg")["reserved"], 0)

    def test_the_front(self):
        for name, raw, status, code in FRONT:
            with self.subTest(name):
                self.check(raw_http.ask(self.shop.port, raw), status, code)
        self.assertEqual(self.shop.call("GET", "/livez").status, 200)

    def test_around_the_body(self):
        shop, good = self.shop, order([GOOD_LINE])
        bare = raw_http.request("POST", "/v1/orders", shop.key(), good)
        self.check(raw_http.ask(shop.port, bare), 400, "idempotency_key_required")
        self.check(self.post(good, key="k" * 256), 400, "invalid_header")
        self.check(self.post(good, "Accept: text/html"), 406, "not_acceptable")
        self.check(self.post(good, target="/v1/orders?colour=red"), 400, "unknown_parameter")
        self.check(self.post(good, target="/v1/nothing"), 404, "not_found")
        self.check(raw_http.ask(shop.port, raw_http.request("GET", "/v1/orders")), 401, "unauthenticated")
        self.check(raw_http.ask(shop.port, raw_http.request("GET", "/v1/orders", "made-up")), 401, "unauthenticated")
        self.check(raw_http.ask(shop.port, raw_http.request("DELETE", "/v1/orders", shop.key())), 405, "method_not_allowed")
        self.check(raw_http.ask(shop.port, raw_http.request("GET", "/v1/orders/ord_" + "0" * 32, shop.key())), 404, "not_found")
        self.check(raw_http.ask(shop.port, raw_http.request("GET", "/v1/orders?cursor=made-up", shop.key())), 400, "invalid_parameter")

    def test_state_version_and_key(self):
        shop = self.shop
        placed = shop.place(("egg", 1), idempotency_key="taken-key")
        self.check(self.post(order([{"sku": "egg", "quantity": 2}]), key="taken-key"), 422, "key_reused")
        shop.wait_for_status(placed, "DELIVERED")
        self.check(self.post(None, target=f"/v1/orders/{placed}/cancel", key="too-late"), 409, "illegal_transition")
        status = f"/v1/orders/{placed}/status"
        cancelled = b'{"status":"CANCELLED"}'
        ask = lambda *fields: raw_http.ask(shop.port, raw_http.request("PUT", status, shop.key(), cancelled, *fields))
        self.check(ask(), 428, "precondition_required")
        self.check(ask('If-Match: "1-0"'), 412, "stale_version")
        etag = shop.call("GET", f"/v1/orders/{placed}").headers["etag"]
        self.check(ask(f"If-Match: {etag}"), 409, "illegal_transition")
        too_much = {"order": placed, "amount": {"amount": 10_000_000, "currency": "GBP"}}
        self.check(self.post(json.dumps(too_much).encode(), target="/v1/payment/refund", key="greed"), 422, "amount_exceeded")
        other = {"order": placed, "amount": {"amount": 1, "currency": "EUR"}}
        self.check(self.post(json.dumps(other).encode(), target="/v1/payment/refund", key="money-changer"), 422, "currency_mismatch")


if __name__ == "__main__":
    unittest.main()
