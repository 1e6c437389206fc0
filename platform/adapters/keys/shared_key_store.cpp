// One thread makes keys for all who wait and follows what other nodes did; whoever destroys does it on its own.
#include "platform/adapters/keys/shared_key_store.hpp"

#include <sodium.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <set>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

#include "core/privacy_limits.hpp"
#include "platform/adapters/keys/key_bytes.hpp"
#include "platform/adapters/keys/key_cache.hpp"
#include "platform/adapters/keys/key_replica.hpp"
#include "platform/adapters/keys/known_keys.hpp"

namespace granary {
namespace {

using ports::SecretKey;

std::unexpected<Fault> nobody() { return fault(FaultCode::invalid_argument, "a key belongs to a person"); }

class SharedKeys final : public ports::KeyStore {
  public:
    SharedKeys(SharedKeyOptions options, KeyReplica replica)
        : topic_(options.topic), clock_(options.clock), random_(options.random), notice_(std::move(options.notice)), known_(std::move(replica), std::move(options.secret)) {}
    ~SharedKeys() override;
    SharedKeys(const SharedKeys&) = delete;
    SharedKeys& operator=(const SharedKeys&) = delete;

    // Reads all that is in the topic, and begins to follow it.
    Status start();

    Result<SecretKey> create_person_key(PersonId person) override;
    Result<std::optional<SecretKey>> person_key(PersonId person) override;
    void prepare(PersonId person, std::function<void(Status)> done) override;
    Result<std::optional<SecretKey>> other_person_key(PersonId person, const SecretKey& tried) override;
    Status destroy_person_key(PersonId person) override;
    Result<std::optional<Time>> destroyed_at(PersonId person) override { return known_.destroyed_at(person); }
    Result<SecretKey> secret(std::string_view name) override {
        if (name.empty()) return fault(FaultCode::invalid_argument, "a secret has a name");
        return known_.secret().secret(name);
    }

  private:
    struct Wish {
        PersonId person;
        std::function<void(Status)> done;
    };

    Result<KnownKeys::Known> look_up(PersonId person);
    Status catch_up();
    Status read_to_end();
    void run(const std::stop_token& stop);
    void make(std::vector<Wish> wishes);
    Status append_keys(const std::vector<Wish>& wishes);
    Status take_away_keys(PersonId person);
    void look_after_topic();
    Status forget_destroyed();
    Status sweep();
    void tell(const Status& followed);

    ports::KeyTopic& topic_;
    const ports::Clock& clock_;
    ports::Random& random_;
    const std::function<void(std::string_view)> notice_;
    KnownKeys known_;
    KeyStripes stripes_;

    std::mutex follow_mutex_;  // of whoever reads the topic
    std::atomic<std::uint64_t> asked_{0};
    std::uint64_t answered_ = 0;  // questions up to this one are covered by the last reading
    Status answer_;
    bool away_ = false;  // of thread_ alone

    std::mutex wishes_mutex_;
    std::condition_variable_any wished_;
    std::vector<Wish> wishes_;
    std::jthread thread_;  // last: it uses the others
};

SharedKeys::~SharedKeys() {
    thread_.request_stop();
    if (thread_.joinable()) thread_.join();
    for (const auto& wish : wishes_) wish.done(fault(FaultCode::unavailable, "the key store is being closed"));
}

Status SharedKeys::start() {
    if (auto read = catch_up(); !read) return read;
    if (auto forgotten = forget_destroyed(); !forgotten) return forgotten;
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
    return {};
}

// -- following --------------------------------------------------------------------------------------------------------------

// Who comes while somebody reads can't rely on that reading, for it may have begun too early; all who come meanwhile share the next.
Status SharedKeys::catch_up() {
    const auto question = ++asked_;
    const std::scoped_lock lock(follow_mutex_);
    if (answered_ >= question) return answer_;
    const auto covers = asked_.load();
    answer_ = read_to_end();
    answered_ = covers;
    return answer_;
}

Status SharedKeys::read_to_end() {
    for (;;) {
        const auto next = known_.replica().next();
        if (!next) return std::unexpected(next.error());
        const auto page = topic_.read(*next);
        if (!page) return std::unexpected(page.error());
        if (page->records.empty() && page->next == *next && page->at_end) return {};
        const auto changed = known_.replica().fold(*page, clock_.now());
        if (!changed) return std::unexpected(changed.error());
        for (const PersonId person : *changed) {
            auto& stripe = stripes_.of(person);
            const std::scoped_lock lock(stripe.mutex);
            stripe.cache.forget(person);
        }
        if (page->at_end) return {};
    }
}

void SharedKeys::run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        std::vector<Wish> wishes;
        {
            std::unique_lock lock(wishes_mutex_);
            wished_.wait_for(lock, stop, std::chrono::microseconds(limits::key_follow_pause.us), [this] { return !wishes_.empty(); });
            const auto count = static_cast<std::ptrdiff_t>(std::min(wishes_.size(), limits::keys_made_at_once_max));
            wishes.assign(std::make_move_iterator(wishes_.begin()), std::make_move_iterator(wishes_.begin() + count));
            wishes_.erase(wishes_.begin(), wishes_.begin() + count);
        }
        if (!wishes.empty()) make(std::move(wishes));
        else if (!stop.stop_requested()) look_after_topic();
    }
}

