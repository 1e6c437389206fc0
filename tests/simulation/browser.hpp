// Requests of people to the gateways of a simulated world, on ways that lose, delay and repeat; and everything that was answered.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/http/message.hpp"
#include "tests/simulation/node.hpp"
#include "tests/simulation/people.hpp"
#include "tests/simulation/surroundings.hpp"

namespace granary::simulation {

// One request as it reached a node, and what that node answered.
struct Exchange {
    std::uint64_t wish = 0;           // of all tries of the same request
    const Principal* who = nullptr;   // null: no key was shown
    http::Method method = http::Method::get;
    std::string target;
    http::Headers headers;
    std::string body;
    Duration sent_at;
    Duration answered_at;             // when the answer left the node
    std::size_t node = 0;
    int status = 0;                   // 0: none came
    http::Headers answer;
    std::string text;
    bool heard = false;               // the client got it

    std::string header(std::string_view name) const;  // of the answer; empty when there is none
};

// What somebody has been told of the log, and asks to see from then on.
class Session {
  public:
    explicit Session(const Principal* principal) : who(principal) {}

    // Takes the positions that an answer names.
    void note(const Exchange& exchange);
    // For Granary-Min-Position; empty when it knows of nothing.
    std::string token() const;

    const Principal* const who;

  private:
    std::map<std::uint32_t, Offset> seen_;
};
using SessionPtr = std::shared_ptr<Session>;

struct Wish {
    SessionPtr session;                 // whose key is shown, and whose token is sent and kept; null: nobody's
    http::Method method = http::Method::get;
    std::string target;
    std::string body;
    std::vector<std::pair<std::string, std::string>> fields;
    bool with_token = true;
    bool persistent = true;             // asks again until there is an answer that settles it
    std::uint32_t tries_max = UINT32_MAX;
    std::function<std::pair<std::string, std::string>()> fresh_field = {};  // made anew for each try, such as a signature
};

struct BrowserFaults {  // thousandths of all tries
    std::uint32_t lost = 0;         // before it reaches a node
    std::uint32_t answer_lost = 0;
    std::uint32_t impatient = 0;    // asks again before the answer came
    std::uint32_t gives_up = 0;
    std::uint32_t slow = 0;
};

class Browser {
  public:
    Browser(Surroundings& around, std::vector<std::unique_ptr<Node>>& nodes) : around_(around), nodes_(nodes) {}

    BrowserFaults faults;
    // `heard` gets the answer that settles it (any but 429 and 503, and 409 of a key in flight), or, where the client does not persist,
    // whatever came first; nothing when it gives up. The exchange stays where it is.
    using Heard = std::function<void(const Exchange&)>;
    void send(Wish wish, Heard heard = {});

    const std::deque<Exchange>& exchanges() const { return exchanges_; }
    std::size_t open() const { return open_; }

  private:
    struct Try;

    void attempt(const std::shared_ptr<Try>& what);
    void again(const std::shared_ptr<Try>& what);
    void arrive(const std::shared_ptr<Try>& what, std::uint32_t number, Exchange& exchange, std::size_t node);
    void take(const std::shared_ptr<Try>& what, std::uint32_t number, Exchange& exchange);
    void end(const std::shared_ptr<Try>& what);
    Duration delay();

    Surroundings& around_;
    std::vector<std::unique_ptr<Node>>& nodes_;
    std::deque<Exchange> exchanges_;
    std::size_t open_ = 0;
    std::uint64_t next_wish_ = 1;
};

}  // namespace granary::simulation
