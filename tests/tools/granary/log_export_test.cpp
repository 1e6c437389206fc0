// `granary log export`: every record is there, what counts is said, and nothing is shown that must stay hidden.
#include "tools/granary/log_export.hpp"

#include <doctest/doctest.h>

#include "core/digest.hpp"
#include "tests/temporary_folder.hpp"
#include "tests/tools/granary/chain_writer.hpp"
#include "tests/tools/granary/log_verb_run.hpp"
#include "tools/granary/json_value.hpp"

using namespace granary;
using namespace granary::cli;
using granary::tests::ChainWriter;

namespace {

constexpr std::uint32_t partitions = 4;
const OrderId order{{1, 42}};
const auto home = partition_of(order_stream(order).routing_key, partitions);

struct Exported {
    std::vector<JsonValue> lines;
    std::string text;
    ExportSummary summary;

    std::vector<JsonValue> of(std::string_view kind) const {
        std::vector<JsonValue> found;
        for (const auto& line : lines) {
            if (line.string_at("line") == kind) found.push_back(line);
        }
        return found;
    }
};

Exported exported(ports::Log& log, const ExportSelection& selection = {}) {
    Exported result;
    const auto summary = export_log(log, selection, [&](std::string_view line) -> Status {
        REQUIRE(line.ends_with('\n'));
        auto value = parse_json(line);
        REQUIRE_MESSAGE(value, line);
        result.lines.push_back(std::move(*value));
        result.text += line;
        return {};
    }, {});
    REQUIRE(summary);
    result.summary = *summary;
    return result;
}

Event placed() {
    orders::OrderPlacedT event;
    event.order_id = order;
    event.total = {1530, currency("GBP")};
    event.payment_token = "tok_of_somebody";
    event.ship_to = std::make_unique<wire::SealedT>();
    event.ship_to->person = {{7, 7}};
    event.ship_to->box = {'c', 'i', 'p', 'h', 'e', 'r'};
    return orders::Event{std::move(event)};
}
Event packed() {
    orders::OrderPackedT event;
    event.order_id = order;
    return orders::Event{event};
}

std::vector<Event> one(Event event) {
    std::vector<Event> events;
    events.push_back(std::move(event));
    return events;
}

std::string decoded(std::string_view base64) {
    constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string bytes;
    std::uint32_t buffer = 0;
    int bits = 0;
    for (const char c : base64) {
        if (c == '=') break;
        buffer = (buffer << 6 | static_cast<std::uint32_t>(digits.find(c))) & 0xFFFF;
        bits += 6;
        if (bits < 8) continue;
        bits -= 8;
        bytes += static_cast<char>(buffer >> bits & 0xFF);
    }
    return bytes;
}

std::string cell(const JsonValue& line, std::string_view name) {
    const auto* value = line.find(name);
    return value == nullptr ? "(none)" : value->cell();
}

}  // namespace

TEST_CASE("an export holds every record, says which count, and ends with what it held") {
    memory::MemoryLog log{{Uuid{9, 9}, partitions}};
    ChainWriter writer(log);
    writer.commit(order_stream(order), one(placed()));
    writer.void_commit(order_stream(order), one(packed()));
    writer.commit(order_stream(order), one(packed()));
    const auto all = exported(log);
    CHECK(cell(all.lines.front(), "id") == hex_of(Uuid{9, 9}));
    CHECK(all.of("partition").size() == partitions);
    CHECK(all.lines.back().string_at("line") == "end");
    CHECK(cell(all.lines.back(), "records") == "3");
    CHECK(cell(all.lines.back(), "sound") == "true");
    const auto records = all.of("record");
    REQUIRE(records.size() == 3);
    CHECK(cell(records[0], "counts") == "true");
    CHECK(cell(records[1], "counts") == "false");
    CHECK(cell(records[2], "counts") == "true");
    CHECK(cell(records[2], "prev") == cell(records[0], "sha256"));
    const auto* events = records[0].find("commit")->find("events");
    REQUIRE(events->items.size() == 1);
    CHECK(events->items[0].string_at("name") == "order_placed");
    CHECK(events->items[0].find("fields")->find("total")->json() == R"({"amount":1530,"currency":"GBP"})");
    const auto one_only = exported(log, {.partition = home});
    CHECK(one_only.of("partition").size() == 1);
    CHECK(one_only.of("record").size() == 3);
}