void SharedKeys::look_after_topic() {
    Status done = catch_up();
    if (done) done = forget_destroyed();
    if (done) done = sweep();
    tell(done);
}

// Some at a time: whoever has data sealed or read meanwhile waits. The rest comes with the next looks at the topic.
Status SharedKeys::forget_destroyed() {
    const std::scoped_lock lock(follow_mutex_);
    return known_.replica().forget_destroyed(limits::keys_forgotten_at_once_max);
}

Status SharedKeys::sweep() {
    const auto since = known_.replica().unswept_since();
    if (!since) return std::unexpected(since.error());
    const Time now = clock_.now();
    if (!*since || now < **since + topic_.rolls_after()) return {};
    return topic_.append({sweep_record(now)});
}

// Once when it begins and once when it is over.
void SharedKeys::tell(const Status& followed) {
    if (followed.has_value() != away_) return;
    away_ = !followed.has_value();
    if (!notice_) return;
    notice_(away_ ? "the topic of keys can't be followed, so no new person's key is made: " + followed.error().message : "the topic of keys is followed again");
}

// -- making -------------------------------------------------------------------------------------------------------------------

Result<KnownKeys::Known> SharedKeys::look_up(PersonId person) {
    auto& stripe = stripes_.of(person);
    const std::scoped_lock lock(stripe.mutex);
    if (const auto* cached = stripe.cache.find(person)) return KnownKeys::Known{false, *cached};
    auto known = known_.find(person);
    if (known && known->key) stripe.cache.put(person, *known->key);
    return known;
}

void SharedKeys::prepare(PersonId person, std::function<void(Status)> done) {
    if (person.is_nil()) return done(nobody());
    const auto known = look_up(person);
    if (!known) return done(std::unexpected(known.error()));
    if (known->key || known->destroyed) return done({});
    {
        const std::scoped_lock lock(wishes_mutex_);
        if (wishes_.size() < limits::keys_waiting_max) {
            wishes_.push_back({person, std::move(done)});
            done = nullptr;
        }
    }
    if (done) return done(fault(FaultCode::unavailable, "too many persons wait for their keys already"));
    wished_.notify_one();
}

Status SharedKeys::append_keys(const std::vector<Wish>& wishes) {
    std::set<PersonId> persons;
    for (const auto& wish : wishes) persons.insert(wish.person);
    std::vector<ports::KeyRecord> records;
    for (const PersonId person : persons) {
        const auto known = look_up(person);  // another node may have made it meanwhile
        if (!known) return std::unexpected(known.error());
        if (known->key || known->destroyed) continue;
        auto key = fresh_key(random_);
        auto record = key_record(person, random_.bits().lo, {});
        record.value = known_.secret().wrap(key, about_key(known_.replica().begun().log, record.name), random_);
        sodium_memzero(key.data(), key.size());
        records.push_back(std::move(record));
    }
    return records.empty() ? Status() : topic_.append(records);
}

// What is in the topic first is the key, whoever wrote it, so nothing is used before it was read back. While it can't be read, nothing more
// is appended: each retry would leave one more key that no compaction takes away.
void SharedKeys::make(std::vector<Wish> wishes) {
    Status made = away_ ? catch_up() : Status();
    if (made) made = append_keys(wishes);
    if (made) made = catch_up();
    tell(made);
    for (const auto& wish : wishes) wish.done(made);
}

