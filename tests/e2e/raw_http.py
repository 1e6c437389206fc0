"""Bytes to and from a socket of the server, as no decent client would send them."""
import json
import socket


def connect(port, timeout=20):
    return socket.create_connection(("127.0.0.1", port), timeout=timeout)


class Answer:
    def __init__(self, head, body):
        lines = head.decode("latin-1").split("\r\n")
        self.status = int(lines[0].split(" ")[1])
        self.headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            self.headers[name.strip().lower()] = value.strip()
        self.body = body

    @property
    def code(self):
        return json.loads(self.body)["code"]

    @property
    def pointers(self):
        return [error["pointer"] for error in json.loads(self.body).get("errors", [])]


def read_answer(stream):
    """The next answer; None when the server closed or reset instead. `stream` is socket.makefile('rb')."""
    head = b""
    try:
        while not head.endswith(b"\r\n\r\n"):
            line = stream.readline(65536)
            if not line:
                return None
            head += line
        answer = Answer(head[:-4], b"")
        answer.body = stream.read(int(answer.headers.get("content-length", "0")))
        return answer
    except ConnectionError:
        return None


def ask(port, raw, finish=False):
    """One exchange on a connection of its own; `finish` says that nothing more will be sent."""
    with connect(port) as client, client.makefile("rb") as stream:
        try:
            client.sendall(raw)
            if finish:
                client.shutdown(socket.SHUT_WR)
        except ConnectionError:
            pass  # refused before it was read: the answer is there
        return read_answer(stream)


def request(method, target, key=None, body=None, *fields):
    lines = [f"{method} {target} HTTP/1.1", "Host: shop.example"]
    if key:
        lines.append(f"Authorization: Bearer {key}")
    if body is not None:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    lines += fields
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + (body or b"")
