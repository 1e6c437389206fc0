// The plan's side of each call, and its bookkeeping.
#include "tests/faults/disk/watcher.hpp"

#include <fnmatch.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include "core/check.hpp"
#include "tests/faults/disk/real_calls.hpp"

namespace granary::faults {
namespace {

Plan* map_plan(const char* path) {
    const int file = real::open(path, O_RDWR | O_CLOEXEC);
    GRANARY_CHECK(file >= 0);
    void* const page = ::mmap(nullptr, sizeof(Plan), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    GRANARY_CHECK(page != MAP_FAILED);
    real::close(file);
    return static_cast<Plan*>(page);
}

bool matches(const char* pattern, const std::string& path) { return ::fnmatch(pattern, path.c_str(), 0) == 0; }

[[noreturn]] void die() {
    ::kill(::getpid(), SIGKILL);
    for (;;) ::pause();
}

}  // namespace

Watcher& Watcher::instance() {
    static Watcher* const only = new Watcher;
    return *only;
}

Watcher::Watcher() {
    const char* folder = std::getenv("GRANARY_FAULTS_FOLDER");
    const char* plan = std::getenv("GRANARY_FAULTS_PLAN");
    if (folder == nullptr || plan == nullptr) return;
    plan_ = map_plan(plan);
    begin(folder, std::getenv("GRANARY_FAULTS_DURABILITY") != nullptr ? Watching::durability : Watching::calls);
}

void Watcher::begin(const std::string& folder, Watching watching) {
    const Turn turn = take_turn();
    folder_ = std::filesystem::path(folder).lexically_normal().string();
    durability_ = watching == Watching::durability;
    descriptors_.clear();
    disk_ = durability_ ? std::make_unique<Disk>(folder_) : nullptr;
    plan_->lost = 0;
    for (auto& count : plan_->calls) count = 0;
}

void Watcher::end() {
    const Turn turn = take_turn();
    folder_.clear();
    descriptors_.clear();
    disk_ = nullptr;
}

// -- which file ------------------------------------------------------------------------------------------------------------

std::optional<std::string> Watcher::inside(const char* path) {
    if (folder_.empty() || path == nullptr) return std::nullopt;
    const Turn turn = take_turn();
    std::string whole(path);
    if (whole.empty() || whole.front() != '/') return std::nullopt;  // the folder is an absolute path, and so are all below it
    if (whole.find("//") != std::string::npos || whole.find("/.") != std::string::npos || whole.back() == '/') {
        whole = std::filesystem::path(whole).lexically_normal().string();
        if (whole.back() == '/') whole.pop_back();
    }
    if (whole == folder_) return std::string();
    if (!whole.starts_with(folder_) || whole[folder_.size()] != '/') return std::nullopt;
    return whole.substr(folder_.size() + 1);
}

std::optional<std::string> Watcher::inside(int folder, const char* path) {
    if (folder == AT_FDCWD || (path != nullptr && path[0] == '/')) return inside(path);
    const Turn turn = take_turn();
    const auto found = descriptors_.find(folder);
    if (found == descriptors_.end() || !found->second.second) return std::nullopt;
    return found->second.first.empty() ? std::string(path) : found->second.first + "/" + path;
}

std::optional<std::string> Watcher::path_of(int descriptor) {
    const Turn turn = take_turn();
    const auto found = descriptors_.find(descriptor);
    if (found == descriptors_.end()) return std::nullopt;
    return found->second.first;
}

std::optional<std::string> Watcher::file_of(int descriptor) {
    const Turn turn = take_turn();
    const auto found = descriptors_.find(descriptor);
    if (found == descriptors_.end() || found->second.second) return std::nullopt;
    return found->second.first;
}

bool Watcher::is_folder(int descriptor) {
    const Turn turn = take_turn();
    const auto found = descriptors_.find(descriptor);
    return found != descriptors_.end() && found->second.second;
}

// -- the plan --------------------------------------------------------------------------------------------------------------

bool Watcher::is_due(Call kind, const std::string& path) {
    ++plan_->calls[static_cast<std::size_t>(kind)];
    if (plan_->armed == 0) return false;
    if (plan_->kinds != 0 && (plan_->kinds & bit(kind)) == 0) return false;
    if (plan_->match[0] != '\0' && !matches(plan_->match, path)) return false;
    const std::uint64_t number = ++plan_->matched;
    return number >= plan_->at && (plan_->times == 0 || plan_->acted < plan_->times);
}

int Watcher::act() {
    due_ = false;
    ++plan_->acted;
    switch (static_cast<Deed>(plan_->deed.load())) {
        case Deed::nothing: return 0;
        case Deed::kill: die();
        case Deed::fail: return static_cast<int>(plan_->error.load());
        case Deed::lose_power: lose_power(); return 0;
    }
    return 0;
}

void Watcher::lose_power() {
    if (!follows()) return;
    simulation::Dice dice(plan_->seed);
    disk_->lose_power(dice, folder_after_loss(folder_));
    plan_->lost = 1;
    if (plan_->dies != 0) die();
}

void Watcher::process_ends() {
    const Turn turn = take_turn();
    if (plan_->armed == 0 || plan_->at_end == 0) return;
    ++plan_->acted;
    lose_power();
}

int Watcher::before(Call kind, const std::string& path) {
    if (folder_.empty()) return 0;
    due_ = is_due(kind, path);
    return due_ && plan_->after == 0 ? act() : 0;
}

void Watcher::after(Call, const std::string&) {
    if (due_) (void)act();
}

// -- the disk --------------------------------------------------------------------------------------------------------------

void Watcher::opened(const std::string& path, int descriptor, bool is_new) {
    struct stat about {};
    const bool folder = ::fstat(descriptor, &about) == 0 && S_ISDIR(about.st_mode);
    descriptors_[descriptor] = {path, folder};
    if (follows()) disk_->opened(path, descriptor, is_new);
}

void Watcher::closed(int descriptor) {
    if (folder_.empty()) return;
    const Turn turn = take_turn();
    if (descriptors_.erase(descriptor) > 0 && disk_) disk_->closed(descriptor);
}

// Its close is not seen, either.
void Watcher::to_stdio(int descriptor, bool writes) {
    if (folder_.empty()) return;
    const Turn turn = take_turn();
    if (descriptors_.erase(descriptor) == 0 || !disk_) return;
    if (writes) disk_->through_stdio(descriptor);
    else disk_->closed(descriptor);
}

void Watcher::through_stdio(const std::string& path) {
    if (follows()) disk_->through_stdio(path);
}

void Watcher::before_write(int descriptor, std::uint64_t offset) {
    if (follows()) disk_->before_write(descriptor, offset);
}
void Watcher::wrote(int descriptor, std::uint64_t offset, std::uint64_t count) {
    if (follows()) disk_->wrote(descriptor, offset, count);
}
void Watcher::before_truncate(const std::string& path) {
    if (follows()) disk_->before_truncate(path);
}
void Watcher::before_truncate(int descriptor) {
    if (follows()) disk_->before_truncate(descriptor);
}
void Watcher::truncated(int descriptor) {
    if (follows()) disk_->truncated(descriptor);
}
void Watcher::synced(int descriptor, const std::string& path) {
    const bool lies = plan_->lies[0] != '\0' && matches(plan_->lies, path);
    if (follows() && !lies) disk_->synced(descriptor);
}
void Watcher::made_folder(const std::string& path) {
    if (follows()) disk_->made_folder(path);
}
void Watcher::renamed(const std::string& from, const std::string& to) {
    if (follows()) disk_->renamed(from, to);
}
void Watcher::linked(const std::string& from, const std::string& to) {
    if (follows()) disk_->linked(from, to);
}
void Watcher::removed(const std::string& path) {
    if (follows()) disk_->removed(path);
}

// -- for whoever links it --------------------------------------------------------------------------------------------------

void watch(const std::string& folder, Watching watching) { Watcher::instance().begin(folder, watching); }
void unwatch() { Watcher::instance().end(); }
void lose_power_now() {
    const Watcher::Turn turn = Watcher::instance().take_turn();
    Watcher::instance().lose_power();
}
Plan& plan() { return Watcher::instance().plan(); }
std::string folder_after_loss(const std::string& folder) { return std::filesystem::path(folder).lexically_normal().string() + ".left"; }

}  // namespace granary::faults
