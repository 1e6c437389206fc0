// Rows of several tables read as of one moment whose position is known, although the views go on moving.
#pragma once

#include <chrono>
#include <memory>
#include <thread>
#include <type_traits>

#include "core/result.hpp"
#include "platform/ports/freshness.hpp"
#include "platform/ports/store.hpp"
#include "query-side/queries/source.hpp"

namespace granary::queries {

// Not thread-safe; lives while look_at_one_moment calls.
class Moment {
  public:
    explicit Moment(const Source& source) : view_(source.freshness.age()), snapshot_(source.store.snapshot()), still_(source.freshness.age().positions == view_.positions) {}

    // What everything that was read answers for, provided that all rows were noted.
    const ports::ViewAge& view() const { return view_; }
    const ports::StoreSnapshot& snapshot() const { return *snapshot_; }
    // To be told of each row: a batch that is written and not told of yet is in the snapshot as well. A row that it took away tells nothing.
    void note(Position changed_at) {
        const auto partition = changed_at.partition.number;
        still_ = still_ && partition < view_.positions.size() && changed_at.offset <= view_.positions[partition];
    }
    bool is_still() const { return still_; }

  private:
    ports::ViewAge view_;
    std::unique_ptr<ports::StoreSnapshot> snapshot_;
    bool still_;
};

inline constexpr int looks_max = 20;
inline constexpr auto pause_between_looks = std::chrono::milliseconds(2);  // what was written is told of by then

// What `read(moment)`, which answers a Result, makes of a moment at which the views stood still; asks it again when they did not.
// unavailable: they never did.
template <class Read>
std::invoke_result_t<Read, Moment&> look_at_one_moment(const Source& source, Read read) {
    for (int looks = 0; looks < looks_max; ++looks) {
        if (looks > 0) std::this_thread::sleep_for(pause_between_looks);
        Moment moment(source);
        if (!moment.is_still()) continue;
        auto found = read(moment);
        if (!found || moment.is_still()) return found;
    }
    return fault(FaultCode::unavailable, "the views move too fast to be looked at in one moment, or one of them is halted (`granary projection status`); ask again");
}

}  // namespace granary::queries
