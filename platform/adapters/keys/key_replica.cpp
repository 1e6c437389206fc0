// Three tables: keys by person and ticket, marks of destroyed ones by person, and how far the topic was read.
#include "platform/adapters/keys/key_replica.hpp"

#include <algorithm>
#include <utility>

#include "core/privacy_limits.hpp"
#include "platform/adapters/keys/key_bytes.hpp"

namespace granary {
namespace {

constexpr char tag_begun = 'B';
constexpr char tag_key = 'K';
constexpr char tag_destroyed = 'D';
constexpr char tag_sweep = 'S';
constexpr std::size_t ticket_bytes = 8;

constexpr std::string_view magic = "granary-keys 1 ";
constexpr std::string_view derived_word = "derived";
constexpr std::string_view none_word = "none";
constexpr std::size_t hex_digits = 32;

constexpr std::string_view keys_table = "shared_keys";        // person + ticket: offset, wrapped key; the offset alone once it is destroyed
constexpr std::string_view marks_table = "shared_marks";      // person: when
constexpr std::string_view forget_table = "shared_forgets";   // person + ticket: its older values are still in files
constexpr std::string_view meta_table = "shared_meta";
constexpr std::string_view begun_entry = "begun";
constexpr std::string_view next_entry = "next";
constexpr std::string_view unswept_entry = "unswept";

std::unexpected<Fault> damaged() { return fault(FaultCode::corrupt, "an entry of the copy of shared keys is not what was written; remove DATA/keys/store of this node to have it made anew"); }

std::string after_prefix(std::string prefix) {
    while (!prefix.empty() && static_cast<unsigned char>(prefix.back()) == 0xFF) prefix.pop_back();
    if (!prefix.empty()) ++prefix.back();
    return prefix;
}

PersonId person_in(std::string_view bytes) {
    return {{static_cast<std::uint64_t>(number_of_bytes(bytes.substr(0, number_bytes))), static_cast<std::uint64_t>(number_of_bytes(bytes.substr(number_bytes, number_bytes)))}};
}

Result<std::optional<KeysBegun>> stored_begun(const ports::Store& store) {
    const auto entry = store.get(meta_table, begun_entry);
    if (!entry && entry.error().code == FaultCode::not_found) return std::optional<KeysBegun>();
    if (!entry) return std::unexpected(entry.error());
    if (!*entry) return std::optional<KeysBegun>();
    const std::size_t name_size = 1 + person_bytes;
    if ((*entry)->size() < name_size) return damaged();
    const auto begun = parse_begun({(*entry)->substr(0, name_size), (*entry)->substr(name_size)});
    if (!begun) return damaged();
    return begun;
}

}  // namespace

ports::KeyRecord begin_record(const KeysBegun& begun) {
    std::string text(magic);
    text += hex_of(begun.log);
    text += ' ';
    text += begun.derived_before ? derived_word : none_word;
    return {tag_begun + bytes_of_person({begun.instance}), std::move(text)};
}

std::optional<KeysBegun> parse_begun(const ports::KeyRecord& record) {
    if (record.name.size() != 1 + person_bytes || record.name[0] != tag_begun || !record.value || record.value->size() < magic.size() + hex_digits) return std::nullopt;
    const auto log = parse_hex_uuid(std::string_view(*record.value).substr(magic.size(), hex_digits));
    if (!log) return std::nullopt;
    for (const bool derived : {false, true}) {
        const KeysBegun begun{person_in(std::string_view(record.name).substr(1)).value, *log, derived};
        if (begin_record(begun) == record) return begun;
    }
    return std::nullopt;
}

ports::KeyRecord key_record(PersonId person, std::uint64_t ticket, std::string wrapped) {
    return {tag_key + bytes_of_person(person) + bytes_of_number(static_cast<std::int64_t>(ticket)), std::move(wrapped)};
}

ports::KeyRecord destroyed_record(PersonId person, Time when) { return {tag_destroyed + bytes_of_person(person), bytes_of_number(when.unix_us)}; }

ports::KeyRecord sweep_record(Time when) { return {std::string(1, tag_sweep), bytes_of_number(when.unix_us)}; }

std::string about_key(Uuid log, std::string_view name) { return bytes_of_person({log}) + std::string(name); }

Result<KeysBegun> read_begun(ports::KeyTopic& topic) {
    const auto page = topic.read({0});
    if (!page) return std::unexpected(page.error());
    if (page->records.empty()) return fault(FaultCode::not_found, "the topic of keys is empty");
    const auto begun = parse_begun(page->records.front().record);
    if (!begun) return fault(FaultCode::corrupt, "the first record of the topic of keys does not begin the keys of a log");
    return *begun;
}

Result<KeyReplica> KeyReplica::open(ports::Store& store, const KeysBegun& begun) {
    for (const auto table : {keys_table, marks_table, forget_table, meta_table}) {
        if (auto created = store.create_table(table); !created) return std::unexpected(std::move(created.error()));
    }
    const auto stored = stored_begun(store);
    if (!stored) return std::unexpected(stored.error());
    if (*stored && **stored != begun) {
        return fault(FaultCode::conflict, (*stored)->log != begun.log ? "this data directory holds the keys of another log"
                                                                      : "this data directory holds keys of a topic that was made anew since: restore that one, or remove DATA/keys/store");
    }
    if (!*stored) {
        const auto record = begin_record(begun);
        ports::StoreBatch batch;
        batch.put(meta_table, std::string(begun_entry), record.name + *record.value);
        batch.put(meta_table, std::string(next_entry), bytes_of_number(0));
        if (auto written = store.write(batch, ports::Durability::process); !written) return std::unexpected(std::move(written.error()));
    }
    return KeyReplica(store, &store, begun);
}

Result<KeyReplica> KeyReplica::open_to_read(const ports::Store& store) {
    const auto begun = stored_begun(store);
    if (!begun) return std::unexpected(begun.error());
    if (!*begun) return fault(FaultCode::not_found, "these are no keys that nodes share");
    return KeyReplica(store, nullptr, **begun);
}

Result<KeyReplica::Found> KeyReplica::find(PersonId person) const {
    const auto mark = read_->get(marks_table, bytes_of_person(person));
    if (!mark) return std::unexpected(mark.error());
    Found found;
    if (*mark) {
        if ((*mark)->size() != number_bytes) return damaged();
        found.destroyed_at = Time{number_of_bytes(**mark)};
        return found;
    }
    std::optional<std::int64_t> first;
    const auto prefix = bytes_of_person(person);
    const auto visit = [&](std::string_view key, std::string_view value) {
        if (value.size() <= number_bytes) return true;
        const auto offset = number_of_bytes(value.substr(0, number_bytes));
        if (first && *first < offset) return true;
        first = offset;
        found.name = tag_key + std::string(key);
        found.wrapped = value.substr(number_bytes);
        return true;
    };
    if (auto scanned = read_->scan(keys_table, prefix, after_prefix(prefix), visit); !scanned) return std::unexpected(std::move(scanned.error()));
    return found;
}

Result<std::vector<std::string>> KeyReplica::key_names(PersonId person) const {
    std::vector<std::string> names;
    const auto prefix = bytes_of_person(person);
    const auto visit = [&](std::string_view key, std::string_view) {
        names.push_back(tag_key + std::string(key));
        return true;
    };
    if (auto scanned = read_->scan(keys_table, prefix, after_prefix(prefix), visit); !scanned) return std::unexpected(std::move(scanned.error()));
    return names;
}

Result<Offset> KeyReplica::next() const {
    const auto entry = read_->get(meta_table, next_entry);
    if (!entry) return std::unexpected(entry.error());
    if (!*entry || (*entry)->size() != number_bytes) return damaged();
    return Offset{number_of_bytes(**entry)};
}

// Gathers changes; those that look at what is stored write what was gathered first.
class KeyReplica::Folding {
  public:
    Folding(KeyReplica& replica, Time now) : store_(*replica.store_), now_(now) {}

