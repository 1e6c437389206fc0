#!/usr/bin/env python3
"""Writes, from one FlatBuffers schema, what flatc does not: the closed variants, the codec and the JSON form.

usage: generate_messages.py SCHEMA.fbs INCLUDE_DIR OUT_DIR

It takes the orders_fbs.h that flatc wrote of SCHEMA `orders.fbs` in OUT_DIR apart: orders_fbs.h keeps the native types, which most of the program
works with, and orders_tables.h gets the rest, which is several times as long and needed by codecs only. What copies native types goes into
orders_messages.cpp, to be compiled once. Beside it writes orders_messages.hpp and orders_messages.cpp:
  Command, Event     std::variant over the tables marked (command) and (event_type: ...)
  key_of, name_of    number, version and snake-case name of an event; known_events lists them all
  encode_event       event -> payload bytes; decode_event verifies, and upcasts superseded versions
  check_event        what decode_event would say, without unpacking anything (schemas/event_check.hpp)
  encode, decode_*   the same for tables marked (state)
  write_json         every table as a JSON object; of a field marked (secret) only that it is there
"""
import re
import sys
from pathlib import Path

# A text field of such a name must be marked (secret), or listings of the log would show it.
SECRET_NAMES = re.compile(r"token|secret|password|credential|cvv|pan$")
SCALARS = {"bool", "byte", "ubyte", "short", "ushort", "int", "uint", "long", "ulong"}


class Field(tuple):
    """(name, type), which is what is stored; `secret` only says that nothing shows the value."""

    def __new__(cls, name, kind, secret):
        field = super().__new__(cls, (name, kind))
        field.secret = secret
        return field


def strip_comments(text):
    return re.sub(r"//[^\n]*", "", text)


def attributes_of(text):
    result = {}
    for part in filter(None, (p.strip() for p in (text or "").split(","))):
        name, _, value = part.partition(":")
        result[name.strip()] = value.strip().strip('"')
    return result


def included_enums(path, text):
    """Enums of included schemas, by qualified name, each with the function that names its values."""
    found = {}
    for name in re.findall(r'\binclude\s+"([\w.]+)"\s*;', text):
        for folder in (path.parent, Path(__file__).resolve().parents[2] / "schemas"):
            if (folder / name).exists():
                included = strip_comments((folder / name).read_text())
                namespace = re.search(r"namespace\s+([\w.]+)\s*;", included).group(1)
                for enum in re.findall(r"\benum\s+(\w+)\s*:", included):
                    found[f"{namespace}.{enum}"] = f"::{namespace.replace('.', '::')}::EnumName{enum}"
                break
    return found


def parse(path):
    text = strip_comments(path.read_text())
    namespace = re.search(r"namespace\s+([\w.]+)\s*;", text).group(1)
    enums = {name: f"EnumName{name}" for name in re.findall(r"\benum\s+(\w+)\s*:", text)}
    enums |= included_enums(path, text)
    unions = re.findall(r"\bunion\s+(\w+)\s*\{", text)
    tables = []
    for match in re.finditer(r"\btable\s+(\w+)\s*(?:\(([^)]*)\))?\s*\{([^}]*)\}", text):
        fields = []
        for field in filter(None, (f.strip() for f in match.group(3).split(";"))):
            found = re.match(r"(\w+)\s*:\s*(\[?[\w.]+\]?)\s*(?:=\s*\w+\s*)?(?:\(([^)]*)\))?", field)
            if found.group(2) not in unions:  # a union's members are written by whoever knows which one it holds
                fields.append(Field(found.group(1), found.group(2), "secret" in attributes_of(found.group(3))))
        tables.append((match.group(1), attributes_of(match.group(2)), fields))
    return namespace, enums, tables


def snake(name):
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def variant(name, members):
    """A class of its own: what copies, moves and destroys a variant of dozens of tables is compiled once, and not in every file that has one."""
    if not members:
        return ""
    return (f"struct {name} : std::variant<{', '.join(m + 'T' for m in members)}> {{\n    using Alternatives = variant;\n    using variant::variant;\n"
            + "".join(f"    {member};\n" for member in special_members(name)) + "};\n")


