// Bytes that were written once can be read for ever: each event type and version, and each kind of record, has golden
// bytes in tests/golden. GRANARY_UPDATE_GOLDEN=1 writes those that are missing; what exists is never written again.
#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "core/hex.hpp"
#include "core/json_writer.hpp"
#include "schemas/inventory_tables.h"
#include "tests/schemas/samples.hpp"

using namespace granary;

namespace {

namespace fs = std::filesystem;

// The first line says in JSON what the bytes mean; hex digits follow, 64 to a line.
struct Golden {
    std::string meaning;
    std::string bytes;
};

fs::path path_of(const std::string& folder, const std::string& name) { return fs::path(GRANARY_SOURCE_DIR) / "tests" / "golden" / folder / (name + ".hex"); }

std::string hex_lines(const std::string& bytes) {
    std::string text;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        append_hex_byte(text, static_cast<unsigned char>(bytes[i]));
        if (i % 32 == 31 || i + 1 == bytes.size()) text += '\n';
    }
    return text;
}

std::string bytes_of_hex(const std::string& text) {
    std::string bytes;
    std::string digits;
    for (char c : text) {
        if (c == '\n') continue;
        digits += c;
        if (digits.size() < 2) continue;
        bytes += static_cast<char>(std::stoi(digits, nullptr, 16));
        digits.clear();
    }
    return bytes;
}

void write_if_missing(const fs::path& path, const Golden& golden) {
    if (std::getenv("GRANARY_UPDATE_GOLDEN") == nullptr || fs::exists(path)) return;
    fs::create_directories(path.parent_path());
    std::ofstream(path) << "# " << golden.meaning << "\n" << hex_lines(golden.bytes);
}

Golden read(const fs::path& path) {
    std::ifstream file(path);
    REQUIRE_MESSAGE(file.good(), path.string() << " is missing: run this test with GRANARY_UPDATE_GOLDEN=1 and commit the file");
    Golden golden;
    std::getline(file, golden.meaning);
    golden.meaning.erase(0, 2);
    std::stringstream rest;
    rest << file.rdbuf();
    golden.bytes = bytes_of_hex(rest.str());
    return golden;
}

std::string json_of(const Event& event) {
    JsonWriter json;
    write_json(json, event);
    return json.take();
}

std::string json_of(const LogEntry& entry) {
    JsonWriter json;
    if (const auto* commit = std::get_if<Commit>(&entry)) {
        json.begin_object().key("commit");
        write_json(json, commit->meta);
        json.key("events").begin_array();
        for (const auto& item : commit->events) {
            json.begin_object().member("name", name_of(item.event)).member("occurred_at", rfc3339_of(item.occurred_at)).key("event");
            write_json(json, item.event);
            json.end_object();
        }
        json.end_array().end_object();
        return json.take();
    }
    if (const auto* claim = std::get_if<envelope::ClaimT>(&entry)) write_json(json, *claim);
    if (const auto* format = std::get_if<envelope::FormatT>(&entry)) write_json(json, *format);
    if (const auto* annul = std::get_if<envelope::AnnulT>(&entry)) write_json(json, *annul);
    if (const auto* seal = std::get_if<envelope::SealT>(&entry)) write_json(json, *seal);
    return json.take();
}

}  // namespace

TEST_CASE("every event type and version that the schemas declare has a sample, and its number is its own") {
    std::set<std::pair<int, int>> declared, sampled;
    for (const auto& info : samples::known_events()) CHECK(declared.emplace(info.key.type, info.key.version).second);
    for (const auto& sample : samples::events()) CHECK(sampled.emplace(sample.key.type, sample.key.version).second);
    CHECK(declared == sampled);
}

TEST_CASE("golden bytes of every event are read as what they meant, and written again as they were") {
    for (const auto& sample : samples::events()) {
        CAPTURE(sample.name);
        const auto path = path_of("payloads", sample.name);
        write_if_missing(path, {json_of(sample.newest), sample.payload});
        const Golden golden = read(path);
        const auto decoded = decode_event(sample.key, golden.bytes);
        REQUIRE_MESSAGE(decoded.has_value(), decoded.error().message);
        CHECK(json_of(*decoded) == golden.meaning);
        CHECK(json_of(*decoded) == json_of(sample.newest));
        CHECK(encode_event(*decoded) == encode_event(sample.newest));  // sealed bytes, which the JSON does not show
        CHECK(golden.bytes == sample.payload);
        if (key_of(*decoded) == sample.key) CHECK(encode_event(*decoded) == golden.bytes);
    }
}

TEST_CASE("no golden file is left without its event") {
    std::set<std::string> names;
    for (const auto& sample : samples::events()) names.insert(sample.name + ".hex");
    for (const auto& entry : fs::directory_iterator(path_of("payloads", "x").parent_path())) CHECK_MESSAGE(names.contains(entry.path().filename().string()), entry.path().string());
}

TEST_CASE("golden bytes of every kind of record are read as what they meant, and written again as they were") {
    for (const auto& sample : samples::records()) {
        CAPTURE(sample.name);
        const auto path = path_of("records", sample.name);
        write_if_missing(path, {json_of(sample.entry), encode_body(sample.entry)});
        const Golden golden = read(path);
        const auto decoded = decode_body(golden.bytes);
        REQUIRE_MESSAGE(decoded.has_value(), decoded.error().message);
        CHECK(decoded->index() == sample.entry.index());
        CHECK(json_of(*decoded) == golden.meaning);
        CHECK(encode_body(*decoded) == golden.bytes);
    }
}

TEST_CASE("version 1 of stock_adjusted is read as version 2, its kind taken from its words") {
    const auto kind_of = [](const std::string& reason) {
        inventory::StockAdjustedV1T old;
        old.sku = Sku::from_stored("85123A");
        old.warehouse = WarehouseCode::from_stored("main");
        old.delta = -3;
        old.reason = reason;
        flatbuffers::FlatBufferBuilder builder;
        builder.Finish(inventory::StockAdjustedV1::Pack(builder, &old));
        const auto event = decode_event({302, 1}, {reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize()});
        REQUIRE(event.has_value());
        CHECK(key_of(*event) == EventKey{302, 2});
        const auto& adjusted = std::get<inventory::StockAdjustedT>(std::get<inventory::Event>(*event));
        CHECK(adjusted.delta == -3);
        CHECK(adjusted.reason == reason);
        CHECK(adjusted.sku.view() == "85123A");
        return adjusted.kind;
    };
    CHECK(kind_of("yearly count") == inventory::AdjustmentKind::count);
    CHECK(kind_of("water damage") == inventory::AdjustmentKind::damage);
    CHECK(kind_of("theft") == inventory::AdjustmentKind::loss);
    CHECK(kind_of("loss in transit") == inventory::AdjustmentKind::loss);
    CHECK(kind_of("customer return") == inventory::AdjustmentKind::returned);
    CHECK(kind_of("?") == inventory::AdjustmentKind::unknown);
}
