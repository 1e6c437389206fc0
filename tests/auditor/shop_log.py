"""Writes exports for the auditor's own tests: whole, and with exactly one thing wrong."""
import base64
import copy
import hashlib
import json
import re
import struct

from . import flat
from .audit import SCHEMAS
from .chain import genesis, partition_of
from .export import STREAMS, uuid_v8
from .rendering import as_shown, rfc3339

PARTITIONS = 4
LOG_ID = "0123456789abcdef0123456789abcdef"
KINDS = {name: number for number, name in STREAMS.items()}
schemas = flat.Schemas(SCHEMAS)
TYPES = {}
for key, (table, newer) in schemas.events.items():
    if newer is None:
        TYPES[table.rsplit(".", 1)[1]] = (*key, table)


class Builder:
    """FlatBuffers the simple way: a table, then what it points to; no sharing and no alignment."""

    def __init__(self):
        self.out = bytearray(4)

    def root(self, table, values):
        struct.pack_into("<I", self.out, 0, self.table(table, values))
        return bytes(self.out)

    def table(self, name, values):
        slots = []
        for field, kind, _, _, space in schemas.tables[name]:
            value = values.get(field)
            if f"{space}.{kind}" in schemas.unions:
                slots.append(None if value is None else ("B", schemas.unions[f"{space}.{kind}"].index(value[0]) + 1))
                slots.append(None if value is None else ("child", value[0], value[1], space))
            else:
                slots.append(None if value is None else self.inline(kind, value, space))
        vtable, offsets, body = len(self.out), [], bytearray(4)
        for slot in slots:
            offsets.append(len(body) if slot else 0)
            if slot:
                body += bytes(4) if slot[0] == "child" else slot[1] if slot[0] == "raw" else struct.pack("<" + slot[0], slot[1])
        self.out += struct.pack("<HH", 4 + 2 * len(slots), len(body)) + struct.pack(f"<{len(slots)}H", *offsets)
        at = len(self.out)
        struct.pack_into("<i", body, 0, at - vtable)
        self.out += body
        for offset, slot in zip(offsets, slots):
            if slot and slot[0] == "child":
                child = self.child(*slot[1:])
                struct.pack_into("<I", self.out, at + offset, child - at - offset)
        return at

    def inline(self, kind, value, space):
        if kind in flat.SCALARS:
            return flat.SCALARS[kind], value
        if kind == "string" or kind.startswith("["):
            return "child", kind, value, space
        full, known = schemas.resolve(kind, space)
        if known is schemas.enums:
            base, names = schemas.enums[full]
            return flat.SCALARS[base], next(number for number, name in names.items() if name == value)
        if known is schemas.structs:
            return "raw", packed(full.rsplit(".", 1)[1], value)
        return "child", full, value, space

    def child(self, kind, value, space):
        if kind == "string" or kind == "[ubyte]":
            data = value.encode() + b"\0" if kind == "string" else bytes(value)
            at = len(self.out)
            self.out += struct.pack("<I", len(data) - (kind == "string")) + data
            return at
        if kind.startswith("["):
            full, _ = schemas.resolve(kind[1:-1], space)
            at = len(self.out)
            self.out += struct.pack("<I", len(value)) + bytes(4 * len(value))
            for i, item in enumerate(value):
                place = at + 4 + 4 * i
                struct.pack_into("<I", self.out, place, self.table(full, item) - place)
            return at
        return self.table(kind, value)


def packed(name, value):
    if name in flat.PREFIXES:
        return struct.pack("<QQ", int(value[4:20], 16), int(value[20:], 16)) if value else bytes(16)
    if name in ("Money", "Amount"):
        a, b, c = value[1].encode()
        return struct.pack("<qII", value[0], a << 16 | b << 8 | c, 0)
    if name == "Time":
        return struct.pack("<q", value)
    size = {"Sku": 31, "WarehouseCode": 15, "CountryCode": 3}[name]
    return struct.pack(f"<B{size}s", len(value), value.encode())


def identity(prefix, number):
    return f"{prefix}_{0:016x}{number:016x}"