def special_members(name):
    return (f"{name}()", f"{name}(const {name}& other)", f"{name}({name}&& other) noexcept", f"{name}& operator=(const {name}& other)",
            f"{name}& operator=({name}&& other) noexcept", f"~{name}()")


def special_definitions(name):
    lines = [member.replace(" other)", ")") for member in special_members(name)]
    return "".join((f"{name}& {name}::operator" + line.split("operator")[1] if "operator" in line else f"{name}::{line}") + " = default;\n" for line in lines) + "\n"


def header(schema, include, namespace, tables):
    cpp_namespace = namespace.replace(".", "::")
    commands = [t for t, a, _ in tables if "command" in a]
    events = [t for t, a, _ in tables if "event_type" in a and "superseded_by" not in a]
    states = [t for t, a, _ in tables if "state" in a]
    out = [f"// Generated from {include}/{schema}.fbs by tools/generator/generate_messages.py.\n#pragma once\n\n"]
    out.append("#include <array>\n#include <string>\n#include <string_view>\n#include <variant>\n\n")
    out.append('#include "core/json_writer.hpp"\n#include "core/result.hpp"\n#include "schemas/event_key.hpp"\n')
    out.append(f'#include "{include}/{schema}_fbs.h"\n\nnamespace {cpp_namespace} {{\n\n')
    out.append("// A command of this context: closed, so a visitor that forgets one does not compile.\n" if commands else "")
    out.append(variant("Command", commands))
    if commands:
        out.append("// `place_order`.\nstd::string_view name_of(const Command& command);\n")
    if events:
        out.append("// An event of this context in its newest version.\n" + variant("Event", events))
        out.append("EventKey key_of(const Event& event);\nstd::string_view name_of(const Event& event);\n")
        out.append("std::string encode_event(const Event& event);\n")
        out.append("// unsupported: this build does not know the key; corrupt: the payload does not verify.\n")
        out.append("Result<Event> decode_event(EventKey key, std::string_view payload);\n")
        rows = [(a["event_type"], a["event_version"], snake(a.get("superseded_by", t))) for t, a, _ in tables if "event_type" in a]
        out.append(f"inline constexpr std::array<EventInfo, {len(rows)}> known_events{{{{\n")
        out.extend(f'    {{{{{n}, {v}}}, "{name}"}},\n' for n, v, name in rows)
        out.append("}};\n")
        out.append("void write_json(JsonWriter& json, const Event& event);\n")
    for state in states:
        out.append(f"std::string encode(const {state}T& value);\nResult<{state}T> decode_{snake(state)}(std::string_view bytes);\n")
    out.extend(f"void write_json(JsonWriter& json, const {t}T& value);\n" for t, _, _ in tables)
    out.append(f"\n}}  // namespace {cpp_namespace}\n")
    return "".join(out)


def unmarked_secrets(tables):
    """Text fields whose names say that they are secret and that are not marked so."""
    return [f"{table}.{field[0]}" for table, _, fields in tables for field in fields
            if field[1] == "string" and not field.secret and SECRET_NAMES.search(field[0])]


def json_field(field, enums):
    name, kind = field
    if field.secret:
        return f'    if (!value.{name}.empty()) json.member("{name}", granary::hidden_text);\n'
    if kind in enums:
        return f'    json.member("{name}", std::string_view({enums[kind]}(value.{name})));\n'
    if kind == "string":
        return f'    if (!value.{name}.empty()) json.member("{name}", value.{name});\n'
    if kind == "[ubyte]":
        return f'    if (!value.{name}.empty()) json.member("{name}_bytes", static_cast<std::int64_t>(value.{name}.size()));\n'
    if kind == "bool":
        return f'    json.member("{name}", value.{name});\n'
    if kind in SCALARS:
        return f'    json.member("{name}", static_cast<std::int64_t>(value.{name}));\n'
    if kind == "[string]":
        return f'    json.key("{name}").begin_array();\n    for (const auto& item : value.{name}) json.string(item);\n    json.end_array();\n'
    if kind.startswith("[") and kind[1:-1] in SCALARS:
        return f'    json.key("{name}").begin_array();\n    for (const auto& item : value.{name}) json.integer(static_cast<std::int64_t>(item));\n    json.end_array();\n'
    if kind.startswith("["):
        write = "write_json(json, *item)" if "granary.wire." not in kind or kind.endswith("Sealed]") else "granary::write_value(json, item)"
        return f'    json.key("{name}").begin_array();\n    for (const auto& item : value.{name}) {write};\n    json.end_array();\n'
    if kind.endswith("wire.Sealed"):
        return f'    if (value.{name}) granary::write_value(json.key("{name}"), *value.{name});\n'
    if "wire." in kind:
        return f'    granary::write_member(json, "{name}", value.{name});\n'
    return f'    if (value.{name}) write_json(json.key("{name}"), *value.{name});\n'