    Status take(const ports::StoredKeyRecord& stored) {
        const auto& [name, value] = stored.record;
        if (name.empty()) return {};
        switch (name[0]) {
            case tag_key:
                if (name.size() != 1 + person_bytes + ticket_bytes) return unknown();
                return value ? take_key(stored.offset, name.substr(1), *value) : take_away(name.substr(1));
            case tag_destroyed:
                if (name.size() != 1 + person_bytes || !value || value->size() != number_bytes) return unknown();
                return take_mark(name.substr(1), *value);
            case tag_sweep: batch_.remove(meta_table, std::string(unswept_entry)); return {};
            case tag_begun: return {};  // the first one was read when this was opened, and no other counts
            default: return unknown();
        }
    }
    // A write that reaches the device takes those in front of it along.
    Status end(Offset next, ports::Durability durability) {
        batch_.put(meta_table, std::string(next_entry), bytes_of_number(next.number));
        return flush(durability);
    }
    std::vector<PersonId> persons;

  private:
    static std::unexpected<Fault> unknown() { return fault(FaultCode::unsupported, "the topic of keys holds a record that this build does not know; upgrade this node"); }

    Status take_key(Offset offset, const std::string& key, const std::string& wrapped) {
        const std::string person = key.substr(0, person_bytes);
        const auto mark = store_.get(marks_table, person);
        if (!mark) return std::unexpected(mark.error());
        batch_.put(keys_table, key, bytes_of_number(offset.number) + (*mark ? std::string() : wrapped));
        persons.push_back(person_in(person));
        return {};
    }
    Status take_away(const std::string& key) {
        batch_.remove(keys_table, key);
        persons.push_back(person_in(key));
        unswept();
        return {};
    }
    Status take_mark(const std::string& person, const std::string& when) {
        const auto mark = store_.get(marks_table, person);
        if (!mark) return std::unexpected(mark.error());
        if (!*mark) batch_.put(marks_table, person, when);  // the first one says when
        if (auto written = flush(); !written) return written;
        const auto visit = [&](std::string_view key, std::string_view value) {
            if (value.size() <= number_bytes) return true;
            batch_.put(keys_table, std::string(key), std::string(value.substr(0, number_bytes)));
            batch_.put(forget_table, std::string(key), "");
            return true;
        };
        if (auto scanned = store_.scan(keys_table, person, after_prefix(person), visit); !scanned) return scanned;
        persons.push_back(person_in(person));
        unswept();
        return {};
    }
    void unswept() { batch_.put(meta_table, std::string(unswept_entry), bytes_of_number(now_.unix_us)); }
    Status flush(ports::Durability durability = ports::Durability::process) {
        auto written = store_.write(batch_, durability);
        batch_.changes.clear();
        return written;
    }

