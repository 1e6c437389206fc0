// Fuzzes everything that is read out of a log record: envelope, commits, control records and the events in them.
// Input: the body of a record, behind its frozen header.
#include "core/check.hpp"
#include "core/json_writer.hpp"
#include "schemas/body_scanner.hpp"
#include "schemas/commit.hpp"
#include "tests/fuzz/fuzz_input.hpp"

namespace {

using namespace granary;

void show(const Commit& commit) {
    for (const auto& item : commit.events) {
        JsonWriter json;
        write_json(json, item.event);
        GRANARY_CHECK(json.take().size() >= 2 && !name_of(item.event).empty());
    }
}

template <class Control>
void show(const Control& control) {
    JsonWriter json;
    write_json(json, control);
    GRANARY_CHECK(json.take().size() >= 2);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view body{reinterpret_cast<const char*>(data), size};
    const auto entry = decode_body(body);
    // Who scans says the same, of bytes that are sound and of those that are not.
    BodyScanner scanner;
    for (const StreamKinds wanted : {StreamKinds{}, StreamKinds{~0U}}) {
        const auto scanned = scanner.scan(body, wanted);
        GRANARY_CHECK(scanned.has_value() == entry.has_value() && (entry || scanned.error().code == entry.error().code));
    }
    if (!entry) return 0;
    std::visit([](const auto& value) { show(value); }, *entry);
    // What is written back says the same, however oddly it was written before.
    const auto bytes = encode_body(*entry);
    const auto again = decode_body(bytes);
    GRANARY_CHECK(again.has_value() && encode_body(*again) == bytes);
    return 0;
}
