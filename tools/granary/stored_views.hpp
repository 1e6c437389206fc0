// A store of views that nobody folds here, as queries want to see it: tables and positions as the store remembers them.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/ports/freshness.hpp"
#include "platform/ports/sealer.hpp"
#include "platform/ports/store.hpp"
#include "platform/ports/view_directory.hpp"
#include "projections/runtime/stored_state.hpp"
#include "query-side/queries/source.hpp"

namespace granary::cli {

// Reports hold no personal data.
class NoSealer final : public ports::Sealer {
  public:
    Result<wire::SealedT> seal(PersonId, std::string_view) override { return fault(FaultCode::unsupported, "this program seals nothing"); }
    Result<std::optional<std::string>> open(const wire::SealedT&) override { return fault(FaultCode::unsupported, "this program opens nothing"); }
    Result<Fingerprint> fingerprint_for(PersonId, std::string_view) override { return Fingerprint{}; }
    Fingerprint fingerprint(std::string_view) const override { return {}; }
};

// Another process may have the store open. Not thread-safe; the store must outlive it.
class StoredViews final : public ports::ViewDirectory, public ports::Freshness {
  public:
    explicit StoredViews(const ports::Store& store) : store_(store) {}

    // Must succeed before anything else; the positions are those of `view`. not_found: it has not been folded here.
    Status read(std::string_view view);
    // How far `view` has come, by partition.
    const std::vector<std::optional<projections::FoldedTo>>& folded_to() const { return folded_; }
    queries::Source source() { return {store_, *this, *this, sealer_}; }

    std::shared_ptr<const std::string> live_table(std::string_view view) const override;
    ports::ViewAge age() const override { return {positions_, {}}; }
    Offset folded(Partition partition) const override { return partition.number < positions_.size() ? positions_[partition.number] : Offset{}; }
    Result<Offset> known_end(Partition partition) const override { return folded(partition); }
    void wait_for(std::vector<Position>, Duration, std::function<void(bool)> ready) override { ready(false); }

  private:
    Status read_positions(const std::string& table);

    const ports::Store& store_;
    std::map<std::string, std::shared_ptr<const std::string>, std::less<>> tables_;
    std::vector<std::optional<projections::FoldedTo>> folded_;
    PositionVector positions_;
    NoSealer sealer_;
};

}  // namespace granary::cli
