// Encoding and decoding of records and states; what is damaged or unknown is refused without harm (run under asan too).
#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <cstring>
#include <functional>
#include <set>

#include "core/limits.hpp"
#include "schemas/envelope_tables.h"
#include "schemas/json_values.hpp"
#include "schemas/table_codec.hpp"
#include "tests/schemas/samples.hpp"

using namespace granary;

namespace {

const Commit& sample_commit() {
    static const auto records = samples::records();
    return std::get<Commit>(records.front().entry);
}

// A commit whose one event has these bytes and this key, true or not.
std::string body_with(EventKey key, const std::string& payload) {
    flatbuffers::FlatBufferBuilder builder;
    const auto bytes = builder.CreateVector(reinterpret_cast<const std::uint8_t*>(payload.data()), payload.size());
    const auto record = envelope::CreateEventRecord(builder, key.type, key.version, bytes, nullptr);
    const auto events = builder.CreateVector(std::vector{record});
    const auto text = builder.CreateString("ord_1");
    const auto time = flatbuffers::Pack(Time{1});
    const auto command = flatbuffers::Pack(CommandId{{1, 1}});
    const auto fingerprint = flatbuffers::Pack(Fingerprint{});
    const auto correlation = flatbuffers::Pack(CorrelationId{});
    const auto commit = envelope::CreateCommit(builder, 1, text, text, 1, &time, &command, &fingerprint, &correlation, nullptr, text, 0, events);
    builder.Finish(envelope::CreateRecord(builder, envelope::Body::Commit, commit.Union()));
    return {reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize()};
}

// A copy that starts at an address which is no multiple of 8, with nothing behind it that could be read by mistake.
Result<LogEntry> decode_anywhere(const std::string& body, std::size_t shift) {
    const std::unique_ptr<char[]> memory(new char[shift + body.size()]);
    std::memcpy(memory.get() + shift, body.data(), body.size());
    return decode_body({memory.get() + shift, body.size()});
}

}  // namespace

TEST_CASE("a commit comes back whole, wherever its bytes lie") {
    const auto body = encode_commit(sample_commit());
    for (std::size_t shift = 0; shift < 8; ++shift) {
        const auto entry = decode_anywhere(body, shift);
        REQUIRE(entry.has_value());
        const auto& commit = std::get<Commit>(*entry);
        CHECK(commit.stream() == sample_commit().stream());
        CHECK(commit.meta.first_version == 7);
        CHECK(commit.last_version() == 8);
        CHECK(commit.events[0].occurred_at == sample_commit().events[0].occurred_at);
        CHECK(commit.events[1].occurred_at == commit.meta.time);
        CHECK(encode_commit(commit) == body);
    }
}

TEST_CASE("what is left out of a commit comes back as absent") {
    Commit commit = sample_commit();
    commit.meta.causation = {};
    commit.meta.traceparent.clear();
    commit.meta.fingerprint = {};
    commit.events.pop_back();
    commit.events[0].occurred_at = {};
    const auto entry = decode_body(encode_commit(commit));
    REQUIRE(entry.has_value());
    const auto& read = std::get<Commit>(*entry);
    CHECK(read.meta.causation.is_nil());
    CHECK(read.meta.traceparent.empty());
    CHECK(read.events[0].occurred_at == read.meta.time);
}

TEST_CASE("an order of a thousand lines fits into a commit and comes back") {
    Commit commit = sample_commit();
    auto& placed = std::get<orders::OrderPlacedT>(std::get<orders::Event>(commit.events[0].event));
    while (placed.lines.size() < limits::order_lines_max) {
        placed.lines.push_back(std::make_unique<orders::OrderLineT>(*placed.lines[0]));
        placed.lines.back()->name.assign(limits::product_name_bytes_max, 'n');
    }
    const auto body = encode_commit(commit);
    CHECK(body.size() < limits::commit_bytes_max);
    const auto entry = decode_body(body);
    REQUIRE(entry.has_value());
    CHECK(encode_commit(std::get<Commit>(*entry)) == body);
}

TEST_CASE("every flipped bit of every record either fails or decodes to something that can be written again") {
    std::size_t refused = 0;
    for (const auto& sample : samples::records()) {
        const auto body = encode_body(sample.entry);
        for (std::size_t at = 0; at < body.size() * 8; ++at) {
            auto damaged = body;
            damaged[at / 8] = static_cast<char>(damaged[at / 8] ^ (1 << at % 8));
            const auto entry = decode_anywhere(damaged, at % 8);
            if (entry) {
                (void)encode_body(*entry);
            } else {
                ++refused;
                CHECK((entry.error().code == FaultCode::corrupt || entry.error().code == FaultCode::unsupported));
            }
        }
    }
    CHECK(refused > 1000);
}

TEST_CASE("every flipped byte and every cut of every event's payload is survived") {
    std::size_t refused = 0;
    for (const auto& sample : samples::events()) {
        CAPTURE(sample.name);
        for (std::size_t at = 0; at < sample.payload.size(); ++at) {
            auto damaged = sample.payload;
            damaged[at] = static_cast<char>(~damaged[at]);
            const auto event = decode_event(sample.key, damaged);
            if (event) {
                JsonWriter json;
                write_json(json, *event);
                (void)encode_event(*event);
            }
            CHECK((event || event.error().code == FaultCode::corrupt));
            const auto cut = std::make_unique<std::string>(sample.payload.substr(0, at));
            const auto part = decode_event(sample.key, *cut);
            CHECK((part || part.error().code == FaultCode::corrupt));
            if (!part) ++refused;
        }
    }
    CHECK(refused > 1000);
}

