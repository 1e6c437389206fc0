"""The chain rule, worked out anew from the records' bytes: which records count, where damage is, and whether the export says the same."""
import base64
import binascii
import hashlib
import struct

HEADER_BYTES = 44
MAGIC = b"GRNY"
FORMAT = 1
VOID_RUN_MAX = 1024  # what one owner may have unacknowledged (limits::in_flight_max): a longer run of void records is damage


def genesis(log_id, partition):
    return hashlib.sha256(f"granary chain genesis 1 {log_id} {partition}".encode()).hexdigest()


def prev_of(record):
    """The hash that a record extends, or None when these bytes are no record."""
    if len(record) < HEADER_BYTES or record[:4] != MAGIC or record[4] != FORMAT or any(record[5:8]):
        return None
    if struct.unpack_from("<I", record, 40)[0] != len(record) - HEADER_BYTES:
        return None
    return record[8:40].hex()


def partition_of(key, count):
    """Kafka's default partitioner: murmur2 of the key."""
    data, m, mask = key.encode(), 0x5BD1E995, 0xFFFFFFFF
    h = 0x9747B28C ^ len(data)
    whole = len(data) // 4 * 4
    for (k,) in struct.iter_unpack("<I", data[:whole]):
        k = k * m & mask
        k = (k ^ k >> 24) * m & mask
        h = h * m & mask ^ k
    for i, byte in reversed(list(enumerate(data[whole:]))):
        h ^= byte << 8 * i
    if len(data) > whole:
        h = h * m & mask
    h = (h ^ h >> 13) * m & mask
    return ((h ^ h >> 15) & 0x7FFFFFFF) % count


class Partition:
    """Takes the lines of one partition in order; `bodies` are those that count, with offset and bytes behind the header."""

    def __init__(self, log, number, findings):
        self.log = log
        self.number = number
        self.findings = findings
        self.head = genesis(log["id"], number)
        self.head_offset = -1
        self.next = 0
        self.counted = self.voids = 0
        self.hashes = {self.head}
        self.strays = {}
        self.run, self.run_head, self.run_first = 0, None, 0
        self.halted = False

    def place(self, offset):
        return f"{self.number}:{offset}"

    def take(self, line):
        """The bytes behind the header of a record that counts and is not annulled, else None."""
        where, expect = self.place(line["offset"]), self.findings.expect
        expect(line["offset"] == self.next, "chain", where, f"records are missing: expected offset {self.next}")
        self.next = line["offset"] + 1
        try:
            record = base64.b64decode(line["raw"], validate=True)
        except (KeyError, binascii.Error):
            self.findings.add("export", where, "no raw bytes: export with --raw")
            return None
        digest = hashlib.sha256(record).hexdigest()
        whole = expect(digest == line["sha256"], "chain", where, f"the bytes hash to {digest[:16]}, not to the {line['sha256'][:16]} that is said: they were changed")
        expect(len(record) == line["bytes"], "chain", where, f"{len(record)} bytes instead of {line['bytes']}")
        prev = prev_of(record)
        if prev is None:
            self.findings.add("chain", where, "these bytes are no record")
            return None
        expect(prev == line.get("prev"), "chain", where, "the record extends something else than the export says")
        body = self._judge(line, record, prev, digest, where)
        return body if whole else None

    def _judge(self, line, record, prev, digest, where):
        counts = prev == self.head
        self.findings.expect(line["counts"] == counts, "chain", where, lambda: f"by the chain rule this record {'counts' if counts else 'is void'}, the export says {line['counts']}")
        if prev not in self.hashes:
            self.strays.setdefault(prev, line["offset"])
        self.hashes.add(digest)
        if counts:
            self.head, self.head_offset = digest, line["offset"]
            self.counted += 1
            self.run = 0
            return None if line.get("annulled") else record[HEADER_BYTES:]
        self.voids += 1
        if self.run == 0 or prev != self.run_head:
            self.run, self.run_first = 0, line["offset"]
        self.run += 1
        self.run_head = digest
        if self.run == VOID_RUN_MAX + 1:
            self.findings.add("chain", self.place(self.run_first), f"more than {VOID_RUN_MAX} void records chain to each other from here on: a record in front of them was changed")
        return None

    def end(self, line):
        where, expect = f"partition {self.number}", self.findings.expect
        if "reason" in line:
            self.findings.add("chain", self.place(line.get("halted_at", "?")), f"halted: {line['reason']}")
        expect(line["head"]["sha256"] == self.head and line["head"]["offset"] == self.head_offset, "chain", where,
               lambda: f"the head is {self.head[:16]} at {self.head_offset}, the export says {line['head']['sha256'][:16]} at {line['head']['offset']}")
        expect((line["records"], line["counted"], line["void"]) == (self.next, self.counted, self.voids), "export", where,
               lambda: f"{self.next} records, {self.counted} counted, {self.voids} void were read; the export says {line['records']}, {line['counted']}, {line['void']}")
        if self.log.get("stores_prefixes"):
            for offset in sorted(self.strays.values())[:1]:
                self.findings.add("chain", self.place(offset), "a void record that extends nothing in this partition: a record in front of it was changed or taken out")
