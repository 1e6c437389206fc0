// One append-only file under flock; readers notice a change by size and time of modification.
#include "platform/adapters/api_key_file/api_key_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <shared_mutex>
#include <utility>

#include "core/limits.hpp"
#include "platform/adapters/api_key_file/key_lines.hpp"
#include "platform/adapters/system/durable_folder.hpp"

namespace granary::adapters {
namespace {

using key_file::KeyTable;
using ports::ApiKey;

constexpr std::size_t file_bytes_max = limits::api_keys_max * 1024;

class Descriptor {
  public:
    explicit Descriptor(int fd) : fd_(fd) {}
    ~Descriptor() {
        if (fd_ >= 0) ::close(fd_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    int get() const { return fd_; }

  private:
    int fd_;
};

std::unexpected<Fault> io_fault(const std::string& what) {
    const int code = errno;
    return fault(code == ENOSPC || code == EDQUOT ? FaultCode::disk_full : FaultCode::io_error, what + ": " + std::strerror(code));
}

// What tells one state of the file from another.
struct Stamp {
    std::int64_t size = -1;
    std::int64_t modified_ns = 0;
    std::uint64_t inode = 0;

    bool operator==(const Stamp&) const = default;
};

Stamp stamp_of(const std::filesystem::path& path) {
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0) return {};
    return {info.st_size, std::int64_t{info.st_mtim.tv_sec} * 1'000'000'000 + info.st_mtim.tv_nsec, info.st_ino};
}

Result<std::string> read_all(int fd) {
    std::string text;
    char buffer[65536];
    for (;;) {
        const auto got = ::pread(fd, buffer, sizeof buffer, static_cast<off_t>(text.size()));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return io_fault("can't read the key file");
        if (got == 0) return text;
        text.append(buffer, static_cast<std::size_t>(got));
        if (text.size() > file_bytes_max) return fault(FaultCode::invalid_argument, "the key file is larger than all keys could make it");
    }
}

Status write_all(int fd, std::string_view bytes, std::size_t at) {
    while (!bytes.empty()) {
        const auto written = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(at));
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return io_fault("can't write the key file");
        bytes.remove_prefix(static_cast<std::size_t>(written));
        at += static_cast<std::size_t>(written);
    }
    return {};
}

Status sync_directory(const std::filesystem::path& directory) {
    const Descriptor fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (fd.get() < 0 || ::fsync(fd.get()) != 0) return io_fault("can't sync " + directory.string());
    return {};
}

class ApiKeyFile final : public ports::ApiKeyStore {
  public:
    ApiKeyFile(std::filesystem::path directory, const ports::Clock& clock, ports::Random& random, std::function<void(const Fault&)> notice)
        : directory_(std::move(directory)), path_(directory_ / "api_keys.jsonl"), clock_(clock), random_(random), notice_(std::move(notice)) {}

