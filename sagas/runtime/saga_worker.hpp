// One thread of the saga host: a mailbox for answers and growth, and the runners of its partitions. Inner to the host.
#pragma once

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <variant>
#include <vector>

#include "platform/host/mailbox.hpp"
#include "sagas/runtime/saga_host.hpp"

namespace granary::sagas {

// What callbacks hold on to: they may come after the host has gone.
struct SagaMail {
    struct Grown {
        Partition partition;
    };
    struct Held {
        Partition partition;
        bool held = false;
    };
    // Answered once, when the store tells of everything before `to`, or that can't be; by `until` at the latest.
    struct CatchUp {
        Partition partition;
        Offset to;
        Time until;
        std::function<void(Status)> done;
    };
    using Message = std::variant<Reply, Grown, Held, CatchUp>;

    explicit SagaMail(std::size_t capacity) : box(capacity) {}

    void answer(Reply reply) {
        // Before the message: whoever drains it may send the next one.
        if (std::holds_alternative<CommandReply>(reply.answer)) commands.fetch_sub(1);
        unanswered.fetch_sub(1);
        box.push_reply(std::move(reply));
    }

    Mailbox<Message> box;
    std::atomic<std::size_t> unanswered{0};  // commands and effects
    std::atomic<std::size_t> commands{0};    // of them
};

// How many commands may be in hand at once, by how many clients wait.
struct CommandWindow {
    std::size_t wide;          // nobody waits
    std::size_t narrow;        // clients_many or more wait
    std::size_t clients_many;  // 1 or more

    constexpr CommandWindow share(std::size_t workers) const { return {wide / workers, narrow / workers, clients_many}; }
    constexpr std::size_t size(std::size_t clients) const { return wide - (wide - narrow) * std::min(clients, clients_many) / clients_many; }
};

// How many clients waited lately. Answers leave in groups, so that of many clients that press at once none may be waiting at the
// moment at which one looks: the most that were seen count, less and less over `memory`.
class ClientPressure {
  public:
    static constexpr Duration memory = milliseconds(100);

    void note(std::size_t waiting, Time now) {
        if (now < peak_at_) peak_at_ = now;  // the clock was set back
        // From the peak, not from look to look: steps so small that each would fade by nothing come all the time.
        const auto faded = static_cast<std::size_t>(std::min((now - peak_at_).us, memory.us));
        level_ = peak_ - peak_ * faded / static_cast<std::size_t>(memory.us);
        if (waiting < level_) return;
        level_ = peak_ = waiting;
        peak_at_ = now;
    }
    std::size_t level() const { return level_; }

  private:
    std::size_t level_ = 0, peak_ = 0;
    Time peak_at_;
};

class SagaWorker {
  public:
    // `in_flight_max`: commands and effects.
    SagaWorker(const SagaHostOptions& options, CommandWindow window, std::size_t in_flight_max)
        : options_(options), window_(window), in_flight_max_(in_flight_max), mail_(std::make_shared<SagaMail>(mailbox_max)) {}

    // Before start, for each of its partitions.
    void adopt(Partition partition, std::size_t cached_instances);
    void start();
    // One turn of the loop, which waits for mail first, up to `wait_max`. True: it was the last one. For the thread, or in its
    // place for whoever did not start it.
    bool turn(Duration wait_max);
    // How long the next turn may wait when no mail comes.
    Duration patience() const { return more_ ? Duration{} : patience(options_.clock.now()); }
    void grown(Partition partition);
    // From any thread: drive this partition's sagas, or leave them.
    void hold(Partition partition, bool held);
    // From any thread.
    void catch_up(SagaMail::CatchUp wish);
    // From any thread: ends the loop once nothing is unanswered or the deadline has passed.
    void begin_stop(Duration deadline);
    // Waits for the thread; false when answers were still out.
    bool join();

    void add_status(std::vector<SagaPartitionStatus>& out) const;
    // Waits until the next change of the status, or the deadline.
    std::uint64_t changes() const;
    void wait_for_change(std::uint64_t seen, Duration deadline) const;

  private:
    static constexpr std::size_t mailbox_max = 65536;

    struct Slot {
        Partition partition;
        std::size_t cached_instances = 0;
        std::optional<SagaRunner> runner;  // while it is held, unless it is halted or could not be opened yet
        std::vector<Reply> replies;
        bool active = true;
        bool held_back = false;  // has more to send than was allowed
        Time wake;
        SagaPartitionStatus status;
        std::vector<SagaMail::CatchUp> waiting;
    };

    void run();
    bool finished() const;
    void open(Slot& slot, Time now);
    void change_hold(Slot& slot, bool held, Time now);
    void flush_all();
    Slot& slot_of(Partition partition);
    void take_wish(SagaMail::CatchUp&& wish);
    // Answers those that are caught up, and those that have waited too long.
    void answer_waiting(Slot& slot, Time now);
    static void turn_away(Slot& slot, const Fault& fault);
    void sort_mail(std::vector<SagaMail::Message>& messages);
    // Steps every runner that has something to do; true when one wants to go on at once.
    bool step_all(Time now);
    bool step(Slot& slot, Time now);
    void note_fault(Slot& slot, const Fault& fault, Time now);
    void carry_out(Partition partition, Outgoing&& outgoing);
    void send(Partition partition, SendCommand&& sent);
    void perform(Partition partition, PerformEffect&& effect);
    void perform(Partition partition, const PerformErasure& erasure);
    void book(PerformEffect&& sent, ports::CarrierCallback done);
    std::size_t budget() const;
    Duration patience(Time now) const;
    void publish();

    const SagaHostOptions options_;
    const CommandWindow window_;
    const std::size_t in_flight_max_;
    std::shared_ptr<SagaMail> mail_;
    std::vector<Slot> slots_;  // ascending partitions
    std::vector<SagaMail::Message> messages_;
    bool more_ = true;
    ClientPressure pressure_;
    std::size_t first_ = 0;    // whose turn it is to be first, so that no partition takes all the room every time
    std::atomic<bool> stopping_{false};
    std::atomic<std::int64_t> stop_at_us_{0};  // monotonic
    std::thread thread_;
    mutable std::mutex status_mutex_;
    mutable std::condition_variable status_changed_;
    std::vector<SagaPartitionStatus> status_;
    std::uint64_t changes_ = 0;
};

}  // namespace granary::sagas
