// A house, the adapters that call it and a receiver of its callbacks, on real sockets, for the tests of this folder.
#pragma once

#include <condition_variable>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "gateway/http/server.hpp"
#include "platform/adapters/house_carrier/http_carrier.hpp"
#include "platform/adapters/house_payments/http_payment_provider.hpp"
#include "platform/adapters/http_client/http_client.hpp"
#include "platform/adapters/memory/memory_store.hpp"
#include "platform/adapters/system/system_clock.hpp"
#include "tools/house/carrier_house.hpp"
#include "tools/house/payment_house.hpp"

namespace granary::tests {

inline const std::string callback_secret(32, 'k');

struct Callback {
    std::string body;
    std::string type;
    std::string event_id;
};

// Takes callbacks in, checks their signature, and answers what the test wants.
class CallbackReceiver {
  public:
    CallbackReceiver();
    std::string url() const { return "http://" + server_->address() + "/v1/callbacks"; }
    // Waits until at least so many were accepted; all of them then, in the order of arrival.
    std::vector<Callback> wait_for(std::size_t count);
    std::vector<Callback> accepted();
    // The next so many are answered with this status instead of 204.
    void refuse(std::size_t count, int status);
    std::size_t badly_signed();

  private:
    int take(const http::Request& request);

    SystemClock clock_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<Callback> accepted_;
    std::size_t refusing_ = 0;
    int refusal_ = 503;
    std::size_t badly_signed_ = 0;
    std::unique_ptr<http::Server> server_;  // last, so that it ends before what it uses
};

// Everything that outlives a restart of a house. Each house has its own client, as another company would.
struct World {
    memory::MemoryStore store;
    SystemClock clock;
    std::unique_ptr<ports::HttpClient> house_client = http_client::make_http_client();
    std::unique_ptr<ports::HttpClient> client = http_client::make_http_client();
    CallbackReceiver receiver;

    house::HouseOptions options(bool with_callbacks = true);
    std::unique_ptr<house::PaymentHouse> payment_house(house::PaymentHouseOptions options);
    std::unique_ptr<house::PaymentHouse> payment_house() { return payment_house({.house = options()}); }
    std::unique_ptr<house::CarrierHouse> carrier_house(house::CarrierHouseOptions options);
    std::unique_ptr<ports::PaymentProvider> provider(const house::PaymentHouse& house, Duration deadline = seconds(20));
    std::unique_ptr<ports::Carrier> carrier(const house::CarrierHouse& house, Duration deadline = seconds(20));
    ports::HttpReply get(const std::string& url);
};

// Calls and waits for the outcome.
template <class Answer>
Result<Answer> outcome(const std::function<void(std::function<void(Result<Answer>)>)>& call) {
    const auto promise = std::make_shared<std::promise<Result<Answer>>>();
    auto future = promise->get_future();
    call([promise](Result<Answer> result) { promise->set_value(std::move(result)); });
    return future.get();
}

using Paid = Result<ports::ProviderAnswer>;
Paid authorize(ports::PaymentProvider& provider, PaymentId payment, const std::string& token, std::int64_t minor = 1999);
Paid capture(ports::PaymentProvider& provider, PaymentId payment, std::int64_t minor = 1999);
Paid cancel(ports::PaymentProvider& provider, PaymentId payment);
Paid refund(ports::PaymentProvider& provider, PaymentId payment, RefundId refund, std::int64_t minor);
Paid find(ports::PaymentProvider& provider, PaymentId payment);
Paid find_refund(ports::PaymentProvider& provider, PaymentId payment, RefundId refund);

using Shipped = Result<ports::CarrierAnswer>;
Shipped book(ports::Carrier& carrier, ShipmentId shipment, std::uint64_t order = 7);
Shipped cancel(ports::Carrier& carrier, ShipmentId shipment);
Shipped find(ports::Carrier& carrier, ShipmentId shipment);

inline PaymentId payment(std::uint64_t n) { return {{0x0195500000007000, 0x8000000000000000 + n}}; }
inline RefundId refund_id(std::uint64_t n) { return {{0x0195500000007001, 0x8000000000000000 + n}}; }
inline ShipmentId shipment(std::uint64_t n) { return {{0x0195500000007002, 0x8000000000000000 + n}}; }
inline OrderId order(std::uint64_t n) { return {{0x0195500000007003, 0x8000000000000000 + n}}; }

// Asks until the condition holds; false when it does not within a minute.
bool eventually(const std::function<bool()>& condition);

}  // namespace granary::tests
