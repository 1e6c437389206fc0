// Looks at the shards twice a second.
#include "tools/granary/clock_watch.hpp"

#include <algorithm>
#include <chrono>

#include "command-side/runtime/command_host.hpp"
#include "platform/host/background_thread.hpp"
#include "platform/host/logging.hpp"

namespace granary::cli {
namespace {

constexpr std::chrono::milliseconds glance{500};

}  // namespace

void ClockWatch::begin(command_side::CommandHost& commands, ports::Membership& group) {
    thread_ = std::jthread([this, &commands, &group](const std::stop_token& stopping) { run(stopping, commands, group); });
}

void ClockWatch::end() { thread_ = {}; }

std::string ClockWatch::reason() const {
    const std::scoped_lock lock(mutex_);
    return reason_;
}

void ClockWatch::run(const std::stop_token& stopping, command_side::CommandHost& commands, ports::Membership& group) {
    run_in_background("clock watch");
    while (true) {
        {
            std::unique_lock lock(mutex_);
            if (changed_.wait_for(lock, stopping, glance, [&] { return stopping.stop_requested(); })) return;
        }
        const auto partitions = commands.status();
        const auto off = std::ranges::find_if(partitions, &command_side::PartitionStatus::clock_off);
        if (off == partitions.end()) continue;
        logging::write(logging::Level::error, "this node holds no partitions until it is started again", {{"why", off->reason}});
        {
            const std::scoped_lock lock(mutex_);
            reason_ = off->reason;
        }
        group.leave();
        commands.suggest({});
        return;
    }
}

}  // namespace granary::cli
