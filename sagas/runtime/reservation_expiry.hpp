// Ends stock reservations that were made by hand when their time is over. Those of orders have their saga's timer instead.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <vector>

#include "platform/ports/command_bus.hpp"
#include "platform/ports/store.hpp"
#include "sagas/runtime/saga_tables.hpp"
#include "schemas/commit.hpp"

namespace granary::sagas {

struct CommandReply;

// A due reservation and the command that ends it.
struct Expiry {
    CommandId job;  // the same whenever it is asked for
    ports::CommandRequest request;
};

// Of one partition. Each reservation is a row from the commit that made it until a command found it expired, or closed
// before: nothing is looked up when one is committed or released, so reservations of orders cost nothing. Not thread-safe;
// the caller folds, writes the batch, and carries commands and answers.
class ReservationExpiry {
  public:
    ReservationExpiry(ports::Store& store, Partition partition) : store_(&store), partition_(partition) {}

    // Takes note of reservations that a commit made by hand.
    void fold(const Commit& commit);
    // What is new since the last `written`; to be stored in the same batch as the position of the fold.
    bool is_dirty() const { return !made_.empty() || !done_.empty(); }
    void write(ports::StoreBatch& batch) const;
    void written();

    // The commands of reservations that are due, at most `count_max` and at most limits::expiries_in_flight_max under way.
    Result<std::vector<Expiry>> take_due(Time now, std::size_t count_max);
    // False: this job is not one of these.
    bool take(CommandId job, const CommandReply& reply, Time now);
    // When to call take_due again at the latest.
    std::optional<Time> next_due() const;

  private:
    struct Asked {
        tables::ExpiryKey key;
        Time again;  // asked anew when no answer has come
        std::uint32_t attempts = 0;
    };

    ports::Store* store_;
    Partition partition_;
    std::map<tables::ExpiryKey, tables::StockPlace> made_;  // not stored yet
    std::vector<tables::ExpiryKey> done_;                   // rows to be removed
    std::map<CommandId, Asked> asked_;
    std::optional<Time> next_{Time{}};  // no stored row that was not asked for is due before; nullopt: there is none
};

}  // namespace granary::sagas
