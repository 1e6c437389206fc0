// A hand-driven world for shard tests: nodes that each step one shard of a one-partition log in memory, on a virtual clock.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "command-side/runtime/checkpoint.hpp"
#include "command-side/runtime/shard.hpp"
#include "platform/adapters/memory/memory_log.hpp"
#include "platform/adapters/memory/memory_store.hpp"

namespace granary::command_side::test {

constexpr Partition the_partition{0};

inline ports::LogIdentity identity() { return {{0x1111, 0x2222}, 1}; }

// With the tables that a shard needs.
std::unique_ptr<memory::MemoryStore> make_store();

CommandId command_id(std::uint64_t number);
Sku sku(std::string_view text);
Command create_product(std::string_view sku, std::string name = "a product");
Command rename_product(std::string_view sku, std::string name);
Command receive_stock(std::string_view sku, std::int64_t quantity);
Command reserve_stock(std::string_view sku, std::uint64_t reservation, std::int64_t quantity, Time expires_at = {1'000'000'000'000'000});
Command release_stock(std::string_view sku, std::uint64_t reservation);

// Beside others: what it is told at the start, and its own list of who owns what.
struct Beside {
    bool hold = true;
    ports::Owners* owners = nullptr;
    ShardLimits bounds = {};
    bool raise_format = false;
};

// One process: a shard, its store, and its connection to the shared log. Destroying it is a crash.
class Node : public ports::LogObserver {
  public:
    Node(memory::MemoryLog& log, memory::MemoryStore& store, std::uint64_t number = 1, std::size_t aggregates_max = 1000, Beside beside = {});
    ~Node() override;

    // One step with whatever has arrived; what it appends goes to the log.
    void step();
    // Steps, and pumps the log, until nothing more happens.
    void settle();
    // Steps without pumping until the shard asks for nothing more at once.
    void run();
    // Takes the next step at a later time.
    void advance(Duration by);
    std::uint64_t submit(Command command, CommandId id, Fingerprint fingerprint = {});
    std::uint64_t submit(ports::CommandRequest request);
    // submit and settle.
    ports::CommandAnswer ask(Command command, CommandId id, Fingerprint fingerprint = {});
    bool answered(std::uint64_t reply) const { return answers.contains(reply); }
    const ports::CommandAnswer& answer(std::uint64_t reply) const { return answers.at(reply); }
    PartitionState state() const { return shard.status().state; }

    void delivered(std::span<const ports::LogDelivery> deliveries) override;
    void grown(std::span<const Partition> partitions) override;

    memory::MemoryLog& log;
    memory::MemoryStore& store;
    Shard shard;
    ShardInput input;
    Instant now{{1'000'000'000}, {1'000'000}};
    std::map<std::uint64_t, ports::CommandAnswer> answers;
    std::size_t steps = 0;
    std::size_t appended = 0;
    bool hold_appends = false;  // appends stay in `held` instead of going to the log: a stalled process
    std::vector<ports::LogAppend> held;
    std::vector<SharedBytes> sent;  // every record that went out, held ones included
    bool deaf = false;              // deliveries and growth don't arrive until this ends
    bool again = false;
    const std::string url;
    std::vector<ShardOutput::Ask> asks;  // of all steps, until a test takes them

  private:
    std::vector<ports::LogDelivery> unheard_;
    std::uint64_t number_;
    std::uint64_t next_reply_ = 1;
};

// Everything that counts in the log, folded anew: state rows by table key, and the commits by command id.
struct Fold {
    std::map<std::string, std::string> rows;  // as in the tables aggregates and stock_parts, prefixed by the table's name
    std::map<CommandId, int> commits;
    std::size_t claims = 0;
    std::size_t records = 0;
    std::size_t voids = 0;
    std::string last_claim;
    Digest head;
};
Fold fold_log(memory::MemoryLog& log);
// Somebody else appends at the head, without owning anything: as an operator's tool does.
void inject_at_head(memory::MemoryLog& log, const LogEntry& entry);
Commit foreign_stock_receipt(std::string_view sku, std::int64_t quantity, std::uint64_t version);
// The rows of the store in the same form.
std::map<std::string, std::string> rows_of(const ports::Store& store);

}  // namespace granary::command_side::test
