// Keys in two tables of a store. Work on one person is serialised by a stripe lock, so that a key is made only once.
#include "platform/adapters/keys/key_store.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <utility>
#include <vector>

#include "core/limits.hpp"
#include "core/mutants.hpp"
#include "platform/adapters/keys/key_bytes.hpp"
#include "platform/adapters/keys/key_cache.hpp"
#include "platform/adapters/keys/key_replica.hpp"

namespace granary {
namespace {

using ports::SecretKey;

constexpr std::string_view persons_table = "person_keys";
constexpr std::string_view secrets_table = "secrets";
constexpr std::string_view forgets_table = "forgets";  // of a copy: table, a zero byte, key of what is destroyed and still in older files
// First byte of an entry; never changes. A key: 32 bytes follow. A destroyed one: its time, 8 bytes big-endian.
constexpr char tag_key = 'K';
constexpr char tag_destroyed = 'D';

std::string key_entry(const SecretKey& key) {
    std::string entry(1, tag_key);
    entry.append(reinterpret_cast<const char*>(key.data()), key.size());
    return entry;
}

std::string destroyed_entry(Time when) { return std::string(1, tag_destroyed) + bytes_of_number(when.unix_us); }

struct Entry {
    bool destroyed = false;
    SecretKey key{};
    Time destroyed_at;
};

Result<Entry> read_entry(std::string_view bytes) {
    if (bytes.size() == 9 && bytes[0] == tag_destroyed) return Entry{true, {}, {number_of_bytes(bytes.substr(1))}};
    Entry entry;
    if (bytes.size() != 1 + entry.key.size() || bytes[0] != tag_key) return fault(FaultCode::corrupt, "an entry of the key store is not what was written");
    std::copy(bytes.begin() + 1, bytes.end(), entry.key.begin());
    return entry;
}

class StoredKeys final : public ports::KeyStore {
  public:
    StoredKeys(ports::Store& store, const ports::Clock& clock, ports::Random& random) : store_(store), clock_(clock), random_(random) {}

    Result<SecretKey> create_person_key(PersonId person) override;
    Result<std::optional<SecretKey>> person_key(PersonId person) override;
    Status destroy_person_key(PersonId person) override;
    Result<std::optional<Time>> destroyed_at(PersonId person) override;
    Result<SecretKey> secret(std::string_view name) override;

  private:
    Result<std::optional<Entry>> read(std::string_view table, const std::string& key) const;
    Status write(std::string_view table, std::string key, std::string entry);