def decode_case(table, attributes, tables):
    by_name = {t: a for t, a, _ in tables}
    lines = [f"    if (key == EventKey{{{attributes['event_type']}, {attributes['event_version']}}}) {{\n"]
    lines.append(f"        auto value = granary::read_table<{table}>(payload);\n        if (!value) return std::unexpected(value.error());\n")
    name, expression = table, "std::move(*value)"
    while "superseded_by" in by_name[name]:
        name, expression = by_name[name]["superseded_by"], f"upcast({expression})"
    lines.append(f"        return Event({expression});\n    }}\n")
    return "".join(lines)


def blocks_of(lines):
    """Top-level declarations, one list of lines each."""
    block = []
    for line in lines:
        if not line.strip() and not block:
            continue
        block.append(line)
        # One line that ends, or the end of what is set in below its first line.
        if line.startswith("}") or (line.rstrip().endswith(";") and not line.startswith(" ") and len(block) == 1) or (len(block) > 1 and line.rstrip().endswith(";") and "{" not in "".join(block)):
            yield block
            block = []
    assert not block, block


def is_native(first):
    """What works without tables and builders."""
    return (re.match(r"struct \w+;|enum class |struct \w+T : public flatbuffers::NativeTable|struct \w+Union \{|template<.*> struct ", first)
            or re.match(r"inline const \w+ \(&EnumValues|inline const char", first))


def is_compiled_once(first, unions):
    return re.match(r"inline (\w+T)::\1\(const|inline (\w+T) &\2::operator=", first) or any(f" {name}::" in first for name in unions)


def split_tables(path, include):
    """Rewrites flatc's header and its other half; returns the definitions that are to be compiled once."""
    text = path.read_text()
    begin = text.index("namespace granary {\n")
    opening = re.match(r"(?:namespace \w+ \{\n)+", text[begin:]).group(0)
    end = text.rindex("}  // namespace " + re.findall(r"namespace (\w+) ", opening)[-1])
    body = text[begin + len(opening):end].split("\n")
    unions = re.findall(r"^struct (\w+Union) \{", text, re.MULTILINE)
    native, tables, once = [], [], []
    for block in blocks_of([line + "\n" for line in body]):
        target = once if is_compiled_once(block[0], unions) else native if is_native(block[0]) else tables
        target.append("".join(block) + "\n")
    path.write_text(text[:begin] + opening + "\n" + "".join(native) + text[end:])
    includes = "".join(f'#include "{name}_tables.h"\n' for name in re.findall(r'#include "(\S+)_fbs\.h"', text))
    stem = path.name.removesuffix("_fbs.h")
    other = path.with_name(stem + "_tables.h")
    other.write_text(f"// The part of flatc's header for {stem}.fbs that only codecs need.\n#pragma once\n\n" + f'#include "{include}/{path.name}"\n{includes}\n{opening}\n' + "".join(tables) + text[end:text.rindex("#endif")].rstrip() + "\n")
    return "".join(definition.removeprefix("inline ") for definition in once)