Result<SecretKey> SharedKeys::create_person_key(PersonId person) {
    if (person.is_nil()) return nobody();
    for (const bool made : {false, true}) {
        const auto known = look_up(person);
        if (!known) return std::unexpected(known.error());
        if (known->destroyed) return fault(FaultCode::conflict, "this person's key was destroyed");
        if (known->key) return *known->key;
        if (made) break;
        std::mutex mutex;
        std::condition_variable came;
        std::optional<Status> prepared;
        prepare(person, [&](Status status) {
            const std::scoped_lock lock(mutex);
            prepared = std::move(status);
            came.notify_one();
        });
        std::unique_lock lock(mutex);
        came.wait(lock, [&] { return prepared.has_value(); });
        if (!*prepared) return std::unexpected(prepared->error());
    }
    return fault(FaultCode::unavailable, "a person's key was stored and can't be read back yet");
}

// -- using ---------------------------------------------------------------------------------------------------------------------

Result<std::optional<SecretKey>> SharedKeys::person_key(PersonId person) {
    if (person.is_nil()) return std::optional<SecretKey>();
    for (const bool asked : {false, true}) {
        const auto known = look_up(person);
        if (!known) return std::unexpected(known.error());
        if (known->key) return known->key;
        if (known->destroyed) return std::optional<SecretKey>();
        // Most of these have their data from before, and none that was made since: then the topic need not be asked.
        if (const auto earlier = known_.earlier(person)) return earlier;
        if (asked) break;
        if (auto read = catch_up(); !read) return std::unexpected(std::move(read.error()));
    }
    return std::optional<SecretKey>();
}

Result<std::optional<SecretKey>> SharedKeys::other_person_key(PersonId person, const SecretKey& tried) {
    const auto earlier = known_.earlier(person);
    if (!earlier) return std::optional<SecretKey>();
    if (tried == *earlier) {
        if (auto read = catch_up(); !read) return std::unexpected(std::move(read.error()));
    }
    const auto known = look_up(person);
    if (!known) return std::unexpected(known.error());
    if (known->destroyed) return std::optional<SecretKey>();
    return tried == *earlier ? known->key : earlier;
}

// -- destroying ----------------------------------------------------------------------------------------------------------------

Status SharedKeys::destroy_person_key(PersonId person) {
    if (person.is_nil()) return nobody();
    if (auto read = catch_up(); !read) return read;
    const auto when = known_.destroyed_at(person);
    if (!when) return std::unexpected(when.error());
    // A mark for a key that was never made, too: a restore or a late request must not make one.
    if (!*when) {
        if (auto marked = topic_.append({destroyed_record(person, clock_.now())}); !marked) return marked;
        if (auto read = catch_up(); !read) return read;
    }
    // Again for one that was destroyed before: a crash may have come between the two.
    return take_away_keys(person);
}

// Keys behind the mark were never used, and go by and by with the next one that is destroyed again.
Status SharedKeys::take_away_keys(PersonId person) {
    auto names = known_.replica().key_names(person);
    if (!names) return std::unexpected(std::move(names.error()));
    std::vector<ports::KeyRecord> gone;
    for (auto& name : *names) gone.push_back({std::move(name), std::nullopt});
    if (!gone.empty()) {
        if (auto taken = topic_.append(gone); !taken) return taken;
    }
    return forget_destroyed();
}

}  // namespace

Result<std::unique_ptr<ports::KeyStore>> open_shared_key_store(SharedKeyOptions options) {
    if (sodium_init() < 0) return fault(FaultCode::io_error, "libsodium could not start");
    const auto begun = read_begun(options.topic);
    if (!begun) return std::unexpected(begun.error());
    if (begun->log != options.log) return fault(FaultCode::conflict, "the topic of keys is that of another log");
    auto replica = KeyReplica::open(options.store, *begun);
    if (!replica) return std::unexpected(std::move(replica.error()));
    auto keys = std::make_unique<SharedKeys>(std::move(options), std::move(*replica));
    if (auto started = keys->start(); !started) return std::unexpected(std::move(started.error()));
    return keys;
}

Status begin_shared_keys(ports::KeyTopic& topic, ports::Random& random, Uuid log, bool derived_before) {
    auto begun = read_begun(topic);
    if (!begun && begun.error().code == FaultCode::not_found) {
        if (auto stored = topic.append({begin_record({random.bits(), log, derived_before})}); !stored) return stored;
        begun = read_begun(topic);  // somebody else's may be the first
    }
    if (!begun) return std::unexpected(begun.error());
    if (begun->log != log) return fault(FaultCode::conflict, "the topic holds the keys of another log");
    return {};
}

}  // namespace granary
