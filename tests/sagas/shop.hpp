// A whole shop around saga runners that are driven by hand: log, store, deciders, provider and carrier, on a virtual clock.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "platform/adapters/memory/memory_log.hpp"
#include "platform/adapters/memory/memory_store.hpp"
#include "sagas/runtime/saga_runner.hpp"
#include "tests/sagas/market.hpp"
#include "tests/sagas/outside.hpp"

namespace granary::sagas::test {

// What becomes of one thing that a runner sends.
enum class Fate {
    done,         // it happens and is answered
    unavailable,  // it certainly does not happen
    lost_answer,  // it happens; the answer is indefinite
    silent,       // it happens; no answer ever comes
};

class Shop {
  public:
    explicit Shop(std::uint32_t partitions = 4);

    memory::MemoryLog log;
    std::unique_ptr<memory::MemoryStore> store;
    Market market;
    ProviderBook provider;
    CarrierBook carrier;
    Time now{1'700'000'000'000'000};
    // Decides over each thing sent; by default everything is done.
    std::function<Fate(const Outgoing&)> fate = [](const Outgoing&) { return Fate::done; };
    std::vector<std::string> sent;  // names of commands and effects, in order
    std::size_t budget = 100;
    RunnerLimits bounds;  // of the runners that the next restart makes
    bool carrier_moves = true;
    std::optional<int> failed_steps;  // set: steps may fail, and are counted
    std::map<std::string, std::uint32_t> under_way;  // orders of a customer, by its id, or of an order, by that
    std::map<PersonId, int> destroyed;               // keys, and how often it was asked for
    FaultCode key_store_fault = FaultCode::unavailable;  // what comes of a destruction that is `unavailable`
    bool callbacks_lost = false;  // the carrier goes on, and nobody hears of it

    void stock(const char* sku, std::int64_t quantity);
    OrderId place(std::uint64_t number, std::vector<std::pair<const char*, std::int64_t>> lines, const std::string& token = "tok_ok");
    // The same, to an address that is sealed.
    OrderId place_to(std::uint64_t number, std::vector<std::pair<const char*, std::int64_t>> lines);
    ports::CommandAnswer submit(Command command);
    orders::OrderStatus status(OrderId order) { return market.orders[order].status; }

    // New runners over the same log: `keep_store` false loses all that they knew.
    void restart(bool keep_store = true);
    // One step of every runner; what they send happens at once and is answered in the next round. False: nothing moved.
    bool round();
    // Rounds until nothing moves, letting time pass to the next retry at most `patience` ahead and the carrier go on.
    void settle(Duration patience = seconds(120));
    RunnerStatus total() const;
    std::vector<SagaRunner>& runners() { return runners_; }
    std::size_t rows(std::string_view table) const;

  private:
    Position append(const Commit& commit);
    OrderId place(orders::PlaceOrderT order, std::uint64_t number, const std::vector<std::pair<const char*, std::int64_t>>& lines);
    void carry_out(Outgoing&& outgoing, Partition partition);
    std::optional<Reply> command(SendCommand&& sent, Fate fate);
    std::optional<Reply> effect(const PerformEffect& effect, Fate fate);
    std::optional<Reply> erasure(const PerformErasure& sent, Fate fate);
    bool move_carrier();

    std::vector<Digest> heads_;
    std::vector<SagaRunner> runners_;
    std::vector<std::vector<Reply>> replies_;
    std::optional<Time> next_wake_;
    std::uint64_t fresh_ = 0;
};

std::string name_of(const Outgoing& outgoing);

}  // namespace granary::sagas::test