    ports::Store& store_;
    const ports::Clock& clock_;
    ports::Random& random_;
    KeyStripes stripes_;
    std::mutex secrets_mutex_;
};

Result<std::optional<Entry>> StoredKeys::read(std::string_view table, const std::string& key) const {
    auto stored = store_.get(table, key);
    if (!stored) return std::unexpected(std::move(stored.error()));
    if (!*stored) return std::optional<Entry>();
    auto entry = read_entry(**stored);
    sodium_memzero((*stored)->data(), (*stored)->size());
    if (!entry) return std::unexpected(std::move(entry.error()));
    return std::optional<Entry>(*entry);
}

Status StoredKeys::write(std::string_view table, std::string key, std::string entry) {
    ports::StoreBatch batch;
    batch.put(table, std::move(key), std::move(entry));
    auto written = store_.write(batch, GRANARY_MUTANT(key_sync_skipped) ? ports::Durability::process : ports::Durability::device);
    for (auto& change : batch.changes) sodium_memzero(change.value->data(), change.value->size());
    return written;
}

Result<SecretKey> StoredKeys::create_person_key(PersonId person) {
    if (person.is_nil()) return fault(FaultCode::invalid_argument, "a key belongs to a person");
    auto& stripe = stripes_.of(person);
    const std::lock_guard lock(stripe.mutex);
    if (const auto* cached = stripe.cache.find(person)) return *cached;
    auto entry = read(persons_table, bytes_of_person(person));
    if (!entry) return std::unexpected(std::move(entry.error()));
    if (*entry && (*entry)->destroyed) return fault(FaultCode::conflict, "this person's key was destroyed");
    SecretKey key{};
    if (*entry) {
        key = (*entry)->key;
    } else {
        key = fresh_key(random_);
        if (auto written = write(persons_table, bytes_of_person(person), key_entry(key)); !written) return std::unexpected(std::move(written.error()));
    }
    stripe.cache.put(person, key);
    return key;
}

Result<std::optional<SecretKey>> StoredKeys::person_key(PersonId person) {
    if (person.is_nil()) return std::optional<SecretKey>();
    auto& stripe = stripes_.of(person);
    const std::lock_guard lock(stripe.mutex);
    if (const auto* cached = stripe.cache.find(person)) return std::optional<SecretKey>(*cached);
    auto entry = read(persons_table, bytes_of_person(person));
    if (!entry) return std::unexpected(std::move(entry.error()));
    if (!*entry || (*entry)->destroyed) return std::optional<SecretKey>();
    stripe.cache.put(person, (*entry)->key);
    return std::optional<SecretKey>((*entry)->key);
}

Status StoredKeys::destroy_person_key(PersonId person) {
    if (person.is_nil()) return fault(FaultCode::invalid_argument, "a key belongs to a person");
    auto& stripe = stripes_.of(person);
    const std::lock_guard lock(stripe.mutex);
    auto entry = read(persons_table, bytes_of_person(person));
    if (!entry) return std::unexpected(std::move(entry.error()));
    // A mark for a key that was never made, too: a restore or a late request must not make one.
    if (!*entry || !(*entry)->destroyed) {
        if (auto written = write(persons_table, bytes_of_person(person), destroyed_entry(clock_.now())); !written) return written;
    }
    stripe.cache.forget(person);
    // Again for one that was destroyed before: a crash may have come between the two.
    return store_.forget_old_values(persons_table, bytes_of_person(person));
}

Result<std::optional<Time>> StoredKeys::destroyed_at(PersonId person) {
    if (person.is_nil()) return std::optional<Time>();
    const auto entry = read(persons_table, bytes_of_person(person));
    if (!entry) return std::unexpected(entry.error());
    if (!*entry || !(*entry)->destroyed) return std::optional<Time>();
    return std::optional((*entry)->destroyed_at);
}

Result<SecretKey> StoredKeys::secret(std::string_view name) {
    if (name.empty()) return fault(FaultCode::invalid_argument, "a secret has a name");
    const std::lock_guard lock(secrets_mutex_);
    auto entry = read(secrets_table, std::string(name));
    if (!entry) return std::unexpected(std::move(entry.error()));
    if (*entry && (*entry)->destroyed) return fault(FaultCode::corrupt, "a secret of the log is marked as destroyed");
    if (*entry) return (*entry)->key;
    const SecretKey key = fresh_key(random_);
    if (auto written = write(secrets_table, std::string(name), key_entry(key)); !written) return std::unexpected(std::move(written.error()));
    return key;
}

class KeysToRead final : public ports::KeyStore {
  public:
    explicit KeysToRead(const ports::Store& store) : store_(store) {}

    Result<SecretKey> create_person_key(PersonId) override { return changes_nothing(); }
    Status destroy_person_key(PersonId) override { return changes_nothing(); }
    Result<std::optional<SecretKey>> person_key(PersonId person) override {
        const auto entry = read(persons_table, bytes_of_person(person));
        if (!entry) return std::unexpected(entry.error());
        if (!*entry || (*entry)->destroyed) return std::optional<SecretKey>();
        return std::optional((*entry)->key);
    }
    Result<std::optional<Time>> destroyed_at(PersonId person) override {
        const auto entry = read(persons_table, bytes_of_person(person));
        if (!entry) return std::unexpected(entry.error());
        if (!*entry || !(*entry)->destroyed) return std::optional<Time>();
        return std::optional((*entry)->destroyed_at);
    }
    Result<SecretKey> secret(std::string_view name) override {
        const auto entry = read(secrets_table, std::string(name));
        if (!entry) return std::unexpected(entry.error());
        if (!*entry) return changes_nothing();
        return (*entry)->key;
    }

  private:
    static std::unexpected<Fault> changes_nothing() { return fault(FaultCode::unsupported, "these keys are only read"); }
    Result<std::optional<Entry>> read(std::string_view table, const std::string& key) const {
        const auto stored = store_.get(table, key);
        if (!stored) return std::unexpected(stored.error());
        if (!*stored) return std::optional<Entry>();
        auto entry = read_entry(**stored);
        if (!entry) return std::unexpected(std::move(entry.error()));
        return std::optional(*entry);
    }

    const ports::Store& store_;
};

// Writes what `to` lacks of one table of `from`, some entries at a time.
class TableCopy {
  public:
    TableCopy(const ports::Store& from, ports::Store& to, std::string_view table) : from_(from), to_(to), table_(table) {}

