// What the sagas' erasures ask of a node: the views know the orders, the key store has the key.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>

#include "platform/host/aside_thread.hpp"
#include "platform/ports/freshness.hpp"
#include "platform/ports/key_store.hpp"
#include "platform/ports/person_eraser.hpp"
#include "query-side/queries/orders.hpp"

namespace granary::cli {

// Thread-safe. Works on a thread of its own: a key store may have to rewrite files. What waits there when the desk ends is never
// answered.
class PersonDesk final : public ports::PersonEraser {
  public:
    // All outlive the desk.
    PersonDesk(ports::KeyStore& keys, ports::Freshness& freshness, const queries::OrderQueries& orders, std::uint32_t partitions);
    // Waits for the views to say that they are there, or not, limits::freshness_wait_max at most.
    ~PersonDesk() override;

    void orders_under_way(CustomerId customer, OrderId order, std::function<void(Result<std::uint32_t>)> done) override;
    void destroy_key(PersonId person, std::function<void(Status)> done) override;
    void keep_destroyed(PersonId person, std::function<void(Status)> done) override;

  private:
    Result<std::uint32_t> count(CustomerId customer, OrderId order) const;

    ports::KeyStore& keys_;
    ports::Freshness& freshness_;
    const queries::OrderQueries& orders_;
    const std::uint32_t partitions_;
    std::mutex mutex_;
    std::condition_variable told_;
    std::size_t waits_ = 0;  // for the views
    AsideThread aside_;  // last: it uses the others
};

}  // namespace granary::cli
