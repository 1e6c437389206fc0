// Ordered maps behind the store port.
#include "platform/adapters/memory/memory_store.hpp"

#include <iterator>
#include <utility>

namespace granary::memory {
namespace {

using Table = MemoryStore::Table;
using Tables = MemoryStore::Tables;

std::unexpected<Fault> no_table(std::string_view table) { return fault(FaultCode::not_found, "there is no table " + std::string(table)); }

std::optional<std::string> find(const Table& table, std::string_view key) {
    const auto found = table.find(key);
    if (found == table.end()) return std::nullopt;
    return found->second;
}

// Entries with from <= key < to; an empty `to` is the end.
std::pair<Table::const_iterator, Table::const_iterator> range(const Table& table, std::string_view from, std::string_view to) {
    auto first = table.lower_bound(from);
    auto last = to.empty() ? table.end() : table.lower_bound(to);
    if (!to.empty() && to < from) last = first;
    return {first, last};
}

void walk(const Table& table, std::string_view from, std::string_view to, const ports::StoreVisitor& visit) {
    auto [at, last] = range(table, from, to);
    for (; at != last; ++at) {
        if (!visit(at->first, at->second)) return;
    }
}

void walk_back(const Table& table, std::string_view from, std::string_view to, const ports::StoreVisitor& visit) {
    const auto [first, last] = range(table, from, to);
    for (auto at = last; at != first;) {
        --at;
        if (!visit(at->first, at->second)) return;
    }
}

// Keeps a table as it is while it exists. Made under the store's lock, ended anywhere.
class Reading {
  public:
    explicit Reading(std::shared_ptr<const MemoryStore::Sheet> sheet) : sheet_(std::move(sheet)) { sheet_->readers.fetch_add(1, std::memory_order_relaxed); }
    // What was read was read before: whoever writes next looks at the count.
    ~Reading() { sheet_->readers.fetch_sub(1, std::memory_order_release); }
    Reading(const Reading&) = delete;
    Reading& operator=(const Reading&) = delete;

    const Table& rows() const { return sheet_->rows; }

  private:
    const std::shared_ptr<const MemoryStore::Sheet> sheet_;
};

class Snapshot : public ports::StoreSnapshot {
  public:
    explicit Snapshot(const Tables& tables) {
        for (const auto& [name, sheet] : tables) tables_.emplace(name, sheet);
    }

    Result<std::optional<std::string>> get(std::string_view table, std::string_view key) const override {
        const auto found = tables_.find(table);
        if (found == tables_.end()) return no_table(table);
        return find(found->second.rows(), key);
    }
    Status scan(std::string_view table, std::string_view from, std::string_view to, const ports::StoreVisitor& visit) const override {
        const auto found = tables_.find(table);
        if (found == tables_.end()) return no_table(table);
        walk(found->second.rows(), from, to, visit);
        return {};
    }
    Status scan_back(std::string_view table, std::string_view from, std::string_view to, const ports::StoreVisitor& visit) const override {
        const auto found = tables_.find(table);
        if (found == tables_.end()) return no_table(table);
        walk_back(found->second.rows(), from, to, visit);
        return {};
    }

  private:
    std::map<std::string, Reading, std::less<>> tables_;
};

class Loader : public ports::StoreLoader {
  public:
    Loader(MemoryStore& store, std::string table) : store_(store), table_(std::move(table)) {}

    Status add(std::string_view key, std::string_view value) override {
        if (auto ordered = check_order(key); !ordered) return ordered;
        batch_.put(table_, std::string(key), std::string(value));
        return {};
    }
    Status remove(std::string_view key) override {
        if (auto ordered = check_order(key); !ordered) return ordered;
        batch_.remove(table_, std::string(key));
        return {};
    }
    Status finish_with(const ports::StoreBatch& changes) override {
        for (const auto& change : changes.changes) {
            if (change.table == table_) return fault(FaultCode::invalid_argument, "a loader's table takes no other changes");
            batch_.changes.push_back(change);
        }
        return store_.write(std::exchange(batch_, {}), ports::Durability::device);
    }

  private:
    Status check_order(std::string_view key) const {
        if (!batch_.changes.empty() && key <= batch_.changes.back().key) return fault(FaultCode::invalid_argument, "keys must ascend");
        return {};
    }