    Result<std::uint64_t> run() {
        if (auto created = to_.create_table(forgets_table); !created) return std::unexpected(std::move(created.error()));
        Status failed;
        auto scanned = from_.scan(table_, "", "", [&](std::string_view key, std::string_view value) {
            failed = take(key, value);
            return failed.has_value();
        });
        if (!scanned) return std::unexpected(std::move(scanned.error()));
        if (failed) failed = flush();
        if (!failed) return std::unexpected(std::move(failed.error()));
        if (auto forgotten = forget(); !forgotten) return std::unexpected(std::move(forgotten.error()));
        return written_;
    }

  private:
    static constexpr std::size_t batch_max = 1024;

    Status take(std::string_view key, std::string_view value) {
        const auto entry = read_entry(value);
        if (!entry) return std::unexpected(entry.error());
        const auto stored = to_.get(table_, key);
        if (!stored) return std::unexpected(stored.error());
        if (*stored) {
            const auto there = read_entry(**stored);
            if (!there) return std::unexpected(there.error());
            if (there->destroyed || (!entry->destroyed && there->key == entry->key)) return {};
            if (!entry->destroyed) return fault(FaultCode::conflict, "these are the keys of two different logs");
            batch_.put(forgets_table, std::string(table_) + '\0' + std::string(key), "");
        }
        batch_.put(table_, std::string(key), std::string(value));
        return batch_.changes.size() < batch_max ? Status() : flush();
    }

    Status flush() {
        if (batch_.empty()) return {};
        auto written = to_.write(batch_, ports::Durability::device);
        for (auto& change : batch_.changes) sodium_memzero(change.value->data(), change.value->size());  // an empty one is left alone
        written_ += static_cast<std::size_t>(std::ranges::count(batch_.changes, table_, &ports::StoreBatch::Change::table));
        batch_.changes.clear();
        return written;
    }

    // What was destroyed by this copy, or by one that ended before it got here.
    Status forget() {
        std::vector<std::string> pending;
        const std::string prefix = std::string(table_) + '\0';
        auto scanned = to_.scan(forgets_table, prefix, std::string(table_) + '\1', [&](std::string_view key, std::string_view) {
            pending.emplace_back(key);
            return true;
        });
        if (!scanned) return scanned;
        for (const auto& key : pending) {
            if (auto forgotten = to_.forget_old_values(table_, key.substr(prefix.size())); !forgotten) return forgotten;
            ports::StoreBatch done;
            done.remove(forgets_table, key);
            if (auto noted = to_.write(done, ports::Durability::device); !noted) return noted;
        }
        return {};
    }

    const ports::Store& from_;
    ports::Store& to_;
    const std::string_view table_;
    ports::StoreBatch batch_;
    std::uint64_t written_ = 0;
};

}  // namespace

// Secrets first: whether the two belong together is known before any person's key is written.
Result<std::uint64_t> copy_keys(const ports::Store& from, ports::Store& to) {
    if (sodium_init() < 0) return fault(FaultCode::io_error, "libsodium could not start");
    const bool is_replica = KeyReplica::open_to_read(from).has_value();
    std::uint64_t written = 0;
    for (const auto table : {secrets_table, persons_table}) {
        if (auto created = to.create_table(table); !created) return std::unexpected(std::move(created.error()));
        const auto copied = TableCopy(from, to, table).run();
        // A node that has only ever shared its keys has none of its own.
        if (!copied && copied.error().code == FaultCode::not_found && is_replica) continue;
        if (!copied) return std::unexpected(copied.error());
        written += *copied;
    }
    const auto shared = copy_replica(from, to);
    if (!shared) return std::unexpected(shared.error());
    return written + *shared;
}

Result<std::unique_ptr<ports::KeyStore>> open_key_store_to_read(const ports::Store& store) {
    if (sodium_init() < 0) return fault(FaultCode::io_error, "libsodium could not start");
    const auto secret = store.get(secrets_table, "fingerprints");
    if (!secret && secret.error().code != FaultCode::not_found) return std::unexpected(secret.error());
    if (!secret || !*secret) return fault(FaultCode::not_found, "these are no keys of a log that was ever served");
    return std::make_unique<KeysToRead>(store);
}

Result<std::unique_ptr<ports::KeyStore>> open_key_store(ports::Store& store, const ports::Clock& clock, ports::Random& random) {
    if (sodium_init() < 0) return fault(FaultCode::io_error, "libsodium could not start");
    for (const auto table : {persons_table, secrets_table}) {
        if (auto created = store.create_table(table); !created) return std::unexpected(std::move(created.error()));
    }
    return std::make_unique<StoredKeys>(store, clock, random);
}

}  // namespace granary
