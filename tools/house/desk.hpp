// The engine under both houses: an HTTP server in front of one thread that owns the book, its timers and its callbacks.
#pragma once

#include <memory>
#include <string>

#include "tools/house/house_options.hpp"
#include "tools/house/turn.hpp"

namespace granary::house {

// Requests wait in a bounded queue; the thread takes all that wait, lets the trade decide, writes one batch, and only
// then answers and sends callbacks. So nothing that was said can be lost, and a sync is shared by many requests.
class Desk {
  public:
    // `name` prefixes the tables. The trade must outlive the desk.
    static Result<std::unique_ptr<Desk>> open(HouseOptions options, std::string_view name, Trade& trade);
    ~Desk();
    Desk(const Desk&) = delete;
    Desk& operator=(const Desk&) = delete;

    std::string url() const;
    void set_callback_url(std::string url);
    // Runs soon on the desk's thread, in a turn; for tests that move things by hand. False when too much waits.
    bool post(std::move_only_function<void(Turn&)> work);
    HouseCounts counts() const;
    void stop();

  private:
    struct Impl;
    explicit Desk(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

// `{"code": ..., "detail": ...}`
http::Response problem(int status, std::string_view code, std::string_view detail);
http::Response json_answer(int status, std::string body);

}  // namespace granary::house
