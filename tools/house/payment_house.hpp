// The house payment provider: an HTTP server with its own book, for development, demonstrations and tests (docs/house.md).
#pragma once

#include <memory>
#include <string>

#include "tools/house/house_options.hpp"

namespace granary::house {

struct PaymentHouseOptions {
    HouseOptions house;
    Duration late_delay = milliseconds(500);  // until tok_late and tok_decline_late are decided
    Duration slow_delay = milliseconds(500);  // until tok_slow is answered
};

// Thread-safe.
class PaymentHouse {
  public:
    // Opens or makes the book in the store, listens, and goes on with what was under way when it was stopped.
    static Result<std::unique_ptr<PaymentHouse>> start(PaymentHouseOptions options);
    // Same as stop().
    ~PaymentHouse();
    PaymentHouse(const PaymentHouse&) = delete;
    PaymentHouse& operator=(const PaymentHouse&) = delete;

    // `http://127.0.0.1:43211`
    std::string url() const;
    // Callbacks that waited for a URL go out at once.
    void set_callback_url(std::string url);
    HouseCounts counts() const;
    // Ends the server and the thread; the book keeps what is under way. A second call does nothing.
    void stop();

  private:
    struct Impl;
    explicit PaymentHouse(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace granary::house
