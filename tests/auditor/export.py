"""Reads the lines of `granary log export --raw` and hands on what counts: commits and control records, decoded here, by partition and offset."""
import hashlib
import json

from . import flat
from .chain import Partition, partition_of
from .rendering import differences, rfc3339

STREAMS = {1: "order", 2: "payment", 3: "stock", 4: "shipment", 5: "product", 6: "customer", 7: "order_fulfilment", 8: "invoice", 9: "customer_erasure",
           10: "access"}


class Event:
    """One event that counts. `name` is the short name of its table in the newest version; `fields` are those of what was stored."""

    def __init__(self, commit, index, name, fields, occurred_at):
        self.commit = commit
        self.index = index
        self.name = name
        self.fields = fields
        self.occurred_at = occurred_at
        self.misplaced = False  # not in the stream of what it is about
        digest = hashlib.sha256(b"granary event " + bytes.fromhex(commit.command_id[4:]) + str(index).encode()).digest()
        self.id = "evt_" + uuid_v8(digest[:16])

    @property
    def where(self):
        return self.commit.where

    def __getitem__(self, field):
        return self.fields[field]


def uuid_v8(digest):
    bits = bytearray(digest)
    bits[6] = bits[6] & 0x0F | 0x80
    bits[8] = bits[8] & 0x3F | 0x80
    return bits.hex()


class Commit:
    def __init__(self, partition, offset, body):
        self.partition = partition
        self.offset = offset
        self.where = f"{partition}:{offset}"
        self.kind = STREAMS.get(body["stream_kind"], str(body["stream_kind"]))
        self.key = body["stream_key"]
        self.routing_key = body["routing_key"]
        self.first_version = body["first_version"]
        self.time = body["time"]
        self.command_id = body["command_id"]
        self.causation = body["causation"]
        self.actor = body["actor"]
        self.body = body
        self.events = []


class Log:
    """All that counts, in the order of partitions and offsets."""

    def __init__(self):
        self.identity = {}
        self.commits = []
        self.controls = []  # (partition, offset, table name, fields)
        self.records = 0
        self.heads = {}  # partition -> offset of the last record that counts

    def events(self):
        for commit in self.commits:
            yield from commit.events


def read(lines, schemas, findings):
    """Checks the export's own order, the chain and the decoding on the way; what can't be read is a finding, not an exception."""
    log, partition, ended = Log(), None, None
    counted = voids = 0
    seen = set()
    for number, text in enumerate(lines, 1):
        try:
            line = json.loads(text)
        except ValueError:
            findings.add("export", f"line {number}", "is no JSON")
            continue
        kind = line.get("line")
        findings.expect(ended is None, "export", f"line {number}", "stands behind the end")
        if kind == "log":
            findings.expect(number == 1 and line["format"] == 1, "export", f"line {number}", "an export of format 1 begins with one line about the log")
            log.identity = line
        elif kind == "record":
            if partition is None or partition.number != line["partition"]:
                findings.expect(line["partition"] not in seen, "export", f"line {number}", f"partition {line['partition']} comes twice")
                partition = Partition(log.identity, line["partition"], findings)
                seen.add(line["partition"])
            take(log, partition, line, schemas, findings)
        elif kind == "partition":
            if partition is None or partition.number != line["partition"]:
                partition = Partition(log.identity, line["partition"], findings)
                seen.add(line["partition"])
            partition.end(line)
            log.heads[partition.number] = partition.head_offset
            counted, voids = counted + partition.counted, voids + partition.voids
            partition = None
        elif kind == "end":
            ended = line
        else:
            findings.add("export", f"line {number}", f"of a kind that is not known: {kind}")
    finish(log, seen, ended, counted, voids, findings)
    return log


def finish(log, seen, ended, counted, voids, findings):
    expect = findings.expect
    if not expect(ended is not None, "export", "the end", "the export was cut short: it has no last line"):
        return
    expect((ended["records"], ended["counted"], ended["void"]) == (log.records, counted, voids), "export", "the end",
           lambda: f"{log.records} records, {counted} counted, {voids} void were read; the export says {ended['records']}, {ended['counted']}, {ended['void']}")
    missing = set(range(log.identity.get("partitions", 0))) - seen
    expect(not missing or "only" in log.identity, "export", "the end", lambda: f"without partitions {sorted(missing)}")


def take(log, partition, line, schemas, findings):
    log.records += 1
    body = partition.take(line)
    if body is None:
        return
    where = partition.place(line["offset"])
    try:
        record = flat.Reader(schemas, body).root("granary.envelope.Record")["body"]
        name = record.table.rsplit(".", 1)[1]
        if name != "Commit":
            log.controls.append((partition.number, line["offset"], name, record))
            compare(findings, where, record, line.get(name.lower()))
            return
        commit = decode(partition.number, line["offset"], record, schemas, findings, line)
    except flat.Malformed as why:
        findings.add("decoding", where, f"a record that counts can't be read: {why}")
        return
    home = partition_of(commit.routing_key, log.identity["partitions"])
    findings.expect(home == partition.number, "chain", where, f"{commit.routing_key} belongs to partition {home}")
    log.commits.append(commit)


def decode(partition, offset, record, schemas, findings, line):
    commit = Commit(partition, offset, record)
    shown = line.get("commit") or {"events": []}
    for name, ours in (("aggregate", commit.kind), ("key", commit.key), ("routing_key", commit.routing_key), ("first_version", commit.first_version), ("actor", commit.actor),
                       ("command_id", commit.command_id), ("causation", commit.causation), ("correlation", record["correlation"] or "cor_" + 32 * "0"), ("time", rfc3339(commit.time))):
        findings.expect(shown.get(name) == ours, "decoding", commit.where, lambda: f"{name} is {ours}, the export says {shown.get(name)}")
    findings.expect(len(shown["events"]) == len(record["events"]) > 0, "decoding", commit.where, "the export has another number of events")
    for index, stored in enumerate(record["events"]):
        key = stored["type"], stored["version"]
        if key not in schemas.events:
            raise flat.Malformed(f"an event of type {key[0]}, version {key[1]}, that the schemas don't know")
        table, newer = schemas.events[key]
        fields = flat.Reader(schemas, bytes(stored["payload"])).root(table)
        event = Event(commit, index, (newer or table).rsplit(".", 1)[1], fields, stored["occurred_at"] or commit.time)
        commit.events.append(event)
        if index < len(shown["events"]):
            theirs = shown["events"][index]
            findings.expect((theirs["id"], theirs["type"], theirs["occurred_at"], theirs["version"]) == (event.id, key[0], rfc3339(event.occurred_at), commit.first_version + index),
                            "decoding", commit.where, f"the export shows another id, type, time or version of event {index}")
            if newer is None:
                compare(findings, commit.where, fields, theirs["fields"])
    return commit


def compare(findings, where, ours, shown):
    wrong = differences(ours, shown)
    findings.expect(not wrong, "decoding", where, lambda: "the export shows something else than the bytes say: " + "; ".join(wrong))
