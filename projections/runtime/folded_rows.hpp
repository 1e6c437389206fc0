// Rows of one table while a batch is folded: decoded once, changed in place, encoded once, and kept for the next batch.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/limits.hpp"
#include "core/position.hpp"
#include "core/result.hpp"
#include "platform/ports/store.hpp"
#include "projections/views/rows.hpp"

namespace granary::projections {

// Reads a stored row's bytes; nullopt when there is none.
using RowSource = std::function<Result<std::optional<std::string>>(const std::string& key)>;

// Not thread-safe. Views get references into it, which last until `settle` or `forget`.
class FoldedRows final : public views::Rows {
  public:
    // Keeps about `kept_bytes_max` of rows between batches; 0 keeps none.
    FoldedRows(RowSource source, std::size_t kept_bytes_max);

    // Changes from here on are stamped with this position.
    void at(Position position) { at_ = position; }
    void remove(const std::string& key) override;

    // The first read or decoding that failed; what was folded since `settle` is worthless then.
    const std::optional<Fault>& failure() const { return failure_; }
    std::size_t changed() const { return changed_.size(); }

    // Adds every changed row to the batch.
    void collect(std::string_view table, ports::StoreBatch& batch);
    // Visits the changes, each key once; a nullopt removes. Stops at the first failure.
    using ChangeVisitor = std::function<Status(const std::string& key, std::optional<std::string> value)>;
    Status visit(const ChangeVisitor& visit);
    // The batch was written: changes are the stored state now.
    void settle();
    // The batch was not written: nothing of it happened.
    void forget();

  protected:
    views::Cell* edit_cell(const std::string& key, views::CellDecoder decode) override;
    void put_cell(const std::string& key, std::unique_ptr<views::Cell> cell) override;

  private:
    struct Slot {
        std::unique_ptr<views::Cell> cell;  // null: there is no such row
        bool changed = false;
        Position changed_at;
        std::size_t bytes = 0;
    };
    using Slots = std::unordered_map<std::string, Slot>;

    Slot* find(const std::string& key);
    Slot* load(const std::string& key, views::CellDecoder decode);
    Slot& claim(const std::string& key);
    void mark(const std::string& key, Slot& slot);
    std::optional<std::string> value_of(Slot& slot);

    RowSource source_;
    std::size_t kept_bytes_max_;
    Position at_;
    std::optional<Fault> failure_;
    // Rows used lately, and those used before: when the young fill half of the budget, the old are let go.
    Slots young_;
    Slots old_;
    std::size_t young_bytes_ = 0;
    std::vector<std::pair<const std::string*, Slot*>> changed_;
};

}  // namespace granary::projections
