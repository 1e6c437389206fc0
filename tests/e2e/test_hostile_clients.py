"""Clients that want to hurt: slow ones, mute ones, far too many, garbage in the pipeline, bodies that fill the memory."""
import contextlib
import os
import resource
import select
import socket
import time
import unittest

import raw_http
from kill_steps import unless_gone
from shop import SANITIZED, Shop

FULL = os.environ.get("GRANARY_FAULTS") == "full"
SLOW = 200
IDLE = 10_000
GREEDY = 1_500
GREEDY_BODY = (1 << 20) - 1
MUTE = 600
# What connections together may hold (limits.hpp), and room for the server's own ups and downs.
HELD_MIB = 256
SLACK_MIB = 1500 if SANITIZED else 256  # what allocators keep; without bounds it would be thousands


def memory_mib(shop):
    with open(f"/proc/{shop.process.pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) >> 10 for line in status if line.startswith("VmRSS"))


def handles(shop):
    return len(os.listdir(f"/proc/{shop.process.pid}/fd"))


def readable(clients, milliseconds):
    """Those that have something to read; select() can't count beyond 1,024."""
    poll = select.poll()
    by_handle = {client.fileno(): client for client in clients}
    for handle in by_handle:
        poll.register(handle, select.POLLIN)
    return {by_handle[handle] for handle, _ in poll.poll(milliseconds)}


class Crowd:
    """Many sockets that are closed together."""

    def __init__(self, shop):
        self.shop = shop
        self.sockets = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for client in self.sockets:
            with contextlib.suppress(OSError):
                client.close()

    def join(self):
        client = socket.create_connection(("127.0.0.1", self.shop.port), timeout=30)
        self.sockets.append(client)
        return client

    def send(self, client, data):
        """As much as the server takes without waiting; it may have closed."""
        client.setblocking(False)
        sent = 0
        with contextlib.suppress(BlockingIOError, ConnectionError):
            while sent < len(data):
                sent += client.send(data[sent:sent + (1 << 18)])
        return sent


class HostileClients(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        cls.shop = Shop("--partitions", "4", "--carrier-delay-ms", "10").__enter__()
        cls.shop.stock_up("nail", 1_000_000)

    @classmethod
    def tearDownClass(cls):
        cls.shop.__exit__()

    def serve_somebody(self):
        """A decent client still gets its order."""
        order = self.shop.place(("nail", 1))
        self.shop.wait_for_status(order, "DELIVERED")

    def wait_for_silence(self):
        self.shop.wait_until("the connections to be gone", lambda: handles(self.shop) < self.quiet_handles + 20)

    def setUp(self):
        self.serve_somebody()
        self.quiet_handles = handles(self.shop)

    def test_slow_headers_are_cut_off_and_others_served(self):
        with Crowd(self.shop) as crowd:
            for number in range(SLOW):
                client = crowd.join()
                client.sendall(b"GET /livez HTTP/1.1\r\n" if number % 2 else b"P")
            ended = 0
            while ended < SLOW:
                self.serve_somebody()
                for client in list(crowd.sockets):
                    with contextlib.suppress(OSError):
                        client.sendall(b"X-Slow: 1\r\n" if client.fileno() % 2 else b"X")
                ready = readable(crowd.sockets, 200)
                for client in ready:
                    with contextlib.suppress(ConnectionError):
                        self.assertIn(client.recv(4096)[9:12], (b"408", b"400", b"501", b""))
                    client.close()
                    ended += 1
                crowd.sockets = [client for client in crowd.sockets if client not in ready]
        self.wait_for_silence()

    @unittest.skipUnless(FULL, "tools/faults runs it: a body may take half a minute")
    def test_bodies_that_never_come_are_cut_off(self):
        with Crowd(self.shop) as crowd:
            head = raw_http.request("POST", "/v1/orders", self.shop.key(), None, "Content-Length: 100", "Content-Type: application/json", "Idempotency-Key: mute")
            for _ in range(SLOW):
                crowd.join().sendall(head + b"{")
            for client in crowd.sockets:
                client.settimeout(60)
                self.assertEqual(client.recv(4096)[9:12], b"408")
            self.serve_somebody()
        self.wait_for_silence()

    def test_half_closed_sockets_are_answered_and_closed(self):
        for raw in (b"", b"GET /li", b"POST /v1/orders HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc"):
            with raw_http.connect(self.shop.port) as client:
                client.sendall(raw)
                client.shutdown(socket.SHUT_WR)
                self.assertEqual(client.recv(4096), b"", raw)
        answer = raw_http.ask(self.shop.port, raw_http.request("GET", "/livez"), finish=True)
        self.assertEqual(answer.status, 200)
        self.wait_for_silence()

    def test_garbage_behind_good_requests_is_refused_once_and_closed(self):
        good = raw_http.request("GET", "/livez")
        for garbage in (b"\x00\xff\xfe" * 1000 + b"\r\n", b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, gzip\r\n\r\n", b"}{" * 20_000):
            with raw_http.connect(self.shop.port) as client, client.makefile("rb") as stream:
                client.sendall(good * 20 + garbage)
                answers = [raw_http.read_answer(stream) for _ in range(21)]
                self.assertEqual([a.status for a in answers[:20]], [200] * 20)
                self.assertGreaterEqual(answers[20].status, 400)
                self.assertIsNone(raw_http.read_answer(stream))
        self.serve_somebody()

    def test_ten_thousand_connections_that_say_nothing(self):
        before = memory_mib(self.shop)
        for _ in range(3 if FULL else 1):
            with Crowd(self.shop) as crowd:
                for _ in range(IDLE):
                    with contextlib.suppress(OSError):
                        crowd.join()
                self.assertLess(memory_mib(self.shop), before + SLACK_MIB)
                # Who has something to say, and asks again when told to, finds a place: the mute ones have to go.
                body = self.shop.order_body(("nail", 1))
                placed = lambda: unless_gone(lambda: self.shop.call("POST", "/v1/orders", body, idempotency_key="through the crowd").status == 201)
                self.shop.wait_until("an order to be taken", placed)
            self.wait_for_silence()
            self.serve_somebody()
        self.assertLess(memory_mib(self.shop), before + SLACK_MIB)

    def test_bodies_that_are_almost_sent_fill_no_memory(self):
        before = memory_mib(self.shop)
        head = raw_http.request("POST", "/v1/orders", None, None, f"Content-Length: {GREEDY_BODY + 1}", "Content-Type: application/json", "Idempotency-Key: greed")
        body = head + b" " * GREEDY_BODY
        for _ in range(2):
            peak = 0
            with Crowd(self.shop) as crowd:
                left = {crowd.join(): 0 for _ in range(GREEDY)}
                deadline = time.monotonic() + 20
                while left and time.monotonic() < deadline:
                    for client in list(left):
                        sent = crowd.send(client, body[left[client]:left[client] + (1 << 18)])
                        left[client] += sent
                        if left[client] >= len(body) or self.was_refused(client):
                            del left[client]
                    peak = max(peak, memory_mib(self.shop))
                self.assertLess(peak, before + HELD_MIB + SLACK_MIB)
            self.wait_for_silence()
            self.serve_somebody()

    def was_refused(self, client):
        if not readable([client], 0):
            return False
        with contextlib.suppress(BlockingIOError):
            try:
                return client.recv(12)[9:12] in (b"503", b"")
            except ConnectionError:
                return True
        return False

    def test_answers_that_nobody_takes_fill_no_memory(self):
        before = memory_mib(self.shop)
        ask = raw_http.request("GET", "/openapi.json") * 200
        with Crowd(self.shop) as crowd:
            for _ in range(MUTE):
                client = crowd.join()
                client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                crowd.send(client, ask)
            self.serve_somebody()
            self.assertLess(memory_mib(self.shop), before + HELD_MIB + SLACK_MIB)
        self.wait_for_silence()
        self.serve_somebody()


if __name__ == "__main__":
    unittest.main()