TEST_CASE("no listing shows a payment token, but says that there was one") {
    std::size_t with_token = 0;
    for (const auto& sample : samples::events()) {
        CAPTURE(sample.name);
        JsonWriter json;
        write_json(json, sample.newest);
        const std::string shown = json.take();
        // The samples fill every text with "a NAME" and more.
        CHECK(shown.find("a token") == std::string::npos);
        CHECK(shown.find("a payment_token") == std::string::npos);
        if (shown.find("token\":\"" + std::string(hidden_text) + "\"") != std::string::npos) ++with_token;
    }
    CHECK(with_token == 3);  // order placed, payment submitted, payment started
}

TEST_CASE("a truncated record is refused, at every length") {
    for (const auto& sample : samples::records()) {
        const auto body = encode_body(sample.entry);
        // A cut within the padding at the very end can't be told from the whole; the record's header counts the bytes.
        for (std::size_t size = 0; size + 8 < body.size(); ++size) {
            const auto entry = decode_anywhere(body.substr(0, size), size % 8);
            if (entry) CHECK(encode_body(*entry) == body);
        }
        CHECK_FALSE(decode_body({}).has_value());
        CHECK_FALSE(decode_body(body.substr(0, body.size() / 2)).has_value());
    }
}

TEST_CASE("random bytes are refused or decode, never worse") {
    const bool held = rc::check("random bytes", [] {
        const auto bytes = *rc::gen::arbitrary<std::string>();
        if (const auto entry = decode_body(bytes)) (void)encode_body(*entry);
        for (const auto& info : samples::known_events()) {
            if (const auto event = decode_event(info.key, bytes)) (void)encode_event(*event);
        }
    });
    CHECK(held);
}

TEST_CASE("an event type, a version or a kind of record that this build does not know is unsupported, not corrupt") {
    const auto payload = samples::events().front().payload;
    for (const EventKey key : {EventKey{101, 2}, EventKey{101, 0}, EventKey{199, 1}, EventKey{999, 1}, EventKey{0, 1}, EventKey{302, 3}}) {
        CHECK(decode_event(key, payload).error().code == FaultCode::unsupported);
        CHECK(decode_body(body_with(key, payload)).error().code == FaultCode::unsupported);
    }
    CHECK(decode_body(body_with({101, 1}, payload)).has_value());
    CHECK(decode_body(body_with({101, 1}, "not a buffer")).error().code == FaultCode::corrupt);
    CHECK(decode_body(body_with({101, 1}, "")).error().code == FaultCode::corrupt);

    // flatc's verifier of a union lets an unknown member through.
    flatbuffers::FlatBufferBuilder builder;
    const auto time = flatbuffers::Pack(Time{1});
    const auto claim = envelope::CreateClaim(builder, builder.CreateString("n"), 0, &time);
    builder.Finish(envelope::CreateRecord(builder, static_cast<envelope::Body>(77), claim.Union()));
    CHECK(decode_body({reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize()}).error().code == FaultCode::unsupported);
}

TEST_CASE("a commit without events is corrupt") {
    Commit commit = sample_commit();
    commit.events.clear();
    CHECK(decode_body(encode_commit(commit)).error().code == FaultCode::corrupt);
}

TEST_CASE("states come back as they were, and damaged ones are refused") {
    payments::PaymentStateT state;
    state.payment_id = PaymentId{{1, 2}};
    state.status = payments::PaymentStatus::refunding;
    state.amount = {100, currency("GBP")};
    state.open_refunds.push_back(std::make_unique<payments::OpenRefundT>());
    state.open_refunds[0]->refund_id = RefundId{{3, 4}};
    state.closed_refunds.push_back(std::make_unique<payments::ClosedRefundT>());
    state.closed_refunds[0]->failed = true;
    const auto bytes = encode(state);
    const auto read = payments::decode_payment_state(bytes);
    REQUIRE(read.has_value());
    CHECK(encode(*read) == bytes);
    CHECK(read->closed_refunds[0]->failed);
    CHECK_FALSE(payments::decode_payment_state(bytes.substr(0, bytes.size() / 2)).has_value());

    inventory::ReservationT reservation;
    reservation.reservation_id = ReservationId{{1, 1}};
    reservation.status = inventory::ReservationStatus::committed;
    reservation.quantity = 9;
    const auto again = inventory::decode_reservation(encode(reservation));
    REQUIRE(again.has_value());
    CHECK(again->quantity == 9);
    CHECK(again->status == inventory::ReservationStatus::committed);
}

TEST_CASE("an event's id depends on the command and on its place, and on nothing else") {
    std::set<Uuid> seen;
    for (std::uint64_t command = 1; command <= 20; ++command) {
        for (std::size_t index = 0; index < 20; ++index) {
            const auto id = event_id(CommandId{{command, 7}}, index);
            CHECK(id == event_id(CommandId{{command, 7}}, index));
            CHECK(seen.insert(id.value).second);
        }
    }
}
