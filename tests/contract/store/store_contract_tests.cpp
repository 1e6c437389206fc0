// What every store adapter promises.
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "tests/contract/store/adapters.hpp"

namespace granary::tests {
namespace {

using Entries = std::vector<std::pair<std::string, std::string>>;

ports::StoreVisitor into(Entries& entries) {
    return [&entries](std::string_view key, std::string_view value) {
        entries.emplace_back(key, value);
        return true;
    };
}

template <class Source>
Entries scan(const Source& source, std::string_view table, std::string_view from = {}, std::string_view to = {}) {
    Entries entries;
    REQUIRE(source.scan(table, from, to, into(entries)));
    return entries;
}

template <class Source>
Entries scan_back(const Source& source, std::string_view table, std::string_view from = {}, std::string_view to = {}) {
    Entries entries;
    REQUIRE(source.scan_back(table, from, to, into(entries)));
    return entries;
}

void put(ports::Store& store, std::string_view table, std::string key, std::string value) {
    ports::StoreBatch batch;
    batch.put(table, std::move(key), std::move(value));
    REQUIRE(store.write(batch, ports::Durability::process));
}

std::string text(const Result<std::optional<std::string>>& got) {
    if (!got) return "fault " + got.error().message;
    return got->value_or("(none)");
}

}  // namespace

GRANARY_STORE_CASE("store: tables are created once, listed and dropped") {
    Case test;
    auto& store = test.store();
    CHECK(store.tables().empty());
    REQUIRE(store.create_table("orders@1"));
    REQUIRE(store.create_table("stock@1"));
    put(store, "orders@1", "a", "1");
    REQUIRE(store.create_table("orders@1"));
    CHECK(text(store.get("orders@1", "a")) == "1");
    CHECK(store.tables() == std::vector<std::string>{"orders@1", "stock@1"});
    REQUIRE(store.drop_table("orders@1"));
    CHECK(store.tables() == std::vector<std::string>{"stock@1"});
    test.reopen();
    CHECK(test.store().tables() == std::vector<std::string>{"stock@1"});
    REQUIRE(test.store().create_table("orders@1"));
    CHECK(text(test.store().get("orders@1", "a")) == "(none)");
}

GRANARY_STORE_CASE("store: what has no table is not_found, everywhere") {
    Case test;
    auto& store = test.store();
    const auto code = [](const auto& result) { return result ? FaultCode::halted : result.error().code; };
    const ports::StoreVisitor nothing = [](std::string_view, std::string_view) { return true; };
    CHECK(code(store.get("none", "a")) == FaultCode::not_found);
    CHECK(code(store.get_many("none", {"a"})) == FaultCode::not_found);
    CHECK(code(store.scan("none", "", "", nothing)) == FaultCode::not_found);
    CHECK(code(store.scan_back("none", "", "", nothing)) == FaultCode::not_found);
    CHECK(code(store.drop_table("none")) == FaultCode::not_found);
    CHECK(code(store.load("none")) == FaultCode::not_found);
    CHECK(code(store.snapshot()->get("none", "a")) == FaultCode::not_found);
}

GRANARY_STORE_CASE("store: a batch with an unknown table changes nothing") {
    Case test;
    REQUIRE(test.store().create_table("t"));
    ports::StoreBatch batch;
    batch.put("t", "a", "1");
    batch.put("none", "a", "1");
    const auto written = test.store().write(batch, ports::Durability::process);
    REQUIRE(!written);
    CHECK(written.error().code == FaultCode::not_found);
    CHECK(text(test.store().get("t", "a")) == "(none)");
}

GRANARY_STORE_CASE("store: later changes of a batch win, and a deleted key is gone") {
    Case test;
    auto& store = test.store();
    REQUIRE(store.create_table("t"));
    put(store, "t", "gone", "1");
    ports::StoreBatch batch;
    batch.put("t", "a", "1");
    batch.put("t", "a", "2");
    batch.remove("t", "gone");
    batch.remove("t", "never there");
    REQUIRE(store.write(batch, ports::Durability::device));
    REQUIRE(store.write({}, ports::Durability::device));
    CHECK(text(store.get("t", "a")) == "2");
    CHECK(text(store.get("t", "gone")) == "(none)");
    test.reopen();
    CHECK(scan(test.store(), "t") == Entries{{"a", "2"}});
}

GRANARY_STORE_CASE("store: values and keys are bytes: zeros, high bytes and empty values come back") {
    Case test;
    auto& store = test.store();
    REQUIRE(store.create_table("t"));
    const std::string key("\0\xff\0k", 4);
    put(store, "t", key, std::string("\xff\0", 2));
    put(store, "t", "empty", "");
    CHECK(text(store.get("t", key)) == std::string("\xff\0", 2));
    CHECK(text(store.get("t", "empty")).empty());
}

GRANARY_STORE_CASE("store: get_many answers each key in its place") {
    Case test;
    REQUIRE(test.store().create_table("t"));
    put(test.store(), "t", "b", "2");
    put(test.store(), "t", "a", "1");
    const auto got = test.store().get_many("t", {"b", "x", "a", "b"});
    REQUIRE(got);
    CHECK(*got == std::vector<std::optional<std::string>>{"2", std::nullopt, "1", "2"});
    CHECK(test.store().get_many("t", {})->empty());
}

GRANARY_STORE_CASE("store: scans are half-open, ordered by bytes, and stop when told") {
    Case test;
    auto& store = test.store();
    REQUIRE(store.create_table("t"));
    REQUIRE(store.create_table("u"));
    put(store, "u", "b", "other");
    for (const char* key : {"b", "a", "c", "aa", "\x80", "B"}) put(store, "t", key, key);
    const auto keys = [](const Entries& entries) {
        std::vector<std::string> out;
        for (const auto& [key, value] : entries) out.push_back(key);
        return out;
    };
    using Keys = std::vector<std::string>;
    CHECK(keys(scan(store, "t")) == Keys{"B", "a", "aa", "b", "c", "\x80"});
    CHECK(keys(scan(store, "t", "a", "b")) == Keys{"a", "aa"});
    CHECK(keys(scan(store, "t", "b")) == Keys{"b", "c", "\x80"});
    CHECK(keys(scan(store, "t", "", "a")) == Keys{"B"});
    CHECK(keys(scan(store, "t", "c", "a")).empty());
    CHECK(keys(scan(store, "t", "b", "b")).empty());
    CHECK(keys(scan_back(store, "t")) == Keys{"\x80", "c", "b", "aa", "a", "B"});
    CHECK(keys(scan_back(store, "t", "a", "b")) == Keys{"aa", "a"});
    CHECK(keys(scan_back(store, "t", "aa")) == Keys{"\x80", "c", "b", "aa"});
    CHECK(keys(scan_back(store, "t", "c", "a")).empty());
    int seen = 0;
    REQUIRE(store.scan("t", "", "", [&](std::string_view, std::string_view) { return ++seen < 2; }));
    CHECK(seen == 2);
    seen = 0;
    REQUIRE(store.scan_back("t", "", "", [&](std::string_view, std::string_view) { return ++seen < 2; }));
    CHECK(seen == 2);
}

GRANARY_STORE_CASE("store: a snapshot stays as it was, over all tables, even when one is dropped") {
    Case test;
    auto& store = test.store();
    REQUIRE(store.create_table("t"));
    REQUIRE(store.create_table("u"));
    put(store, "t", "a", "old");
    put(store, "u", "a", "old");
    const auto snapshot = store.snapshot();
    ports::StoreBatch batch;
    batch.put("t", "a", "new");
    batch.put("t", "b", "new");
    batch.remove("u", "a");
    REQUIRE(store.write(batch, ports::Durability::process));
    REQUIRE(store.drop_table("u"));
    CHECK(text(snapshot->get("t", "a")) == "old");
    CHECK(text(snapshot->get("t", "b")) == "(none)");
    CHECK(scan(*snapshot, "t") == Entries{{"a", "old"}});
    CHECK(scan_back(*snapshot, "u") == Entries{{"a", "old"}});
    CHECK(text(store.get("t", "a")) == "new");
}

GRANARY_STORE_CASE("store: a loader shows nothing before it is finished, and everything afterwards") {
    Case test;
    auto& store = test.store();
    REQUIRE(store.create_table("t"));
    auto snapshot = store.snapshot();
    auto loader = store.load("t");
    REQUIRE(loader);
    constexpr int count = 5000;
    for (int i = 0; i < count; ++i) REQUIRE((*loader)->add("key" + std::to_string(100000 + i), std::string(100, 'v')));
    const auto unordered = (*loader)->add("key100000", "again");
    REQUIRE(!unordered);
    CHECK(unordered.error().code == FaultCode::invalid_argument);
    CHECK(scan(store, "t").empty());
    REQUIRE((*loader)->finish());
    loader->reset();
    CHECK(scan(store, "t").size() == count);
    CHECK(scan(*snapshot, "t").empty());
    snapshot.reset();
    put(store, "t", "key100000", "changed");
    test.reopen();
    CHECK(scan(test.store(), "t").size() == count);
    CHECK(text(test.store().get("t", "key100000")) == "changed");
    CHECK(text(test.store().get("t", "key104999")) == std::string(100, 'v'));
}

GRANARY_STORE_CASE("store: a loader goes over what is in its table, and takes changes of other tables along") {
    Case test;
    auto& store = test.store();
    REQUIRE(store.create_table("rows"));
    REQUIRE(store.create_table("notes"));
    for (const char* key : {"a", "b", "c", "d"}) put(store, "rows", key, "old");
    put(store, "notes", "gone", "old");
    put(store, "notes", "kept", "old");
    const auto load = [&](const std::string& value) {
        auto loader = store.load("rows");
        REQUIRE(loader);
        REQUIRE((*loader)->add("a", value));
        REQUIRE((*loader)->remove("b"));
        const auto unordered = (*loader)->remove("a");
        REQUIRE(!unordered);
        CHECK(unordered.error().code == FaultCode::invalid_argument);
        REQUIRE((*loader)->add("e", value));
        ports::StoreBatch notes;
        notes.put("notes", "z", "overwritten");
        notes.put("notes", "z", value);
        notes.put("notes", "at", value);
        notes.remove("notes", "gone");
        REQUIRE((*loader)->finish_with(notes));
    };
    load("first");
    load("second");
    const Entries rows{{"a", "second"}, {"c", "old"}, {"d", "old"}, {"e", "second"}};
    const Entries notes{{"at", "second"}, {"kept", "old"}, {"z", "second"}};
    CHECK(scan(store, "rows") == rows);
    CHECK(scan(store, "notes") == notes);
    test.reopen();
    CHECK(scan(test.store(), "rows") == rows);
    CHECK(scan(test.store(), "notes") == notes);
    put(test.store(), "notes", "at", "third");
    CHECK(text(test.store().get("notes", "at")) == "third");
}

GRANARY_STORE_CASE("store: a loader that can't take the other changes takes nothing") {
    Case test;
    auto& store = test.store();
    REQUIRE(store.create_table("rows"));
    for (const char* table : {"rows", "none"}) {
        auto loader = store.load("rows");
        REQUIRE(loader);
        REQUIRE((*loader)->add("a", "1"));
        ports::StoreBatch changes;
        changes.put(table, "k", "v");
        CHECK_FALSE((*loader)->finish_with(changes));
    }
    CHECK(scan(store, "rows").empty());
    // Without rows of its own it still takes the others along.
    REQUIRE(store.create_table("notes"));
    ports::StoreBatch changes;
    changes.put("notes", "k", "v");
    auto loader = store.load("rows");
    REQUIRE(loader);
    REQUIRE((*loader)->finish_with(changes));
    CHECK(text(store.get("notes", "k")) == "v");
}

GRANARY_STORE_CASE("store: an unfinished loader leaves nothing, an empty one finishes") {
    Case test;
    REQUIRE(test.store().create_table("t"));
    {
        auto loader = test.store().load("t");
        REQUIRE(loader);
        REQUIRE((*loader)->add("a", "1"));
    }
    auto empty = test.store().load("t");
    REQUIRE(empty);
    REQUIRE((*empty)->finish());
    empty->reset();
    CHECK(scan(test.store(), "t").empty());
    test.reopen();
    CHECK(scan(test.store(), "t").empty());
}

GRANARY_STORE_CASE("store: readers never see half a batch") {
    Case test;
    auto& store = test.store();
    REQUIRE(store.create_table("t"));
    REQUIRE(store.create_table("u"));
    put(store, "t", "n", "0");
    put(store, "u", "n", "0");
    std::atomic<bool> done{false};
    std::atomic<int> torn{0};
    std::atomic<int> looks{0};
    std::vector<std::thread> readers;
    for (int i = 0; i < 2; ++i) {
        readers.emplace_back([&] {
            while (!done || looks == 0) {
                const auto snapshot = store.snapshot();
                if (text(snapshot->get("t", "n")) != text(snapshot->get("u", "n"))) ++torn;
                ++looks;
            }
        });
    }
    for (int number = 1; number <= 2000; ++number) {
        ports::StoreBatch batch;
        batch.put("t", "n", std::to_string(number));
        batch.put("u", "n", std::to_string(number));
        if (!store.write(batch, ports::Durability::process)) ++torn;
    }
    done = true;
    for (auto& reader : readers) reader.join();
    CHECK(torn == 0);
    CHECK(text(store.get("u", "n")) == "2000");
}

}  // namespace granary::tests
