// What people and programs do through the gateways of a simulated world: they buy, look, page through lists, change their minds, and
// some try what is not theirs.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "tests/simulation/browser.hpp"
#include "tests/simulation/marked_text.hpp"
#include "tests/simulation/workload.hpp"

namespace granary::simulation {

// Somebody goes through a list from its first page to the last.
struct Walk {
    SessionPtr session;
    std::string list;                     // path and filters
    std::vector<const Exchange*> pages;   // in order
    bool complete = false;                // the last page said so
};

class Visitors {
  public:
    Visitors(Surroundings& around, Browser& browser, const Mix& mix);

    // Customers register, and there is something to buy.
    void begin();
    void place();
    // Somebody without business here: reads, pages through lists, tries all kinds of routes.
    void look_around();
    void probe();
    void restock();
    // A customer, or the buyer of an order without one, by itself or by staff.
    void ask_to_be_forgotten();
    // Of parked sagas.
    void operate(OrderId order, bool compensates);
    void let_erasure_go_on(const std::string& person);
    void insist_on_erasure(const std::string& person);
    // A house's notice, signed, until it is taken.
    void call_back(const Callback& callback);

    const std::deque<Walk>& walks() const { return walks_; }

  private:
    struct Bought {
        std::string id;
        SessionPtr buyer;
    };

    using Then = Browser::Heard;
    void later(Duration least, Duration most, std::function<void()> what);
    SessionPtr somebody();
    SessionPtr fresh(const Principal& who) { return std::make_shared<Session>(&who); }
    const SessionPtr& of(const Principal& who) const { return sessions_[who.number]; }
    std::string key();
    std::string article();
    std::string payment();
    std::string order_body(const Principal& buyer);
    void change(const SessionPtr& session, const std::string& target, std::string body, Then then = {});
    void look(const SessionPtr& session, const std::string& target, Then then = {});
    void follow_up(const Bought& bought, const Exchange& placed, const std::string& body);
    void repeat(const Bought& bought, const Exchange& placed, const std::string& body);
    void read_order(const Bought& bought);
    void read_again(const SessionPtr& reader, const std::string& target, const std::string& etag);
    void change_by_staff(const Bought& bought);
    void forget(const SessionPtr& by, const std::string& page, std::string body);
    void walk(const SessionPtr& session, const std::string& list);
    void next_page(Walk& walk, std::uint64_t limit, const std::string& cursor);
    std::string random_target(http::Method& method, std::string& body);

    Surroundings& around_;
    Browser& browser_;
    const Mix& mix_;
    std::vector<SessionPtr> sessions_;  // by Principal::number
    std::deque<Bought> bought_;
    std::deque<Walk> walks_;
    std::uint32_t next_key_ = 0;
    std::uint32_t next_mark_ = 0;
    std::uint32_t next_reference_ = 0;
};

// The body of docs/callbacks.md; `carrier`: where it goes.
struct Notice {
    std::string body;
    bool carrier = false;
};
Notice notice_of(const Callback& callback);

}  // namespace granary::simulation
