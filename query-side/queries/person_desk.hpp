// What the sagas' erasures ask of a node: the views know the orders, the key store has the key.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "platform/ports/freshness.hpp"
#include "platform/ports/key_store.hpp"
#include "platform/ports/person_eraser.hpp"
#include "query-side/queries/orders.hpp"

namespace granary::queries {

struct PersonDeskOptions {
    ports::KeyStore& keys;  // all three outlive the desk
    ports::Freshness& freshness;
    const OrderQueries& orders;
    std::uint32_t partitions = 0;  // of the log
    // Runs work where it may wait: a key store may have to ask others, or rewrite files. Not before it returns; false, and nothing is
    // taken, when too much waits. Called until the desk has ended, and what it took may come later than that.
    std::function<bool(std::function<void()>)> run_aside;
    // Told when the key of somebody who was erased before may be there again and trying once more alone won't help. May be empty.
    std::function<void(const Fault&)> key_kept = {};
};

// Thread-safe. What waits when the desk ends is never answered.
class PersonDesk final : public ports::PersonEraser {
  public:
    explicit PersonDesk(PersonDeskOptions options);
    // Waits for the work at hand.
    ~PersonDesk() override;

    void orders_under_way(CustomerId customer, OrderId order, std::function<void(Result<std::uint32_t>)> done) override;
    void destroy_key(PersonId person, std::function<void(Status)> done) override;
    void keep_destroyed(PersonId person, std::function<void(Status)> done) override;

  private:
    struct Gate;

    void run(std::function<void()> work, const std::function<void(Fault)>& turned_away);
    Status destroy(PersonId person);
    Status keep(PersonId person);
    Result<std::uint32_t> count(CustomerId customer, OrderId order) const;

    const PersonDeskOptions options_;
    const std::shared_ptr<Gate> gate_;
};

}  // namespace granary::queries
