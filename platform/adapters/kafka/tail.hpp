// What this process knows of every partition: its newest records, how far it is known to reach, and whether that is in doubt.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/bytes.hpp"
#include "core/position.hpp"
#include "core/result.hpp"
#include "core/time.hpp"
#include "platform/ports/log.hpp"

namespace granary::kafka {

// What a record that is kept in memory takes there: a small one more for its shared block and handles than for its bytes.
std::size_t cost_of(const SharedBytes& record);

// Thread-safe. The records of a partition that are kept are those in [first, end); those in [end, known_end) exist and are on
// their way. The oldest records leave when all of them together exceed the bound, but never a partition's last one.
class Tail {
  public:
    Tail(std::uint32_t partitions, std::size_t bytes_max) : tails_(partitions), bytes_max_(bytes_max) {}

    struct Place {
        Offset first, end, known_end;
    };
    Place place(Partition partition) const;

    // Starts to keep records from `from` on; nothing is kept yet.
    void start_at(Partition partition, Offset from);
    // A record that is durable. kept: it is the next one; there: it is kept already; ahead: it is a later one, and its place is
    // remembered; another: something else is kept at its place; gone: its place lies before what is kept.
    enum class Added { kept, there, ahead, another, gone };
    Added add(Partition partition, Offset offset, const SharedBytes& record);
    void reaches(Partition partition, Offset end);
    // The last record before `end`, if there is one; whoever reads the log anew holds it against what it finds there.
    std::optional<SharedBytes> last(Partition partition) const;

    // Doubt about a partition's end (a record may be there of which nothing is known), or about its history (it may have been
    // cut or replaced). While it lasts, reads at the end are unavailable.
    enum class Doubt { none, end, history };
    void doubt(Partition partition, Doubt what);
    void doubt_all(Doubt what);
    struct Doubted {
        Partition partition;
        Doubt what;
        std::uint64_t number;  // of the newest doubt
    };
    std::vector<Doubted> doubted() const;
    // No effect if a newer doubt came up since.
    void settle(const Doubted& doubted);
    // For good: every further read fails with this.
    void condemn(Partition partition, Fault why);
    bool condemned(Partition partition) const;

    enum class Answer { page, older, beyond };
    // Fills the page, and waits up to `patience` for a record that is known to be on its way. older: `from` lies before what is
    // kept; beyond: after what is known. Faults: unavailable (doubt, or patience is over), or what the partition was condemned with.
    Result<Answer> read(Partition partition, Offset from, std::size_t bytes_max, Duration patience, ports::LogPage& page);
    // Waits until every partition's records up to its known end are kept.
    bool wait_until_level(Duration patience);

  private:
    struct One {
        std::int64_t end = 0;
        std::int64_t known_end = 0;
        std::deque<SharedBytes> records;  // the last one has offset end - 1
        Doubt doubt = Doubt::none;
        std::uint64_t doubts = 0;
        std::optional<Fault> condemned;

        std::int64_t first() const { return end - static_cast<std::int64_t>(records.size()); }
    };

    void trim();
    static void fill(const One& one, Offset from, std::size_t bytes_max, ports::LogPage& page);

    mutable std::mutex mutex_;
    std::condition_variable grown_;
    std::vector<One> tails_;
    std::deque<std::uint32_t> order_;  // partition of each kept record, oldest first
    std::size_t bytes_ = 0;
    const std::size_t bytes_max_;
};

}  // namespace granary::kafka
