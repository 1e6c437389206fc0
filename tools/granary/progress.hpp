// Progress of long work on stderr: a bar with rate and time left on a terminal, nothing otherwise.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace granary::cli {

// Not thread-safe: guard it, or call it from one thread.
class Progress {
  public:
    // `what` is printed in front, `unit` behind the rate: "verify", "records". A total of 0 is one that nobody knows: no bar then.
    Progress(std::string what, std::string unit, std::uint64_t total);
    ~Progress();
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    // Redraws at most ten times a second.
    void update(std::uint64_t done);
    void set_total(std::uint64_t total) { total_ = total; }
    // Leaves the last line standing.
    void finish();

  private:
    void draw(std::chrono::steady_clock::time_point now);

    std::string what_;
    std::string unit_;
    std::uint64_t total_;
    std::uint64_t done_ = 0;
    bool shown_;
    bool finished_ = false;
    std::chrono::steady_clock::time_point started_;
    std::chrono::steady_clock::time_point drawn_;
};

}  // namespace granary::cli