    MemoryStore& store_;
    const std::string table_;
    ports::StoreBatch batch_;
};

}  // namespace

std::vector<std::string> MemoryStore::tables() const {
    const std::scoped_lock lock(mutex_);
    std::vector<std::string> names;
    for (const auto& [name, table] : tables_) names.push_back(name);
    return names;
}

Status MemoryStore::create_table(std::string_view table) {
    const std::scoped_lock lock(mutex_);
    if (auto& sheet = tables_[std::string(table)]; !sheet) sheet = std::make_shared<Sheet>();
    return {};
}

Status MemoryStore::drop_table(std::string_view table) {
    const std::scoped_lock lock(mutex_);
    const auto found = tables_.find(table);
    if (found == tables_.end()) return no_table(table);
    tables_.erase(found);
    return {};
}

// Nothing older is kept.
Status MemoryStore::forget_old_values(std::string_view table, std::string_view) {
    const std::scoped_lock lock(mutex_);
    return tables_.contains(table) ? Status() : no_table(table);
}

Result<std::optional<std::string>> MemoryStore::get(std::string_view table, std::string_view key) const {
    const std::scoped_lock lock(mutex_);
    const auto found = tables_.find(table);
    if (found == tables_.end()) return no_table(table);
    return find(found->second->rows, key);
}

Result<std::vector<std::optional<std::string>>> MemoryStore::get_many(std::string_view table, const std::vector<std::string>& keys) const {
    const std::scoped_lock lock(mutex_);
    const auto found = tables_.find(table);
    if (found == tables_.end()) return no_table(table);
    std::vector<std::optional<std::string>> values;
    values.reserve(keys.size());
    for (const auto& key : keys) values.push_back(find(found->second->rows, key));
    return values;
}

// Without the lock while the visitor runs: it may look into the store, too.
template <class Walk>
Status MemoryStore::read(std::string_view table, Walk walk_through) const {
    std::optional<Reading> reading;
    {
        const std::scoped_lock lock(mutex_);
        const auto found = tables_.find(table);
        if (found == tables_.end()) return no_table(table);
        reading.emplace(found->second);
    }
    walk_through(reading->rows());
    return {};
}

Status MemoryStore::scan(std::string_view table, std::string_view from, std::string_view to, const ports::StoreVisitor& visit) const {
    return read(table, [&](const Table& rows) { walk(rows, from, to, visit); });
}

Status MemoryStore::scan_back(std::string_view table, std::string_view from, std::string_view to, const ports::StoreVisitor& visit) const {
    return read(table, [&](const Table& rows) { walk_back(rows, from, to, visit); });
}

std::unique_ptr<ports::StoreSnapshot> MemoryStore::snapshot() const {
    const std::scoped_lock lock(mutex_);
    return std::make_unique<Snapshot>(tables_);
}

MemoryStore::Table& MemoryStore::rows_to_change(std::shared_ptr<Sheet>& sheet) {
    if (sheet->readers.load(std::memory_order_acquire) > 0) {
        auto copy = std::make_shared<Sheet>();
        copy->rows = sheet->rows;
        sheet = std::move(copy);
    }
    return sheet->rows;
}

Status MemoryStore::write(const ports::StoreBatch& batch, ports::Durability) {
    const std::scoped_lock lock(mutex_);
    if (failing_writes_ > 0) {
        --failing_writes_;
        return fault(FaultCode::io_error, "the write failed");
    }
    for (const auto& change : batch.changes) {
        if (!tables_.contains(change.table)) return no_table(change.table);
    }
    for (const auto& change : batch.changes) {
        auto& rows = rows_to_change(tables_.find(change.table)->second);
        if (change.value) rows.insert_or_assign(change.key, *change.value);
        else rows.erase(change.key);
    }
    ++writes_;
    return {};
}

Result<std::unique_ptr<ports::StoreLoader>> MemoryStore::load(std::string_view table) {
    const std::scoped_lock lock(mutex_);
    if (!tables_.contains(table)) return no_table(table);
    return std::make_unique<Loader>(*this, std::string(table));
}

void MemoryStore::fail_writes(std::size_t count) {
    const std::scoped_lock lock(mutex_);
    failing_writes_ = count;
}

std::size_t MemoryStore::writes() const {
    const std::scoped_lock lock(mutex_);
    return writes_;
}

}  // namespace granary::memory
