"""Reads the schemas and, by them, FlatBuffers: nothing of this is generated, and nothing is taken from the program's own codec."""
import re
import struct
from pathlib import Path

SCALARS = {"bool": "?", "byte": "b", "ubyte": "B", "short": "h", "ushort": "H", "int": "i", "uint": "I", "long": "q", "ulong": "Q"}
DEPTH_MAX = 32


class Malformed(Exception):
    """These bytes are no such message."""


class Schemas:
    """All tables, structs, enums and unions of a folder of .fbs files, by short name and by `namespace.name`."""

    def __init__(self, folder):
        self.tables, self.structs, self.enums, self.unions, self.events = {}, {}, {}, {}, {}
        for path in sorted(Path(folder).glob("*.fbs")):
            self._read(re.sub(r"//[^\n]*", "", path.read_text()))

    def _read(self, text):
        space = re.search(r"\bnamespace\s+([\w.]+)\s*;", text).group(1)
        for name, base, body in re.findall(r"\benum\s+(\w+)\s*:\s*(\w+)\s*\{([^}]*)\}", text):
            values, number = {}, 0
            for item in filter(None, (part.strip() for part in body.split(","))):
                word, _, given = item.partition("=")
                number = int(given) if given else number
                values[number] = word.strip()
                number += 1
            self.enums[f"{space}.{name}"] = (base, values)
        for name, body in re.findall(r"\bunion\s+(\w+)\s*\{([^}]*)\}", text):
            self.unions[f"{space}.{name}"] = [f"{space}.{part.strip()}" for part in body.split(",")]
        for kind, name, marks, body in re.findall(r"\b(table|struct)\s+(\w+)\s*(?:\(([^)]*)\))?\s*\{([^}]*)\}", text):
            fields = [self._field(space, part) for part in body.split(";") if part.strip()]
            (self.tables if kind == "table" else self.structs)[f"{space}.{name}"] = fields
            if found := re.search(r'event_type:\s*"(\d+)".*event_version:\s*"(\d+)"', marks or ""):
                newer = re.search(r'superseded_by:\s*"(\w+)"', marks)
                self.events[int(found[1]), int(found[2])] = (f"{space}.{name}", newer and f"{space}.{newer[1]}")

    @staticmethod
    def _field(space, text):
        name, kind, default, marks = re.match(r"\s*(\w+)\s*:\s*(\[?[\w.:]+\]?)\s*(?:=\s*(-?\w+)\s*)?(?:\(([^)]*)\))?\s*$", text).groups()
        return name, kind, default, marks or "", space

    def resolve(self, kind, space):
        """The full name of a type that is not a scalar."""
        full = kind if "." in kind else f"{space}.{kind}"
        for known in (self.tables, self.structs, self.enums, self.unions):
            if full in known:
                return full, known
        raise Malformed(f"the schemas know no type {kind}")


class Value(dict):
    """A table that was read: its fields by name; `table` is its full name, `schema` its fields as declared."""

    def __init__(self, table, schema):
        super().__init__()
        self.table = table
        self.schema = schema


