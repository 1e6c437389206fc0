// A node's own copy of the records in which nodes keep persons' keys, folded from their topic into a store.
//
// Records, by the first byte of their name (numbers on disk never change):
//   B + 16 bytes       begins the keys of one log: `granary-keys 1 <log's id> <none|derived>`; only the first one counts
//   K + person + 8     a person's wrapped key. The 8 bytes are drawn, so that a topic that keeps the newest record of each name keeps all
//                      of them: of two nodes that make a key at once the first in the topic has made it, for ever
//   D + person         the person's key was destroyed, and when: no key of that person counts, wherever it stands
//   S                  nothing: makes the topic roll, so that what was taken away leaves its files
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/ids.hpp"
#include "core/position.hpp"
#include "core/result.hpp"
#include "core/time.hpp"
#include "platform/ports/key_topic.hpp"
#include "platform/ports/store.hpp"

namespace granary {

// The first record of the topic.
struct KeysBegun {
    Uuid instance;
    Uuid log;
    bool derived_before = false;  // the log has personal data under keys that were worked out from the cluster's secret

    bool operator==(const KeysBegun&) const = default;
};

ports::KeyRecord begin_record(const KeysBegun& begun);
// nullopt: it is no such record.
std::optional<KeysBegun> parse_begun(const ports::KeyRecord& record);
ports::KeyRecord key_record(PersonId person, std::uint64_t ticket, std::string wrapped);
ports::KeyRecord destroyed_record(PersonId person, Time when);
ports::KeyRecord sweep_record(Time when);
// What a wrapped key is about: the log, and the name of its record.
std::string about_key(Uuid log, std::string_view name);

// From the topic's first record. not_found: it is empty; corrupt: it is no topic of keys.
Result<KeysBegun> read_begun(ports::KeyTopic& topic);

// Reads are thread-safe; one thread at a time folds.
class KeyReplica {
  public:
    // The store outlives this and holds nothing else but the tables of a StoredKeys. conflict: it is a copy of another topic.
    static Result<KeyReplica> open(ports::Store& store, const KeysBegun& begun);
    // Of a store that is only read. not_found: it is no copy of any topic.
    static Result<KeyReplica> open_to_read(const ports::Store& store);

    const KeysBegun& begun() const { return begun_; }

    struct Found {
        std::optional<Time> destroyed_at;  // else
        std::string name;                  // of the record that counts; empty: there is none
        std::string wrapped;
    };
    Result<Found> find(PersonId person) const;
    // Names of a person's records that the topic has not taken away.
    Result<std::vector<std::string>> key_names(PersonId person) const;

    Result<Offset> next() const;
    // Stores what the page says and, with it, how far was read. Answers the persons whose key may be another one now, or gone.
    // What a power cut takes of it is read again from the topic; a copy that has none asks for Durability::device.
    Result<std::vector<PersonId>> fold(const ports::KeyPage& page, Time now, ports::Durability durability = ports::Durability::process);
    // Destroyed keys leave the store's files, at most so many: each rewrites some of them. What an earlier process left undone, too.
    Status forget_destroyed(std::size_t count_max = SIZE_MAX);
    // Every key that counts or might have, person by person in the order of the topic, and every mark; both as records, marks without an offset.
    Status each_record(const std::function<Status(ports::StoredKeyRecord)>& take) const;
    // Of such a record: whether one of its name is there.
    Result<bool> holds(const ports::KeyRecord& record) const;
    // Of such a record: whether it is a key of somebody whose key was destroyed, so that it must not be stored again.
    Result<bool> is_of_destroyed(const ports::KeyRecord& record) const;
    // Since when something lies in the topic that was taken away, with no sweep behind it.
    Result<std::optional<Time>> unswept_since() const;

  private:
    KeyReplica(const ports::Store& read, ports::Store* store, const KeysBegun& begun) : read_(&read), store_(store), begun_(begun) {}

    class Folding;

    const ports::Store* read_;
    ports::Store* store_;  // null: only read
    KeysBegun begun_;
};

// Brings `to` up to what `from` holds, both such copies of one log's keys, as a backup or a restore. Returns how many entries were written.
// conflict: of two logs. `from` that is no copy of a topic: 0.
Result<std::uint64_t> copy_replica(const ports::Store& from, ports::Store& to);

// Appends what the topic lacks of a copy, so that a log that was restored has its persons' keys; what either has as destroyed is destroyed.
// Returns how many records were appended. not_found: it is no copy; conflict: of another log.
Result<std::uint64_t> restore_replica(const ports::Store& from, ports::KeyTopic& topic, ports::Store& scratch, Time now);

}  // namespace granary