class ShopLog:
    """Commits chained per partition, as owners would write them; `lines` is the export."""

    def __init__(self):
        self.records = [[] for _ in range(PARTITIONS)]  # lines of each partition
        self.heads = [genesis(LOG_ID, p) for p in range(PARTITIONS)]
        self.versions = {}
        self.commands = 0
        self.time = 1_700_000_000_000_000
        self.last_event = None

    def commit(self, kind, key, routing, *events, **odd):
        """`events` are (name, fields). `odd`: what shall differ from how it should be (command_id, version, time, causation, correlation, partition)."""
        self.time += 1_000_000
        self.commands += 1
        version = odd.get("version", self.versions.get((kind, key), 0) + 1)
        self.versions[kind, key] = version + len(events) - 1
        values = {"stream_kind": KINDS[kind], "stream_key": key, "routing_key": routing, "first_version": version, "time": odd.get("time", self.time),
                  "command_id": odd.get("command_id", identity("cmd", self.commands)), "fingerprint": None, "correlation": odd.get("correlation", identity("cor", 8)),
                  "causation": odd.get("causation", self.last_event), "actor": odd.get("actor", "key_clerk"),
                  "events": [{"type": TYPES[name][0], "version": TYPES[name][1], "payload": Builder().root(TYPES[name][2], fields)} for name, fields in events]}
        values["fingerprint"] = identity("fpr", 1)
        digest = hashlib.sha256(b"granary event " + bytes.fromhex(values["command_id"][4:]) + b"0").digest()
        self.last_event = "evt_" + uuid_v8(digest[:16])
        return self.append(odd.get("partition", partition_of(routing, PARTITIONS)), "granary.envelope.Commit", values)

    def claim(self, partition):
        return self.append(partition, "granary.envelope.Claim", {"node": "n1", "url": "", "time": self.time})

    def append(self, partition, table, values, prev=None):
        body = Builder().root("granary.envelope.Record", {"body": (table, values)})
        return self.append_bytes(partition, body, prev)

    def append_bytes(self, partition, body, prev=None):
        """Behind `prev`, or the head: then it counts."""
        extends = prev or self.heads[partition]
        record = b"GRNY\1\0\0\0" + bytes.fromhex(extends) + struct.pack("<I", len(body)) + body
        line = {"line": "record", "partition": partition, "offset": len(self.records[partition]), "counts": prev is None}
        self.records[partition].append(line)
        set_raw(line, record)
        if prev is None:
            self.heads[partition] = line["sha256"]
        return line

    def lines(self):
        out = [{"line": "log", "format": 1, "id": LOG_ID, "partitions": PARTITIONS, "place": 32 * "0", "live": True, "stores_prefixes": True, "raw": True}]
        for number, records in enumerate(self.records):
            out += copy.deepcopy(records)
            counted = [r for r in records if r["counts"]]
            head = {"offset": counted[-1]["offset"] if counted else -1, "sha256": self.heads[number]}
            out.append({"line": "partition", "partition": number, "records": len(records), "counted": len(counted), "void": len(records) - len(counted), "head": head})
        total = [r for records in self.records for r in records]
        out.append({"line": "end", "records": len(total), "counted": sum(r["counts"] for r in total), "void": sum(not r["counts"] for r in total), "sound": True})
        return out

    def text(self):
        return [json.dumps(line) for line in self.lines()]


def set_raw(line, record):
    """The line that an honest export has of these bytes, but for whether they count."""
    line.update(bytes=len(record), sha256=hashlib.sha256(record).hexdigest(), prev=record[8:40].hex(), raw=base64.b64encode(record).decode())
    for stale in ("commit", "claim", "unreadable"):
        line.pop(stale, None)
    try:
        body = flat.Reader(schemas, record[44:]).root("granary.envelope.Record")["body"]
        name = re.sub(r".*\.", "", body.table).lower()
        line[name] = shown_commit(body) if name == "commit" else as_shown(body)
    except flat.Malformed as why:
        line["unreadable"] = str(why)


def shown_commit(body):
    shown = as_shown(body)
    shown.setdefault("correlation", "cor_" + 32 * "0")
    shown.update(aggregate=STREAMS[body["stream_kind"]], key=body["stream_key"], time=rfc3339(body["time"]), events=[])
    for index, stored in enumerate(body["events"]):
        table, _ = schemas.events[stored["type"], stored["version"]]
        digest = hashlib.sha256(b"granary event " + bytes.fromhex(body["command_id"][4:]) + str(index).encode()).digest()
        fields = as_shown(flat.Reader(schemas, bytes(stored["payload"])).root(table))
        shown["events"].append({"type": stored["type"], "name": table, "id": "evt_" + uuid_v8(digest[:16]), "version": body["first_version"] + index,
                                "occurred_at": rfc3339(body["time"]), "fields": fields})
    return shown
