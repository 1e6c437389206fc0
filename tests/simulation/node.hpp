// One simulated node: a machine with disks and a clock, on which a process of the real parts lives, dies, stalls and comes back.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "command-side/runtime/command_host.hpp"
#include "gateway/http/message.hpp"
#include "gateway/services.hpp"
#include "platform/host/cluster/held_partitions.hpp"
#include "platform/host/cluster/owner_directory.hpp"
#include "platform/host/cluster/peer_calls.hpp"
#include "platform/host/cluster/peer_desk.hpp"
#include "platform/host/cluster/routing_bus.hpp"
#include "platform/ports/clock.hpp"
#include "platform/ports/membership.hpp"
#include "platform/ports/sealer.hpp"
#include "projections/runtime/projection_host.hpp"
#include "sagas/runtime/saga_host.hpp"
#include "tests/simulation/disk.hpp"
#include "tests/simulation/surroundings.hpp"

namespace granary::simulation {

// A clock that may be off, and run fast or slow.
class NodeClock final : public ports::Clock {
  public:
    explicit NodeClock(const Schedule& schedule) : schedule_(schedule) {}

    Time now() const override { return world_begin + schedule_.now() + offset; }
    Duration monotonic() const override { return {schedule_.now().us + schedule_.now().us / 1'000'000 * drift_ppm}; }

    Duration offset;
    std::int64_t drift_ppm = 0;

  private:
    const Schedule& schedule_;
};

// Free space, or none.
class NodeDisk final : public ports::Disk {
  public:
    Result<std::uint64_t> free_bytes() const override { return full ? 0 : std::uint64_t{1} << 40; }

    bool full = false;
};

// What a node takes at once: the program's own limits, or smaller ones, so that edges that take a big shop are met in a small one.
struct NodeLimits {
    std::size_t shard_aggregates_max = 0;
    command_side::ShardLimits shard;
    std::size_t partition_instances_max = 0;
    sagas::RunnerLimits runner;
    projections::ProjectorLimits views;
};

class Node {
  public:
    Node(Surroundings& around, std::uint32_t number);
    ~Node();

    // Does nothing while it runs. A process that can't start tries again by itself.
    void start();
    // As kill -9; `power`: the machine, so that disks lose what was not synced.
    void crash(bool power);
    // As SIGTERM with no time left: last writes, then the end.
    void shut_down();
    void pause();
    void resume();
    // The process ends right before one of its next effects.
    void light_fuse(std::uint64_t effects);
    // A disk is lost: the process must be down.
    void lose_disk();
    void set_write_faults(std::uint32_t permille);
    // Nothing more can be written here, and then it can again.
    void fill_disk();
    void free_disk();
    // The group has not heard of it for too long.
    void lose_session(bool knows);
    void regain_session();

    bool runs() const { return life_ != nullptr; }
    bool paused() const { return paused_; }
    const std::string& url() const { return url_; }
    // From outside: at the door of the running process. `done` may never be called: processes die. False: nobody is there.
    bool submit(const ports::CommandRequest& request, std::function<void(ports::CommandAnswer)> done);
    // The same at the door for people: `done` gets what leaves the process.
    bool request(http::Request request, std::function<void(http::Response)> done);

    // Of a running process.
    command_side::CommandHost& commands();
    sagas::SagaHost& sagas();
    projections::ProjectionHost& views();
    ports::Operations& operations();
    DiskStore& views_disk() { return views_disk_; }
    DiskStore& state_disk() { return state_disk_; }
    DiskStore& sagas_disk() { return sagas_disk_; }
    // Nothing moves here until somebody does something, or time passes.
    bool at_rest();

    NodeClock clock;
    NodeLimits bounds;  // of its next processes
    gateway::GatewayOptions front;
    std::uint32_t release = newest_format_level;     // the level that its next process can read
    std::uint32_t unmarked = unmarked_format_level;  // of the log without a Format record
    std::uint32_t views_idle = 0;  // thousandths of their turns that the views don't get: they lag behind

  private:
    struct Life;

    bool build(Life& life);
    void open_front(Life& life);
    void connect(Life& life);
    void end_life();
    void run_inside(const std::weak_ptr<Life>& life, std::function<void()> what);
    bool run_aside(const std::weak_ptr<Life>& life, std::function<void()> work);
    void wake();
    void plan_turn(Duration delay);
    void turn();
    void take_turns(Life& life, Duration& patience);

    Surroundings& around_;
    const std::uint32_t number_;
    const std::string url_;
    DiskStore state_disk_, sagas_disk_, views_disk_;
    NodeDisk disk_;
    std::shared_ptr<Life> life_;
    std::unique_ptr<ports::Membership> membership_;  // the group forgets a dead process after a while only
    std::uint64_t lives_ = 0;
    bool paused_ = false;
    std::deque<std::function<void()>> waiting_;  // while paused
    Duration next_turn_;
    std::uint64_t turn_number_ = 0;              // of the planned one that counts
    bool turn_planned_ = false;
    Duration next_look_;
};

}  // namespace granary::simulation
