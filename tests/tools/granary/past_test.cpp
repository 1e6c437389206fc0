// Views of the past in folders: the nearest snapshot is found and believed only if it fits, and a build from it equals one from the beginning.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "platform/adapters/memory/memory_store.hpp"
#include "tests/temporary_folder.hpp"
#include "tests/tools/granary/chain_writer.hpp"
#include "tests/tools/granary/log_verb_run.hpp"
#include "tools/granary/past/view_folder.hpp"
#include "tools/granary/past/views_at.hpp"
#include "tools/granary/whole_file.hpp"

namespace granary::cli {
namespace {

using tests::ChainWriter;
using Rows = std::map<std::string, std::string>;

constexpr ports::LogIdentity identity{{9, 9}, 4};

struct Shop {
    memory::MemoryLog log{identity};
    ChainWriter writer{log};
    tests::TemporaryFolder folder;
    std::string snapshots = folder.at("snapshots");

    void receive(const std::string& sku, std::int64_t quantity) {
        inventory::StockReceivedT event;
        event.sku = *Sku::parse(sku);
        event.warehouse = *WarehouseCode::parse("main");
        event.quantity = quantity;
        writer.commit(stock_stream(event.sku, event.warehouse), {inventory::Event{event}});
    }
    void receive_many(int n) {
        for (int i = 0; i < n; ++i) receive("SKU-" + std::to_string(i % 7), i + 1);
    }
    AsOf moment(const std::string& text) { return *parse_as_of(log, text); }

    ViewAt build(ports::Store& store, const std::string& as_of, const std::string& from) {
        auto built = build_views_at(log, store, {"stock"}, moment(as_of), {from, 2, {}, {}});
        REQUIRE_MESSAGE(built, built.error().message);
        return built->front();
    }
    // As `projection snapshot` does, of the log as it is now; answers its positions.
    std::string keep(const std::string& name, const ports::LogIdentity& log_named = identity) {
        auto made = NewViewFolder::make(snapshots + "/" + name);
        REQUIRE_MESSAGE(made, made.error().message);
        const auto built = build((*made)->store(), "", "");
        REQUIRE((*made)->finish({hex_of(log_named.id), log_named.partitions, built.positions, {}, {"stock"}}));
        return text_of(built.positions);
    }
};

Rows rows_of(const ports::Store& store) {
    Rows rows;
    REQUIRE(store.scan("stock@1", "", "", [&](std::string_view key, std::string_view value) { return rows.emplace(key, value).second; }));
    return rows;
}

std::string name_of(const ViewAt& built) { return std::filesystem::path(built.snapshot).filename().string(); }

}  // namespace

TEST_CASE("past: a build begins from the newest snapshot at or before the moment, in every partition, and equals one from the beginning") {
    Shop shop;
    shop.receive_many(20);
    const std::string first = shop.keep("first");
    const std::string first_time = rfc3339_of(shop.writer.time());
    shop.receive_many(20);
    const std::string second = shop.keep("second");
    shop.receive_many(20);
    shop.keep("third");
    shop.receive_many(5);
    const std::map<std::string, std::string> expected{{"", "third"}, {second, "second"}, {first, "first"}, {first_time, "first"}, {"0:0", ""}, {"-", ""}};
    for (const auto& [as_of, snapshot] : expected) {
        CAPTURE(as_of);
        memory::MemoryStore from_snapshot;
        const auto built = shop.build(from_snapshot, as_of, shop.snapshots);
        CHECK(name_of(built) == snapshot);
        memory::MemoryStore from_start;
        const auto whole = shop.build(from_start, as_of, "");
        CHECK(whole.snapshot.empty());
        CHECK(rows_of(from_snapshot) == rows_of(from_start));
        CHECK(built.positions == whole.positions);
        CHECK((snapshot.empty() || built.records < whole.records));
    }
}

TEST_CASE("past: a snapshot of another log, of a later moment in one partition, or one that can't be read is passed over") {
    Shop shop;
    shop.receive_many(20);
    shop.keep("other log", {{1, 1}, 4});
    shop.keep("unreadable");
    std::ofstream(shop.snapshots + "/unreadable/about.json") << "{";
    std::filesystem::create_directories(shop.snapshots + "/unfinished/store");
    memory::MemoryStore store;
    CHECK(shop.build(store, "", shop.snapshots).snapshot.empty());
    const std::string here = shop.keep("here");
    // One partition stands one record before the snapshot.
    const auto colon = here.find(':');
    const auto comma = std::min(here.find(','), here.size());
    const auto offset = std::stoll(here.substr(colon + 1, comma - colon - 1));
    REQUIRE(offset > 0);
    const std::string before = here.substr(0, colon + 1) + std::to_string(offset - 1) + here.substr(comma);
    memory::MemoryStore earlier;
    CHECK(shop.build(earlier, before, shop.snapshots).snapshot.empty());
    memory::MemoryStore same;
    CHECK(name_of(shop.build(same, here, shop.snapshots)) == "here");
}

TEST_CASE("past: a folder of views is there when it is whole, goes where nothing is, and says what it answers for") {
    Shop shop;
    shop.receive_many(3);
    { REQUIRE(NewViewFolder::make(shop.folder.at("gone"))); }
    CHECK(std::filesystem::is_empty(shop.folder.path()));
    CHECK(ViewFolder::open(shop.folder.at("gone")).error().code == FaultCode::not_found);
    const std::string positions = shop.keep("here");
    const auto opened = ViewFolder::open(shop.snapshots + "/here");
    REQUIRE(opened);
    CHECK(text_of(opened->about().positions) == positions);
    CHECK(opened->about().views == std::vector<std::string>{"stock"});
    CHECK(NewViewFolder::make(shop.snapshots + "/here").error().code == FaultCode::conflict);
}

TEST_CASE("granary projection build, snapshot and export --view-dir: usage errors are told apart from what is wrong") {
    const tests::TemporaryFolder folder;
    const std::string data = " --data " + folder.at("data");
    CHECK(run("log create --partitions 2" + data) == exit_fine);
    CHECK(run("projection build orders stock --out " + folder.at("built") + data) == exit_fine);
    CHECK(run("projection build orders --out " + folder.at("built") + data) == exit_fault);
    CHECK(run("projection build horoscopes --out " + folder.at("other") + data) == exit_usage);
    CHECK(run("projection build orders --as-of tomorrow --out " + folder.at("other") + data) == exit_usage);
    CHECK(run("projection build orders" + data) == exit_usage);
    CHECK(run("projection snapshot orders" + data) == exit_fault);  // nobody has folded anything there
    CHECK(run("export orders --format csv --out " + folder.at("orders.csv") + " --view-dir " + folder.at("built")) == exit_fine);
    CHECK(run("export payments --format csv --out " + folder.at("payments.csv") + " --view-dir " + folder.at("built")) == exit_fault);
    CHECK(run("export events --view-dir " + folder.at("built")) == exit_usage);
    CHECK(run("export orders --as-of 0:1 --view-dir " + folder.at("built")) == exit_usage);
}

}  // namespace granary::cli
