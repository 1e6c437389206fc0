// Whoever scans a record and whoever decodes it must agree, of sound bytes and of damaged ones: else one reader of a log would
// halt where another goes on.
#include <doctest/doctest.h>
#include <rapidcheck.h>

#include "schemas/body_scanner.hpp"
#include "schemas/event_check.hpp"
#include "tests/schemas/samples.hpp"

using namespace granary;

namespace {

constexpr StreamKinds nothing{};
constexpr StreamKinds everything{~0U};

std::string code_of(const auto& result) { return result ? "fine" : std::string(name_of(result.error().code)); }

// One scanner for all, as readers use it: what it has seen before must not matter.
void check_agreement(BodyScanner& scanner, const std::string& body) {
    const auto decoded = decode_body(body);
    const auto outline = scanner.scan(body, nothing);
    REQUIRE(code_of(outline) == code_of(decoded));
    if (decoded && std::holds_alternative<Commit>(*decoded)) {
        const auto& commit = std::get<Commit>(*decoded);
        CHECK(outline->commit == nullptr);
        CHECK(outline->control == nullptr);
        CHECK(outline->stream_kind == commit.stream().kind);
        CHECK(outline->routing_key == commit.meta.routing_key);
        CHECK(outline->time == commit.meta.time);
        CHECK(outline->events == commit.events.size());
    }
    const auto whole = scanner.scan(body, everything);
    REQUIRE(code_of(whole) == code_of(decoded));
    if (!decoded) return;
    if (whole->control != nullptr) {
        CHECK(encode_body(*whole->control) == encode_body(*decoded));
    } else if (static_cast<unsigned>(whole->stream_kind) >= 32) {
        // A kind of stream beyond the set is never wanted.
        CHECK(whole->commit == nullptr);
    } else {
        REQUIRE(whole->commit != nullptr);
        CHECK(encode_commit(*whole->commit) == encode_body(*decoded));
    }
}

}  // namespace

TEST_CASE("a scan gives what decoding gives, of every kind of record and with every bit flipped") {
    BodyScanner scanner;
    for (const auto& sample : samples::records()) {
        CAPTURE(sample.name);
        const auto body = encode_body(sample.entry);
        check_agreement(scanner, body);
        for (std::size_t at = 0; at < body.size() * 8; ++at) {
            auto damaged = body;
            damaged[at / 8] = static_cast<char>(damaged[at / 8] ^ (1 << at % 8));
            check_agreement(scanner, damaged);
        }
    }
}

TEST_CASE("what one commit leaves in the scanner does not show in the next") {
    BodyScanner scanner;
    const auto records = samples::records();
    Commit bare = std::move(std::get<Commit>(*decode_body(encode_body(records.front().entry))));
    bare.meta.causation = {};
    bare.meta.traceparent.clear();
    bare.events.resize(1);
    REQUIRE(scanner.scan(encode_body(records.front().entry), everything));
    const auto found = scanner.scan(encode_commit(bare), everything);
    REQUIRE(found);
    CHECK(encode_commit(*found->commit) == encode_commit(bare));
}

TEST_CASE("an event is checked as it is decoded, of every type and version, with every byte changed and at every cut") {
    for (const auto& sample : samples::events()) {
        CAPTURE(sample.name);
        CHECK(code_of(check_event(sample.key, sample.payload)) == "fine");
        for (std::size_t at = 0; at < sample.payload.size(); ++at) {
            auto damaged = sample.payload;
            damaged[at] = static_cast<char>(~damaged[at]);
            CHECK(code_of(check_event(sample.key, damaged)) == code_of(decode_event(sample.key, damaged)));
            const auto cut = sample.payload.substr(0, at);
            CHECK(code_of(check_event(sample.key, cut)) == code_of(decode_event(sample.key, cut)));
        }
    }
    for (const EventKey key : {EventKey{101, 2}, EventKey{199, 1}, EventKey{999, 1}, EventKey{0, 1}}) CHECK(code_of(check_event(key, "")) == code_of(decode_event(key, "")));
}

TEST_CASE("random bytes are judged alike") {
    BodyScanner scanner;
    CHECK(rc::check([&] {
        const auto bytes = *rc::gen::arbitrary<std::string>();
        RC_ASSERT(code_of(scanner.scan(bytes, everything)) == code_of(decode_body(bytes)));
    }));
}
