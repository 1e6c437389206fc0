// Keys in a file: shown once, noticed by a running server, revoked, and safe against damage.
#include <doctest/doctest.h>
#include <sys/stat.h>

#include <fstream>
#include <sstream>

#include "core/limits.hpp"
#include "platform/adapters/api_key_file/api_key_file.hpp"
#include "platform/adapters/system/system_random.hpp"
#include "tests/temporary_folder.hpp"

using namespace granary;

namespace {

class HandClock final : public ports::Clock {
  public:
    Time now() const override { return {1'770'000'000'000'000 + us_}; }
    Duration monotonic() const override { return {us_}; }
    void pass(Duration time) { us_ += time.us; }

  private:
    std::int64_t us_ = 1'000'000'000;
};

struct Bench {
    tests::TemporaryFolder folder;
    HandClock clock;
    SystemRandom random;
    std::vector<Fault> notices;

    std::unique_ptr<ports::ApiKeyStore> open() {
        auto keys = adapters::open_api_key_file(folder.at("keys"), clock, random, [this](const Fault& fault) { notices.push_back(fault); });
        REQUIRE(keys.has_value());
        return std::move(*keys);
    }
    std::string file() const { return folder.at("keys") + "/api_keys.jsonl"; }
    std::string text() const {
        std::ifstream in(file());
        std::ostringstream out;
        out << in.rdbuf();
        return out.str();
    }
    void append(const std::string& bytes) const { std::ofstream(file(), std::ios::app) << bytes; }
};

}  // namespace

TEST_CASE("a key is shown once and only its hash is kept") {
    Bench bench;
    const auto keys = bench.open();
    const auto key = keys->create({.role = Role::seller, .name = "till 1"});
    REQUIRE(key);
    CHECK(key->size() == 4 + 32 + 1 + 64);
    const auto found = keys->find(*key);
    REQUIRE(found != nullptr);
    CHECK(found->role == Role::seller);
    CHECK(found->permissions == permissions_of(Role::seller));
    CHECK(found->name == "till 1");
    CHECK_FALSE(bench.text().contains(key->substr(37)));
    struct stat info {};
    REQUIRE(::stat(bench.file().c_str(), &info) == 0);
    CHECK((info.st_mode & 0777) == 0600);
    auto wrong = *key;
    wrong.back() = wrong.back() == '0' ? '1' : '0';
    CHECK(keys->find(wrong) == nullptr);
    for (const auto* text : {"", "grn_", "admin"}) CHECK(keys->find(text) == nullptr);
}

TEST_CASE("keys keep to their role and customer") {
    Bench bench;
    const auto keys = bench.open();
    const CustomerId customer{{1, 2}};
    CHECK(keys->create({.role = Role::customer}).error().code == FaultCode::invalid_argument);
    CHECK(keys->create({.role = Role::admin, .customer = customer}).error().code == FaultCode::invalid_argument);
    CHECK(keys->create({.role = Role::guest, .scopes = {Permission::orders_all}}).error().code == FaultCode::invalid_argument);
    CHECK(keys->create({.role = Role::guest, .name = std::string(limits::api_key_name_bytes_max + 1, 'n')}).error().code == FaultCode::invalid_argument);
    const auto own = keys->create({.role = Role::customer, .scopes = {Permission::orders_read}, .customer = customer});
    REQUIRE(own);
    CHECK(keys->find(*own)->customer == customer);
    CHECK(keys->find(*own)->permissions == PermissionSet{Permission::orders_read});
}

TEST_CASE("a running server knows a new key at once, and notices a revoked one within the interval") {
    Bench bench;
    const auto server = bench.open();
    CHECK(server->find("grn_" + std::string(32, '1') + "_" + std::string(64, '2')) == nullptr);
    const auto tool = bench.open();
    const auto key = tool->create({.role = Role::admin});
    REQUIRE(key);
    REQUIRE(server->find(*key) != nullptr);
    const auto id = server->find(*key)->id;
    REQUIRE(tool->revoke(id));
    REQUIRE(tool->revoke(id));
    CHECK(tool->find(*key) == nullptr);
    bench.clock.pass(limits::api_key_check_interval);
    CHECK(server->find(*key) == nullptr);
    CHECK(tool->revoke({{9, 9}}).error().code == FaultCode::not_found);
    const auto listed = server->list();
    REQUIRE(listed);
    REQUIRE(listed->size() == 1);
    CHECK(listed->front().revoked_at.unix_us != 0);
}

TEST_CASE("keys survive a restart; a torn last line is passed over and cut off by the next") {
    Bench bench;
    const auto first = bench.open()->create({.role = Role::admin});
    bench.append("{\"op\":\"create\",\"id\":\"key_");
    const auto keys = bench.open();
    CHECK(keys->find(*first) != nullptr);
    const auto second = keys->create({.role = Role::auditor});
    REQUIRE(second);
    const auto again = bench.open();
    CHECK(again->find(*first) != nullptr);
    CHECK(again->find(*second) != nullptr);
}

TEST_CASE("damage is refused at start, and changes nothing in a running server but a notice") {
    Bench bench;
    const auto server = bench.open();
    const auto key = server->create({.role = Role::admin});
    for (const auto* line : {"nonsense\n", "{\"op\":\"grant\"}\n", "{\"op\":\"revoke\",\"id\":\"key_00000000000000000000000000000001\",\"at\":\"2026-01-01T00:00:00Z\"}\n"}) {
        const auto before = bench.text();
        bench.append(line);
        CHECK(adapters::open_api_key_file(bench.folder.at("keys"), bench.clock, bench.random, {}).error().code == FaultCode::corrupt);
        bench.clock.pass(limits::api_key_check_interval);
        CHECK(server->find(*key) != nullptr);
        bench.clock.pass(limits::api_key_check_interval);
        CHECK(server->find(*key) != nullptr);
        std::ofstream(bench.file(), std::ios::trunc) << before;
        bench.clock.pass(limits::api_key_check_interval);
        CHECK(server->find(*key) != nullptr);
    }
    CHECK(bench.notices.size() == 3);
}