TEST_CASE("tokens are hidden and personal data stays sealed; with the raw bytes every hash can be worked out") {
    memory::MemoryLog log{{Uuid{9, 9}, partitions}};
    ChainWriter writer(log);
    writer.commit(order_stream(order), one(placed()));
    const auto plain = exported(log);
    CHECK(plain.text.find("tok_of_somebody") == std::string::npos);
    CHECK(plain.text.find("(hidden)") != std::string::npos);
    CHECK(plain.text.find("cipher") == std::string::npos);
    CHECK(plain.text.find("sealed_for") != std::string::npos);
    CHECK(plain.of("record")[0].find("raw") == nullptr);
    const auto raw = exported(log, {.raw = true});
    const auto record = raw.of("record")[0];
    const auto bytes = decoded(record.string_at("raw"));
    CHECK(std::to_string(bytes.size()) == cell(record, "bytes"));
    CHECK(hex_of(sha256(bytes)) == record.string_at("sha256"));
    CHECK(bytes.find("tok_of_somebody") != std::string::npos);  // which is why somebody has to ask for them
}

TEST_CASE("a halted partition is exported behind its damage too, without a word on what counts there") {
    memory::MemoryLog log{{Uuid{9, 9}, partitions}};
    ChainWriter writer(log);
    writer.commit(order_stream(order), one(placed()));
    log.inject(home, "no record at all");
    writer.commit(order_stream(order), one(packed()));
    const auto all = exported(log);
    REQUIRE(all.summary.damage);
    CHECK(all.summary.damage->code == FaultCode::halted);
    const auto records = all.of("record");
    REQUIRE(records.size() == 3);
    CHECK(cell(records[0], "counts") == "true");
    CHECK(records[1].find("counts")->kind == JsonValue::Kind::null);
    CHECK(cell(records[1], "unreadable") == "these bytes are no record");
    CHECK(records[2].find("counts")->kind == JsonValue::Kind::null);
    CHECK(cell(all.of("partition")[home.number], "halted_at") == "1");
    CHECK(cell(all.lines.back(), "sound") == "false");
}

TEST_CASE("a record that was annulled counts in the chain and says so") {
    memory::MemoryLog log{{Uuid{9, 9}, partitions}};
    Digest head = chain::genesis({9, 9}, home);
    const auto add = [&](const std::string& body) {
        const std::string record = chain::make_record(head, body);
        head = sha256(record);
        log.inject(home, record);
    };
    envelope::AnnulT annul;
    annul.offset = 0;
    annul.reason = "a broken tool";
    annul.actor = "operator:ada";
    annul.time = Time{1};
    add("rubbish");
    add(encode_body(LogEntry(annul)));
    const auto records = exported(log).of("record");
    REQUIRE(records.size() == 2);
    CHECK(cell(records[0], "counts") == "true");
    CHECK(cell(records[0], "annulled") == "true");
    CHECK(records[0].find("unreadable") != nullptr);
    CHECK(records[1].find("annulled") == nullptr);
    CHECK(records[1].find("annul")->string_at("reason") == "a broken tool");
}

TEST_CASE("a sink that is full ends the export") {
    memory::MemoryLog log{{Uuid{9, 9}, partitions}};
    int lines = 0;
    const auto summary = export_log(log, {}, [&](std::string_view) -> Status {
        if (++lines == 3) return fault(FaultCode::io_error, "no space left");
        return {};
    }, {});
    REQUIRE_FALSE(summary);
    CHECK(summary.error().code == FaultCode::io_error);
    CHECK(lines == 3);
}

TEST_CASE("granary log export: exit codes") {
    const granary::tests::TemporaryFolder folder;
    CHECK(run("log export --data " + folder.path()) == exit_fault);
    REQUIRE(run("log create --data " + folder.path() + " --partitions 4") == exit_fine);
    CHECK(run("log export --raw --data " + folder.path()) == exit_fine);
    CHECK(run("log export --partition 4 --data " + folder.path()) == exit_usage);
}
