// Draws the progress line.
#include "tools/granary/progress.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "tools/granary/output.hpp"

namespace granary::cli {
namespace {

constexpr auto redraw_every = std::chrono::milliseconds(100);
constexpr std::size_t bar_width = 30;

std::string clock_text(std::uint64_t seconds) {
    char text[32];
    std::snprintf(text, sizeof text, "%u:%02u", static_cast<unsigned>(seconds / 60), static_cast<unsigned>(seconds % 60));
    return text;
}

}  // namespace

Progress::Progress(std::string what, std::string unit, std::uint64_t total)
    : what_(std::move(what)), unit_(std::move(unit)), total_(total), shown_(is_terminal_err()), started_(std::chrono::steady_clock::now()), drawn_(started_) {}

Progress::~Progress() { finish(); }

void Progress::update(std::uint64_t done) {
    done_ = done;
    const auto now = std::chrono::steady_clock::now();
    if (!shown_ || now - drawn_ < redraw_every) return;
    draw(now);
}

void Progress::finish() {
    if (finished_) return;
    finished_ = true;
    if (!shown_) return;
    draw(std::chrono::steady_clock::now());
    std::fputc('\n', stderr);
}

void Progress::draw(std::chrono::steady_clock::time_point now) {
    drawn_ = now;
    const double elapsed = std::max(std::chrono::duration<double>(now - started_).count(), 0.001);
    const double rate = static_cast<double>(done_) / elapsed;
    if (total_ == 0) {
        std::fprintf(stderr, "\r\033[K%s  %llu %s  %.0f/s", what_.c_str(), static_cast<unsigned long long>(done_), unit_.c_str(), rate);
        std::fflush(stderr);
        return;
    }
    const double share = std::min(1.0, static_cast<double>(done_) / static_cast<double>(total_));
    const auto filled = static_cast<std::size_t>(share * static_cast<double>(bar_width));
    const auto left = rate > 0 && total_ > done_ ? static_cast<std::uint64_t>(static_cast<double>(total_ - done_) / rate) : 0;
    const std::string bar = std::string(filled, '#') + std::string(bar_width - filled, '.');
    std::fprintf(stderr, "\r\033[K%s [%s] %3.0f %%  %llu/%llu %s  %.0f/s  %s left", what_.c_str(), bar.c_str(), share * 100,
                 static_cast<unsigned long long>(done_), static_cast<unsigned long long>(total_), unit_.c_str(), rate, clock_text(left).c_str());
    std::fflush(stderr);
}

}  // namespace granary::cli