class Reader:
    """Reads one buffer. Everything is bounds-checked by `struct` and by slices that must be whole."""

    def __init__(self, schemas, data):
        self.schemas = schemas
        self.data = data

    def root(self, table):
        return self._guarded(lambda: self.table(table, self._number("I", 0), 0))

    def _guarded(self, read):
        try:
            return read()
        except (struct.error, IndexError, UnicodeDecodeError, OverflowError) as why:
            raise Malformed(str(why)) from None

    def _number(self, code, at):
        if at < 0:
            raise Malformed("an offset that points in front of the buffer")
        return struct.unpack_from("<" + code, self.data, at)[0]

    def _bytes(self, at, size):
        if at < 0 or at + size > len(self.data):
            raise Malformed("an offset that points behind the buffer")
        return self.data[at:at + size]

    def table(self, name, at, depth):
        if depth > DEPTH_MAX:
            raise Malformed("nested too deeply")
        vtable = at - self._number("i", at)
        slots = (self._number("H", vtable) - 4) // 2
        value = Value(name, self.schemas.tables[name])
        slot = 0
        for field in value.schema:
            field_name, kind, default, marks, space = field
            place = self._place(vtable, slots, slot, at)
            slot += 1
            if kind not in SCALARS and not kind.startswith("[") and kind != "string":
                full, known = self.schemas.resolve(kind, space)
                if known is self.schemas.unions:  # two slots: which one, and the table
                    chosen = self._number("B", place) if place else 0
                    place = self._place(vtable, slots, slot, at)
                    slot += 1
                    value[field_name] = self._union(full, chosen, place, depth)
                    continue
            if place is None and "required" in marks:
                raise Malformed(f"{name} without {field_name}")
            value[field_name] = self._default(kind, default, space) if place is None else self._field(kind, space, place, depth)
        return value

    def _place(self, vtable, slots, slot, at):
        offset = self._number("H", vtable + 4 + 2 * slot) if slot < slots else 0
        return at + offset if offset else None

    def _union(self, full, chosen, place, depth):
        members = self.schemas.unions[full]
        if not 1 <= chosen <= len(members) or place is None:
            raise Malformed(f"a {full} of a kind that is not known: {chosen}")
        return self.table(members[chosen - 1], place + self._number("I", place), depth + 1)

    def _default(self, kind, default, space):
        if kind == "bool":
            return default == "true"
        if kind in SCALARS:
            return int(default or 0)
        if kind == "string":
            return ""
        if kind.startswith("["):
            return []
        full, known = self.schemas.resolve(kind, space)
        if known is self.schemas.enums:
            values = known[full][1]
            return default or values.get(0, "none")
        return None

    def _field(self, kind, space, at, depth):
        if kind in SCALARS:
            return self._number(SCALARS[kind], at)
        if kind == "string":
            start = at + self._number("I", at)
            return self._bytes(start + 4, self._number("I", start)).decode()
        if kind.startswith("["):
            return self._vector(kind[1:-1], space, at + self._number("I", at), depth)
        full, known = self.schemas.resolve(kind, space)
        if known is self.schemas.enums:
            return self._enum(full, at)
        if known is self.schemas.structs:
            return self._struct(full, at)[0]
        return self.table(full, at + self._number("I", at), depth + 1)

    def _enum(self, full, at):
        base, values = self.schemas.enums[full]
        number = self._number(SCALARS[base], at)
        return values.get(number, str(number))

    def _vector(self, kind, space, start, depth):
        count = self._number("I", start)
        if kind == "ubyte":
            return bytes(self._bytes(start + 4, count))
        if kind in SCALARS:
            return [self._number(SCALARS[kind], start + 4 + i * struct.calcsize("<" + SCALARS[kind])) for i in range(count)]
        if count * 4 > len(self.data):
            raise Malformed("a vector longer than its buffer")
        if kind == "string":
            return [self._field("string", space, start + 4 + 4 * i, depth) for i in range(count)]
        full, known = self.schemas.resolve(kind, space)
        if known is self.schemas.structs:
            size = self._struct(full, start + 4)[1] if count else 0
            return [self._struct(full, start + 4 + i * size)[0] for i in range(count)]
        return [self.table(full, start + 4 + 4 * i + self._number("I", start + 4 + 4 * i), depth + 1) for i in range(count)]

    def _struct(self, full, at):
        """The value as people write it, and its size."""
        values, offset, largest = {}, 0, 1
        for name, kind, _, _, _ in self.schemas.structs[full]:
            if found := re.match(r"\[ubyte:(\d+)\]", kind):
                values[name] = self._bytes(at + offset, int(found[1]))
                offset += int(found[1])
                continue
            size = struct.calcsize("<" + SCALARS[kind])
            offset = -(-offset // size) * size
            values[name] = self._number(SCALARS[kind], at + offset)
            offset += size
            largest = max(largest, size)
        return plain(full.rsplit(".", 1)[1], values), -(-offset // largest) * largest


PREFIXES = {"OrderId": "ord", "PaymentId": "pay", "RefundId": "ref", "ShipmentId": "shp", "CustomerId": "cus", "ReservationId": "rsv",
            "CommandId": "cmd", "EventId": "evt", "CorrelationId": "cor", "PersonId": "per", "Fingerprint": "fpr"}


def currency_text(code):
    return bytes((code >> 16 & 255, code >> 8 & 255, code & 255)).decode("latin-1")


def plain(name, values):
    """A struct as this program keeps it: ids as text (None: absent), codes as text, money as (number, currency), times in microseconds."""
    if "hi" in values and "lo" in values:
        prefix = PREFIXES.get(name, name.removesuffix("Id").lower()[:3])
        return f"{prefix}_{values['hi']:016x}{values['lo']:016x}" if values["hi"] or values["lo"] else None
    if "text" in values:
        return values["text"][:values["size"]].decode("latin-1")
    if "minor" in values:
        return values["minor"], currency_text(values["currency"])
    if "ten_thousandths" in values:
        return values["ten_thousandths"], currency_text(values["currency"])
    if "unix_us" in values:
        return values["unix_us"]
    return values
