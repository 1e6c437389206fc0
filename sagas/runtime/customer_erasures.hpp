// Runs the erasures of one partition beside its orders' sagas: what each asks for next, when, and what was answered.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "platform/ports/command_bus.hpp"
#include "platform/ports/store.hpp"
#include "sagas/processes/customer_erasure.hpp"
#include "sagas/runtime/instance_cache.hpp"
#include "schemas/commit.hpp"

namespace granary::sagas {

struct CommandReply;

// To be asked of the person eraser. The answer, orders under way or nothing, comes back as a Reply with the same job.
struct PerformErasure {
    CommandId job;
    customer_erasure::Step step = customer_erasure::Step::none;  // find_orders or destroy_key
    ErasureSubject subject;
    bool again = false;  // it was destroyed before, and is to stay so
};
using ErasureAnswer = Result<std::uint32_t>;

inline constexpr std::string_view erasure_actor = "saga:customer_erasure";
// Under which ids what an erasure asks for is recorded: the record of its step, its parking for the so many-th time. The same on every node.
CommandId record_id_of(const ErasureStateT& asked, const Command& record);
CommandId park_id_of(const ErasureStateT& asked, std::uint32_t parks);

// What an erasure asks for: a command of its own partition, or something outside.
struct ErasureWish {
    CommandId job;
    std::variant<ports::CommandRequest, PerformErasure> what;
};

// Of one partition. An instance is a row from the request until the person is erased, then a tombstone: the key of whoever has one is
// destroyed again after each start, should a backup have brought it back. Not thread-safe; the caller folds, writes the batch, and carries
// wishes and answers. In memory is what changed since the last batch, and what is in hand.
class CustomerErasures {
  public:
    CustomerErasures(ports::Store& store, Partition partition) : store_(&store), partition_(partition) {}

    // One event that counts; nothing is changed when a fault comes back, and the same event may be folded again then.
    Status fold(const Input& input);
    // What is new since the last `written`; to be stored in the same batch as the position of the fold. Adds to `counts` how many more live and are parked.
    std::size_t dirty() const { return dirty_; }
    void write(ports::StoreBatch& batch, InstanceCache::Counts& counts) const;
    void written();

    // What is due, at most `count_max` wishes and at most limits::erasures_in_hand_max persons in hand.
    Result<std::vector<ErasureWish>> take_due(Time now, std::size_t count_max);
    // False: this job is not one of these.
    bool take(CommandId job, const CommandReply& reply, Time now);
    bool take(CommandId job, const ErasureAnswer& answer, Time now);
    // When to call take_due again at the latest.
    std::optional<Time> next_due() const;

    // What is asked, waits for its next try or for the fold to close it, and what is due and not asked for yet.
    std::size_t open(Time now) const;

  private:
    struct Instance {
        ErasureStateT state;
        bool dirty = false;
        // As the store has it.
        bool stored = false;
        bool stored_parked = false;
        std::optional<Time> stored_due;
    };
    // Of one action, whose id is the job's.
    struct Job {
        PersonId person;
        std::optional<std::uint32_t> found;  // the world's answer, which is to be recorded
        bool parking = false;
        std::string reason;                  // of the parking
        Time again;                          // asked anew then
        std::uint32_t attempts = 0;          // tries that found the world away
        std::uint32_t delays = 0;            // tries that found our own command side busy
    };
    struct LookedAfter {
        PersonId person;
        Time again;
    };

    static std::optional<Time> due_of(const ErasureStateT& state);
    static ErasureWish wish_of(CommandId id, const Job& job, const ErasureStateT& state);
    static void park(Job& job, std::string reason, Time now);
    Result<Instance*> find(PersonId person);
    bool has_room(const std::vector<ErasureWish>& wishes, std::size_t count_max) const;
    void ask(CommandId id, Job& job, Time now, std::vector<ErasureWish>& wishes);
    void take_up(PersonId person, Time now, std::vector<ErasureWish>& wishes);
    Status take_stored(Time now, std::size_t count_max, std::vector<ErasureWish>& wishes);
    Status look_after_keys(Time now, std::size_t count_max, std::vector<ErasureWish>& wishes);

    ports::Store* store_;
    Partition partition_;
    std::unordered_map<PersonId, Instance> instances_;  // changed since the last batch, or with a job
    std::map<CommandId, Job> jobs_;
    std::size_t dirty_ = 0;
    std::optional<Time> next_{Time{}};                  // no stored instance that is not in memory is due before; nullopt: there is none
    std::map<CommandId, LookedAfter> looked_after_;     // keys of erased persons that are being looked for
    std::optional<std::string> tombstones_from_{std::string()};  // where to go on looking; nullopt: all were looked for
    Time rest_until_;
};

}  // namespace granary::sagas