    ports::Store& store_;
    const Time now_;
    ports::StoreBatch batch_;
};

Result<std::vector<PersonId>> KeyReplica::fold(const ports::KeyPage& page, Time now, ports::Durability durability) {
    Folding folding(*this, now);
    for (const auto& record : page.records) {
        if (auto taken = folding.take(record); !taken) return std::unexpected(std::move(taken.error()));
    }
    if (auto ended = folding.end(page.next, durability); !ended) return std::unexpected(std::move(ended.error()));
    return std::move(folding.persons);
}

Status KeyReplica::forget_destroyed(std::size_t count_max) {
    std::vector<std::string> keys;
    const auto visit = [&](std::string_view key, std::string_view) {
        if (keys.size() == count_max) return false;
        keys.emplace_back(key);
        return true;
    };
    if (auto scanned = store_->scan(forget_table, "", "", visit); !scanned) return scanned;
    for (const auto& key : keys) {
        if (auto forgotten = store_->forget_old_values(keys_table, key); !forgotten) return forgotten;
        ports::StoreBatch batch;
        batch.remove(forget_table, key);
        if (auto written = store_->write(batch, ports::Durability::process); !written) return written;
    }
    return {};
}

Result<std::optional<Time>> KeyReplica::unswept_since() const {
    const auto entry = read_->get(meta_table, unswept_entry);
    if (!entry) return std::unexpected(entry.error());
    if (!*entry) return std::optional<Time>();
    if ((*entry)->size() != number_bytes) return damaged();
    return std::optional(Time{number_of_bytes(**entry)});
}

// Stops at the first fault.
Status KeyReplica::each_record(const std::function<Status(ports::StoredKeyRecord)>& take) const {
    std::vector<ports::StoredKeyRecord> of_person;
    Status failed;
    const auto flush = [&] {
        std::ranges::sort(of_person, {}, &ports::StoredKeyRecord::offset);
        for (auto& record : of_person) {
            if (failed) failed = take(std::move(record));
        }
        of_person.clear();
        return failed.has_value();
    };
    const auto visit = [&](std::string_view key, std::string_view value) {
        if (key.size() != person_bytes + ticket_bytes || value.size() < number_bytes) failed = damaged();
        if (!failed) return false;
        if (!of_person.empty() && !std::string_view(of_person.front().record.name).substr(1).starts_with(key.substr(0, person_bytes)) && !flush()) return false;
        if (value.size() > number_bytes) of_person.push_back({{number_of_bytes(value.substr(0, number_bytes))}, {tag_key + std::string(key), std::string(value.substr(number_bytes))}});
        return true;
    };
    if (auto scanned = read_->scan(keys_table, "", "", visit); !scanned) return scanned;
    if (!failed || !flush()) return failed;
    const auto visit_mark = [&](std::string_view key, std::string_view value) {
        failed = take({{}, {tag_destroyed + std::string(key), std::string(value)}});
        return failed.has_value();
    };
    auto scanned = read_->scan(marks_table, "", "", visit_mark);
    return scanned ? failed : scanned;
}

Result<bool> KeyReplica::is_of_destroyed(const ports::KeyRecord& record) const {
    if (record.name.size() != 1 + person_bytes + ticket_bytes || record.name[0] != tag_key) return false;
    const auto mark = read_->get(marks_table, record.name.substr(1, person_bytes));
    if (!mark) return std::unexpected(mark.error());
    return mark->has_value();
}

Result<bool> KeyReplica::holds(const ports::KeyRecord& record) const {
    const auto stored = read_->get(record.name[0] == tag_key ? keys_table : marks_table, std::string_view(record.name).substr(1));
    if (!stored) return std::unexpected(stored.error());
    return stored->has_value();
}

}  // namespace granary
