// The mark is a file in the store's folder: durable before anything is removed, gone after everything else is.
#include "platform/adapters/rocksdb/damaged_store.hpp"

#include <fcntl.h>
#include <rocksdb/env.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <system_error>
#include <vector>

#include "platform/adapters/rocksdb/posix_file.hpp"
#include "platform/adapters/rocksdb/rocks_status.hpp"

namespace granary::rocks {
namespace {

namespace fs = std::filesystem;

constexpr const char* mark_name = "DAMAGED";
constexpr const char* lock_name = "LOCK";

std::string mark_path(const std::string& path) { return path + "/" + mark_name; }

class DamageListener final : public ::rocksdb::EventListener {
  public:
    explicit DamageListener(StoreOptions options) : options_(std::move(options)) {}
    void OnBackgroundError(::rocksdb::BackgroundErrorReason, ::rocksdb::Status* status) override { end_if_damaged(options_, *status); }

  private:
    const StoreOptions options_;
};

Status remove_all_but_mark(const std::string& path) {
    std::error_code error;
    std::vector<fs::path> doomed;
    for (fs::directory_iterator entry(path, error), end; !error && entry != end; entry.increment(error)) {
        const auto name = entry->path().filename();
        if (name != mark_name && name != lock_name) doomed.push_back(entry->path());
    }
    for (const auto& each : doomed) {
        if (!error) fs::remove_all(each, error);
    }
    if (error) return fault(FaultCode::io_error, "can't remove the damaged store in " + path + ": " + error.message());
    auto folder = PosixFile::open(path, O_RDONLY | O_DIRECTORY);
    if (!folder) return std::unexpected(std::move(folder.error()));
    return folder->sync_data();
}

}  // namespace

bool is_damage(const ::rocksdb::Status& status) { return status.IsCorruption() || (status.IsIOError() && status.IsPathNotFound()); }

void end_if_damaged(const StoreOptions& options, const ::rocksdb::Status& status) {
    if (!options.derived || !options.mends || !status.IsCorruption()) return;
    static std::mutex one_is_enough;
    one_is_enough.lock();
    const std::string words = "the store in " + options.path + " is damaged: " + status.ToString() + "; the process ends, the next start makes the store afresh";
    (void)write_file_atomically(mark_path(options.path), status.ToString());  // without it the next process finds the damage again
    if (options.last_words) options.last_words(words);
    std::fprintf(stderr, "granary: %s\n", words.c_str());
    std::abort();
}

std::shared_ptr<::rocksdb::EventListener> make_damage_listener(const StoreOptions& options) { return std::make_shared<DamageListener>(options); }

std::optional<std::string> found_damage(const std::string& path) {
    std::error_code ignored;
    if (!fs::exists(mark_path(path), ignored)) return std::nullopt;
    const auto file = PosixFile::open(mark_path(path), O_RDONLY);
    const auto why = file ? file->read_all() : Result<std::string>("unknown");
    return why ? *why : "unknown";
}

Status remove_damaged(const std::string& path, const std::string& why) {
    ::rocksdb::Env* const env = ::rocksdb::Env::Default();
    ::rocksdb::FileLock* lock = nullptr;
    // Who has it open may just have replaced a file, which looks like damage from outside.
    if (const auto locked = env->LockFile(path + "/" + lock_name, &lock); !locked.ok()) return to_status(locked, "can't lock the damaged store in " + path);
    Status removed = write_file_atomically(mark_path(path), why);
    if (removed) removed = remove_all_but_mark(path);
    std::error_code error;
    if (removed && (!fs::remove(mark_path(path), error) || error)) removed = fault(FaultCode::io_error, "can't remove " + mark_path(path) + ": " + error.message());
    env->UnlockFile(lock);
    return removed;
}

}  // namespace granary::rocks
