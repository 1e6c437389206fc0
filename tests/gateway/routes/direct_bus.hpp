// A command side without shards: decides at once, on the caller's thread, and appends to a log, for tests of the gateway.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "command-side/domain/access.hpp"
#include "command-side/domain/catalog.hpp"
#include "command-side/domain/customer_erasure.hpp"
#include "command-side/domain/customers.hpp"
#include "command-side/domain/delivery.hpp"
#include "command-side/domain/inventory.hpp"
#include "command-side/domain/invoices.hpp"
#include "command-side/domain/order_fulfilment.hpp"
#include "command-side/domain/orders.hpp"
#include "command-side/domain/payments.hpp"
#include "core/chain.hpp"
#include "platform/ports/clock.hpp"
#include "platform/ports/command_bus.hpp"
#include "platform/ports/log.hpp"

namespace granary::testing {

// Thread-safe. Keeps every promise of the port; nothing is in flight when submit returns, unless `hold` was called.
class DirectBus final : public ports::CommandBus {
  public:
    DirectBus(ports::Log& log, const ports::Clock& clock);

    void submit(ports::CommandRequest request, std::function<void(ports::CommandAnswer)> done) override;

    // Commands are kept until release_all.
    void hold() { held_ = true; }
    void release_all();
    // The next command is answered like this and not decided.
    void answer_next(ports::CommandAnswer answer) { planned_ = std::move(answer); }

    // The last request, for tests of what the gateway asks. Records of accesses are none of these, and neither held nor planned.
    std::optional<ports::CommandRequest> last;
    std::size_t commits = 0;

    std::vector<access::RecordAccessesT> accesses;  // that were recorded, or were to be
    std::optional<ports::CommandOutcome> accesses_fail;  // set: this becomes of them

  private:
    struct Accepted {
        Fingerprint fingerprint;
        Commit commit;
        Position position;
        std::uint64_t version;
    };
    using Decision = std::expected<std::vector<Event>, Refusal>;

    ports::CommandAnswer decide(const ports::CommandRequest& request);
    ports::CommandAnswer record(const ports::CommandRequest& request);
    Decision decide_in_context(const ports::CommandRequest& request, const std::string& stream);
    Decision decide_stock(const std::string& stream, const inventory::Command& command, Time now);
    ports::CommandAnswer append(const ports::CommandRequest& request, const StreamTarget& target, std::vector<Event> events);

    ports::Log& log_;
    const ports::Clock& clock_;
    std::mutex mutex_;
    bool held_ = false;
    std::optional<ports::CommandAnswer> planned_;
    std::vector<std::pair<ports::CommandRequest, std::function<void(ports::CommandAnswer)>>> waiting_;
    std::vector<Digest> heads_;
    std::map<std::string, std::uint64_t> versions_;
    std::map<CommandId, Accepted> accepted_;
    std::map<std::string, orders::OrderStateT> orders_;
    std::map<std::string, payments::PaymentStateT> payments_;
    std::map<std::string, inventory::Stock> stock_;
    std::map<std::pair<std::string, ReservationId>, inventory::ReservationT> reservations_;
    std::map<std::string, delivery::ShipmentStateT> shipments_;
    std::map<std::string, catalog::ProductStateT> products_;
    std::map<std::string, customers::CustomerStateT> customers_;
    std::map<std::string, order_fulfilment::SagaStreamStateT> sagas_;
    std::map<std::string, invoices::InvoiceStateT> invoices_;
    std::map<std::string, customer_erasure::ErasureStreamStateT> erasures_;
    std::map<std::string, access::AccessStateT> accesses_;
};

}  // namespace granary::testing