def source(schema, include, namespace, enums, tables, once):
    cpp_namespace = namespace.replace(".", "::")
    events = [(t, a) for t, a, _ in tables if "event_type" in a]
    newest = [(t, a) for t, a in events if "superseded_by" not in a]
    out = [f"// Generated from {include}/{schema}.fbs by tools/generator/generate_messages.py.\n"]
    out.append(f'#include "{include}/{schema}_messages.hpp"\n\n#include "{include}/{schema}_tables.h"\n#include "schemas/json_values.hpp"\n#include "schemas/table_codec.hpp"\n')
    if events:
        out.append('#include "schemas/event_check.hpp"\n')
    if any("superseded_by" in a for _, a in events):
        out.append('#include "schemas/upcasting.hpp"\n')
    out.append(f"\nnamespace {cpp_namespace} {{\n\n{once}")
    if events:
        out.append(special_definitions("Event"))
        out.append("namespace {\n\n")
        out.extend(f'constexpr EventInfo info_of(const {t}T&) {{ return {{{{{a["event_type"]}, {a["event_version"]}}}, "{snake(t)}"}}; }}\n' for t, a in newest)
        out.append("\n}  // namespace\n\n")
        out.append("EventKey key_of(const Event& event) {\n    return std::visit([](const auto& e) { return info_of(e).key; }, event);\n}\n\n")
        out.append("std::string_view name_of(const Event& event) {\n    return std::visit([](const auto& e) { return info_of(e).name; }, event);\n}\n\n")
        out.append("std::string encode_event(const Event& event) {\n    return std::visit([](const auto& e) { return granary::write_table(e); }, event);\n}\n\n")
        out.append(f'namespace {{\n\nstd::unexpected<Fault> unknown(EventKey key) {{\n    return fault(FaultCode::unsupported, "event type " + std::to_string(key.type) + " version " + std::to_string(key.version) + " is not known to this build of {schema}; upgrade this node");\n}}\n\n}}  // namespace\n\n')
        out.append("Result<Event> decode_event(EventKey key, std::string_view payload) {\n")
        out.extend(decode_case(t, a, tables) for t, a in events)
        out.append("    return unknown(key);\n}\n\nStatus check_event(EventKey key, std::string_view payload) {\n")
        out.extend(f"    if (key == EventKey{{{a['event_type']}, {a['event_version']}}}) return granary::check_table<{t}>(payload);\n" for t, a in events)
        out.append("    return unknown(key);\n}\n\n")
        out.append("void write_json(JsonWriter& json, const Event& event) {\n    std::visit([&](const auto& e) { write_json(json, e); }, event);\n}\n\n")
    commands = [t for t, a, _ in tables if "command" in a]
    if commands:
        out.append(special_definitions("Command"))
        out.append("namespace {\n\n")
        out.extend(f'constexpr std::string_view command_name(const {t}T&) {{ return "{snake(t)}"; }}\n' for t in commands)
        out.append("\n}  // namespace\n\n")
        out.append("std::string_view name_of(const Command& command) {\n    return std::visit([](const auto& c) { return command_name(c); }, command);\n}\n\n")
    for name, attributes, fields in tables:
        if "state" in attributes:
            out.append(f"std::string encode(const {name}T& value) {{ return granary::write_table(value); }}\n")
            out.append(f"Result<{name}T> decode_{snake(name)}(std::string_view bytes) {{ return granary::read_table<{name}>(bytes); }}\n\n")
        out.append(f"void write_json(JsonWriter& json, const {name}T& value) {{\n    json.begin_object();\n")
        out.extend(json_field(field, enums) for field in fields)
        out.append("    (void)value;\n    json.end_object();\n}\n\n")
    out.append(f"}}  // namespace {cpp_namespace}\n")
    return "".join(out)


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    path, include, out = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
    namespace, enums, tables = parse(path)
    schema = path.stem
    if unmarked := unmarked_secrets(tables):
        sys.exit(f"{path}: mark as (secret), so that no listing of the log shows it: {', '.join(unmarked)}")
    once = split_tables(out / f"{schema}_fbs.h", include)
    (out / f"{schema}_messages.hpp").write_text(header(schema, include, namespace, tables))
    (out / f"{schema}_messages.cpp").write_text(source(schema, include, namespace, enums, tables, once))


if __name__ == "__main__":
    main()