    Status load() {
        const Stamp stamp = stamp_of(path_);
        if (stamp.size < 0) return {};
        const Descriptor fd(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
        if (fd.get() < 0) return io_fault("can't open " + path_.string());
        auto text = read_all(fd.get());
        if (!text) return std::unexpected(text.error());
        auto table = key_file::read_lines(*text);
        if (!table) return std::unexpected(table.error());
        const std::unique_lock lock(mutex_);
        table_ = std::move(*table);
        stamp_ = stamp;
        return {};
    }

    std::shared_ptr<const ApiKey> find(std::string_view presented) override {
        const auto parsed = key_file::parse_key_text(presented);
        if (!parsed) return nullptr;
        refresh();
        // Whoever was just given a key uses it at once; a look at the file costs less than the request that brought the key.
        if (!knows(parsed->id)) reload_if_changed();
        const Digest hash = sha256(parsed->secret);
        const std::shared_lock lock(mutex_);
        const auto found = table_.keys.find(parsed->id);
        if (found == table_.keys.end() || !equal_secrets(found->second.secret_hash.view(), hash.view())) return nullptr;
        return found->second.key->revoked_at.unix_us == 0 ? found->second.key : nullptr;
    }

    Result<std::string> create(const ports::ApiKeyWish& wish) override {
        if (auto checked = check(wish); !checked) return std::unexpected(checked.error());
        ApiKey key{.id = {random_.bits()}, .role = wish.role, .permissions = permissions_of(wish.role), .customer = wish.customer, .name = wish.name, .created_at = clock_.now()};
        if (!wish.scopes.empty()) key.permissions = key.permissions.narrowed_to(wish.scopes);
        const std::string secret = hex_of(random_.bits()) + hex_of(random_.bits());
        const auto line = key_file::line_of_creation(key, sha256(secret));
        if (auto done = append(line, nullptr); !done) return std::unexpected(done.error());
        return key_file::key_text(key.id, secret);
    }

    Status revoke(ApiKeyId id) override { return append(key_file::line_of_revocation(id, clock_.now()), &id); }

    Result<std::vector<ApiKey>> list() override {
        if (auto loaded = load(); !loaded) return std::unexpected(loaded.error());
        const std::shared_lock lock(mutex_);
        std::vector<ApiKey> keys;
        for (const auto id : table_.order) keys.push_back(*table_.keys.at(id).key);
        return keys;
    }

  private:
    static Status check(const ports::ApiKeyWish& wish) {
        if (!permissions_of(wish.role).contains(wish.scopes)) return fault(FaultCode::invalid_argument, "a scope is not among the permissions of the role");
        if ((wish.role == Role::customer) == wish.customer.is_nil()) return fault(FaultCode::invalid_argument, "a key of role customer belongs to one customer, and no other key does");
        if (wish.name.size() > limits::api_key_name_bytes_max) return fault(FaultCode::invalid_argument, "the name of a key may have at most 64 bytes");
        return {};
    }

    // Looks at the file at most once per interval, from whichever request comes first.
    void refresh() {
        const std::int64_t now = clock_.monotonic().us;
        std::int64_t due = next_check_us_.load(std::memory_order_relaxed);
        if (now < due || !next_check_us_.compare_exchange_strong(due, now + limits::api_key_check_interval.us)) return;
        reload_if_changed();
    }

    bool knows(ApiKeyId id) {
        const std::shared_lock lock(mutex_);
        return table_.keys.contains(id);
    }

    void reload_if_changed() {
        const Stamp stamp = stamp_of(path_);
        {
            const std::shared_lock lock(mutex_);
            if (stamp == stamp_ || stamp == bad_stamp_) return;
        }
        if (const auto loaded = load(); !loaded) {
            const std::unique_lock lock(mutex_);
            bad_stamp_ = stamp;
            if (notice_) notice_(loaded.error());
        }
    }

    // Appends behind the last whole line, whatever stands there of a torn one. `must_exist`: a key that has to be in it.
    Status append(const std::string& line, const ApiKeyId* must_exist) {
        if (auto made = make_durable_folder(directory_, 0700); !made) return made;
        const Descriptor fd(::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
        if (fd.get() < 0) return io_fault("can't open " + path_.string());
        if (::flock(fd.get(), LOCK_EX) != 0) return io_fault("can't lock the key file");
        const auto text = read_all(fd.get());
        if (!text) return std::unexpected(text.error());
        const auto table = key_file::read_lines(*text);
        if (!table) return std::unexpected(table.error());
        if (must_exist != nullptr && !table->keys.contains(*must_exist)) return fault(FaultCode::not_found, "there is no key " + text_of(*must_exist));
        if (must_exist == nullptr && table->keys.size() >= limits::api_keys_max) return fault(FaultCode::invalid_argument, "there are as many keys as there may be (api_keys_max)");
        if (table->whole_bytes < text->size() && ::ftruncate(fd.get(), static_cast<off_t>(table->whole_bytes)) != 0) return io_fault("can't cut a torn line off the key file");
        if (auto written = write_all(fd.get(), line, table->whole_bytes); !written) return written;
        if (::fsync(fd.get()) != 0) return io_fault("can't sync the key file");
        // Also when the file was there: whoever made it may have been cut off before this.
        if (auto synced = sync_directory(directory_); !synced) return synced;
        return load();
    }

    const std::filesystem::path directory_;
    const std::filesystem::path path_;
    const ports::Clock& clock_;
    ports::Random& random_;
    const std::function<void(const Fault&)> notice_;
    std::atomic<std::int64_t> next_check_us_ = 0;
    std::shared_mutex mutex_;
    KeyTable table_;
    Stamp stamp_;
    Stamp bad_stamp_;
};

}  // namespace

Result<std::unique_ptr<ports::ApiKeyStore>> open_api_key_file(const std::filesystem::path& directory, const ports::Clock& clock, ports::Random& random,
                                                              std::function<void(const Fault&)> notice) {
    auto file = std::make_unique<ApiKeyFile>(directory, clock, random, std::move(notice));
    if (auto loaded = file->load(); !loaded) return std::unexpected(loaded.error());
    return file;
}

}  // namespace granary::adapters
