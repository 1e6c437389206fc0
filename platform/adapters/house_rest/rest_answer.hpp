// Reads the JSON answers of a house strictly, and says which of them are certain (docs/house.md).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/money.hpp"
#include "core/result.hpp"
#include "core/time.hpp"
#include "platform/ports/http_client.hpp"

namespace granary::house_rest {

// One JSON object. A member that is absent, or of another kind than asked for, is empty.
class RestAnswer {
  public:
    // nullopt: too long, or no JSON object.
    static std::optional<RestAnswer> parse(std::string_view body);
    RestAnswer(RestAnswer&& other) noexcept;
    RestAnswer& operator=(RestAnswer&& other) noexcept;
    ~RestAnswer();

    std::string text(std::string_view name) const;
    std::optional<Money> money(std::string_view name) const;
    std::optional<Time> time(std::string_view name) const;

  private:
    struct Object;
    explicit RestAnswer(std::unique_ptr<Object> object);
    std::unique_ptr<Object> object_;
};

// What a reply is, before anybody looks at what it says.
struct Reading {
    int status = 0;
    RestAnswer answer;
    // The call was understood and will never be done: a malformed or impossible request.
    bool is_refusal() const;
};
// A fault when there is no reply, or none that means anything: `unavailable` when certainly nothing was done, else
// `timed_out`.
Result<Reading> read_reply(Result<ports::HttpReply> reply);

// For an answer that is well-formed but not one of those that the call may have.
std::unexpected<Fault> unexpected_answer();

// `idempotency_key` may be empty.
ports::HttpCall post_call(std::string url, std::string body, std::string idempotency_key, Duration deadline);
ports::HttpCall get_call(std::string url, Duration deadline);

}  // namespace granary::house_rest
