// A bounded cache of values that run ahead of the log: each keeps its newest form and, while commits on it are in flight,
// also the form that counts.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/check.hpp"

namespace granary::command_side {

// Least recently used entries go first, but never one with a commit in flight, and never one whose counting form is not
// in the checkpoint yet ("dirty"). Entries stay where they are, so pointers hold until `trim`. Not thread-safe.
template <class Key, class Value>
class SpeculativeCache {
  public:
    struct Entry {
        const Key* key = nullptr;       // into the map, which never moves it
        Value newest;                   // what the next decision sees
        std::optional<Value> counted;   // only while something is in flight; else `newest` counts
        std::size_t in_flight = 0;
        bool dirty = false;
        Entry* older = nullptr;
        Entry* newer = nullptr;

        const Value& counting() const { return in_flight > 0 ? *counted : newest; }
        // A commit that changes this entry goes into flight; change `newest` afterwards.
        void speculate() {
            if (in_flight++ == 0) counted = newest;
        }
        // The oldest commit in flight counts; `counted` has been changed accordingly, unless it was the only one.
        void confirm() {
            GRANARY_CHECK(in_flight > 0);
            if (--in_flight == 0) counted.reset();
        }
        // Nothing that is in flight will count by itself.
        void roll_back() {
            if (in_flight > 0) newest = std::move(*counted);
            in_flight = 0;
            counted.reset();
        }
    };

    explicit SpeculativeCache(std::size_t entries_max) : entries_max_(entries_max) {}
    SpeculativeCache(const SpeculativeCache&) = delete;
    SpeculativeCache& operator=(const SpeculativeCache&) = delete;

    // Marks the entry as just used; nullptr when it is not cached.
    Entry* find(const Key& key) {
        const auto found = entries_.find(key);
        if (found == entries_.end()) return nullptr;
        unlink(found->second);
        link_newest(found->second);
        return &found->second;
    }
    bool contains(const Key& key) const { return entries_.contains(key); }

    Entry& insert(const Key& key, Value value) {
        auto [place, added] = entries_.try_emplace(key);
        GRANARY_CHECK(added);
        Entry& entry = place->second;
        entry.key = &place->first;
        entry.newest = std::move(value);
        link_newest(entry);
        return entry;
    }

    void mark_dirty(Entry& entry) {
        if (entry.dirty) return;
        entry.dirty = true;
        dirty_.push_back(&entry);
    }
    const std::vector<Entry*>& dirty() const { return dirty_; }
    // All dirty entries are in the store now.
    void all_written() {
        for (auto* entry : dirty_) entry->dirty = false;
        dirty_.clear();
    }

    std::size_t size() const { return entries_.size(); }
    bool overfull() const { return entries_.size() > entries_max_; }
    // Asked after `trim`: what is too much can't go before it is written, and writing it is worth a batch.
    bool wants_writing() const { return overfull() && dirty_.size() * 8 >= entries_max_; }
    // Passes over what can't go, which `wants_writing` keeps short.
    void trim() {
        for (Entry* entry = oldest_; entry != nullptr && overfull();) {
            Entry* next = entry->newer;
            if (entry->in_flight == 0 && !entry->dirty) {
                unlink(*entry);
                entries_.erase(entries_.find(*entry->key));
            }
            entry = next;
        }
    }

  private:
    void unlink(Entry& entry) {
        (entry.older != nullptr ? entry.older->newer : oldest_) = entry.newer;
        (entry.newer != nullptr ? entry.newer->older : newest_) = entry.older;
        entry.older = entry.newer = nullptr;
    }
    void link_newest(Entry& entry) {
        entry.older = newest_;
        (newest_ != nullptr ? newest_->newer : oldest_) = &entry;
        newest_ = &entry;
    }

    const std::size_t entries_max_;
    std::unordered_map<Key, Entry> entries_;
    std::vector<Entry*> dirty_;
    Entry* oldest_ = nullptr;
    Entry* newest_ = nullptr;
};

}  // namespace granary::command_side
