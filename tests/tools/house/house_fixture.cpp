// Waiting is bounded by a minute, far beyond what any of these tests takes.
#include "tests/tools/house/house_fixture.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <thread>

#include "gateway/middleware/json_document.hpp"
#include "gateway/middleware/signature.hpp"

namespace granary::tests {
namespace {

constexpr auto patience = std::chrono::minutes(1);
constexpr Currency gbp = currency("GBP");

template <class Server>
std::unique_ptr<Server> started(Result<std::unique_ptr<Server>> server) {
    REQUIRE_MESSAGE(server.has_value(), (server ? "" : server.error().message));
    return std::move(*server);
}

}  // namespace

CallbackReceiver::CallbackReceiver() {
    server_ = started(http::Server::start({}, [this](http::Request&& request, http::Responder respond) {
        http::Response response;
        response.status = take(request);
        respond(std::move(response));
    }));
}

int CallbackReceiver::take(const http::Request& request) {
    const std::lock_guard lock(mutex_);
    const std::string* signature = request.headers.find("granary-signature");
    const auto verdict = gateway::check_signature(signature != nullptr ? *signature : "", request.body, callback_secret, clock_.now());
    if (verdict != gateway::SignatureVerdict::good) {
        ++badly_signed_;
        return 401;
    }
    if (refusing_ > 0) {
        --refusing_;
        return refusal_;
    }
    const auto document = gateway::JsonDocument::parse(request.body);
    if (!document) return 400;
    accepted_.push_back({request.body, std::string(document->root().member("type").text()), std::string(document->root().member("event_id").text())});
    changed_.notify_all();
    return 204;
}

std::vector<Callback> CallbackReceiver::wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    REQUIRE(changed_.wait_for(lock, patience, [&] { return accepted_.size() >= count; }));
    return accepted_;
}

std::vector<Callback> CallbackReceiver::accepted() {
    const std::lock_guard lock(mutex_);
    return accepted_;
}

void CallbackReceiver::refuse(std::size_t count, int status) {
    const std::lock_guard lock(mutex_);
    refusing_ = count;
    refusal_ = status;
}

std::size_t CallbackReceiver::badly_signed() {
    const std::lock_guard lock(mutex_);
    return badly_signed_;
}

house::HouseOptions World::options(bool with_callbacks) {
    house::HouseOptions options;
    options.store = &store;
    options.clock = &clock;
    options.client = house_client.get();
    options.callbacks.secret = callback_secret;
    options.callbacks.pause_first = milliseconds(1);
    if (with_callbacks) options.callbacks.urls = {receiver.url()};
    return options;
}

std::unique_ptr<house::PaymentHouse> World::payment_house(house::PaymentHouseOptions options) {
    options.late_delay = options.slow_delay = milliseconds(1);
    return started(house::PaymentHouse::start(std::move(options)));
}

std::unique_ptr<house::CarrierHouse> World::carrier_house(house::CarrierHouseOptions options) {
    return started(house::CarrierHouse::start(std::move(options)));
}

std::unique_ptr<ports::PaymentProvider> World::provider(const house::PaymentHouse& house, Duration deadline) {
    return house_payments::make_payment_provider(*client, {.base_url = house.url(), .deadline = deadline});
}

std::unique_ptr<ports::Carrier> World::carrier(const house::CarrierHouse& house, Duration deadline) {
    return house_carrier::make_carrier(*client, {.base_url = house.url(), .deadline = deadline});
}

ports::HttpReply World::get(const std::string& url) {
    auto reply = send_and_wait(*client, {.url = url, .headers = {}, .body = {}, .deadline = seconds(20)});
    REQUIRE(reply.has_value());
    return std::move(*reply);
}

Paid authorize(ports::PaymentProvider& provider, PaymentId payment, const std::string& token, std::int64_t minor) {
    return outcome<ports::ProviderAnswer>([&](auto done) { provider.authorize(payment, order(1), {minor, gbp}, token, std::move(done)); });
}

Paid capture(ports::PaymentProvider& provider, PaymentId payment, std::int64_t minor) {
    return outcome<ports::ProviderAnswer>([&](auto done) { provider.capture(payment, {minor, gbp}, std::move(done)); });
}

Paid cancel(ports::PaymentProvider& provider, PaymentId payment) {
    return outcome<ports::ProviderAnswer>([&](auto done) { provider.cancel(payment, std::move(done)); });
}

Paid refund(ports::PaymentProvider& provider, PaymentId payment, RefundId refund, std::int64_t minor) {
    return outcome<ports::ProviderAnswer>([&](auto done) { provider.refund(payment, refund, {minor, gbp}, std::move(done)); });
}

Paid find(ports::PaymentProvider& provider, PaymentId payment) {
    return outcome<ports::ProviderAnswer>([&](auto done) { provider.find(payment, std::move(done)); });
}

Paid find_refund(ports::PaymentProvider& provider, PaymentId payment, RefundId refund) {
    return outcome<ports::ProviderAnswer>([&](auto done) { provider.find_refund(payment, refund, std::move(done)); });
}

Shipped book(ports::Carrier& carrier, ShipmentId shipment, std::uint64_t order_number) {
    ports::CarrierBooking booking{.shipment = shipment, .order = order(order_number), .warehouse = *WarehouseCode::parse("MAIN"),
                                  .country = *CountryCode::parse("GB"), .ship_to = R"({"line1":"1 Mill Lane"})", .pieces = 3};
    return outcome<ports::CarrierAnswer>([&](auto done) { carrier.book(booking, std::move(done)); });
}

Shipped cancel(ports::Carrier& carrier, ShipmentId shipment) {
    return outcome<ports::CarrierAnswer>([&](auto done) { carrier.cancel(shipment, std::move(done)); });
}

Shipped find(ports::Carrier& carrier, ShipmentId shipment) {
    return outcome<ports::CarrierAnswer>([&](auto done) { carrier.find(shipment, std::move(done)); });
}

bool eventually(const std::function<bool()>& condition) {
    const auto until = std::chrono::steady_clock::now() + patience;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > until) return false;
        std::this_thread::yield();
    }
    return true;
}

}  // namespace granary::tests
