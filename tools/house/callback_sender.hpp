// Sends the callbacks of a house: signed afresh each time, a bounded number at once, tried again with growing pauses.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "tools/house/turn.hpp"

namespace granary::house {

// How one attempt ended.
struct Delivery {
    std::string key;
    CallbackEntry entry;
    Result<ports::HttpReply> reply;
};

struct CallbackCounts {
    std::uint64_t sent = 0, accepted = 0, given_up = 0;
};

// Used by the desk's thread only.
class CallbackSender {
  public:
    // `report` is called on the client's thread, perhaps after the sender has gone.
    CallbackSender(const HouseOptions& options, const HouseTables& tables, std::function<void(Delivery)> report)
        : options_(&options), tables_(&tables), report_(std::move(report)) {}

    // Starts what is due as far as there is room.
    Status send_due(const std::vector<std::string>& urls, Time now);
    // Takes the outcome of an attempt into the turn: done, again later, or given up.
    void settle(const Delivery& delivery, Turn& turn);
    // Call when the turn that settled was written; its callbacks may then be found again.
    void settled(const std::vector<Delivery>& deliveries);
    // Call when that turn could not be written: everything that is kept and not under way is looked at again.
    void look_again() { cursor_.clear(); }
    // When the next one is due; nullopt when there is none, no room, or nobody to tell.
    Result<std::optional<Time>> next_due(const std::vector<std::string>& urls) const;
    CallbackCounts counts() const { return counts_; }

  private:
    void send(const std::string& url, const std::string& key, CallbackEntry entry, Time now);
    Duration pause_after(const Delivery& delivery) const;
    bool has_room() const { return in_flight_.size() < options_->callbacks.in_flight_max; }

    const HouseOptions* options_;
    const HouseTables* tables_;
    std::function<void(Delivery)> report_;
    std::set<std::string> in_flight_;
    std::string cursor_;  // the last key that was sent; all before it were, so deleted ones are not walked over again
    CallbackCounts counts_;
};

}  // namespace granary::house
