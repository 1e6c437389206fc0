// Marked texts: everything that was stored, said or logged is searched for them, and each place has a rule.
#include <array>

#include "tests/simulation/checks.hpp"

namespace granary::simulation {
namespace {

std::string_view name_of(Secret secret) {
    switch (secret) {
        case Secret::personal: return "personal data";
        case Secret::payment_token: return "a payment token";
        case Secret::api_key: return "an API key";
        case Secret::card_number: return "a card number";
    }
    return "something";
}

class Search {
  public:
    Search(const Traces& traces, Findings& findings) : traces_(traces), findings_(findings) {}

    // Payment tokens go with orders to whoever charges them: `tokens` says whether this place is on their way.
    void nothing_in(const std::string& place, std::string_view bytes, bool tokens) {
        find_marks(bytes, [&](MarkedText mark, std::size_t at) {
            if (mark.secret == Secret::payment_token && tokens) return;
            told(place, mark, bytes.substr(at < 60 ? 0 : at - 60, 90));
        });
    }

    void in_answer(const Exchange& exchange) {
        const std::string place = "the answer " + std::to_string(exchange.status) + " to " + std::string(http::name_of(exchange.method)) + " " + exchange.target;
        for (const auto& header : exchange.answer) nothing_in("a header of " + place, header.value, false);
        find_marks(exchange.text, [&](MarkedText mark, std::size_t at) {
            const bool served = mark.secret == Secret::personal && exchange.status < 300 && (may_see(exchange.who, mark.owner) || was_written_for(exchange, mark.owner));
            if (!served) told(place, mark, std::string_view(exchange.text).substr(at < 60 ? 0 : at - 60, 90));
        });
    }

    void in_store(const std::string& place, const ports::Store& store, bool tokens) {
        for (const auto& table : store.tables()) {
            (void)store.scan(table, "", "", [&](std::string_view key, std::string_view value) {
                nothing_in(place + ", key in " + table, key, tokens);
                nothing_in(place + ", row in " + table, value, tokens);
                return true;
            });
        }
    }

    // Pages of a node that tell of itself.
    void in_pages(Node& node) {
        for (const char* page : {"/metrics", "/readyz"}) {
            http::Request request;
            request.target = page;
            request.segments.emplace_back(page + 1);
            (void)node.request(std::move(request), [&](const http::Response& response) { nothing_in(node.url() + page, response.body, false); });
        }
        // Past the door, where nobody's look is recorded: a record would take a while.
        for (const bool parked_only : {false, true}) {
            const auto listed = node.operations().sagas({.parked_only = parked_only, .cursor = {}});
            if (listed) nothing_in(node.url() + "/admin/v1/sagas", listed->items_json, false);
        }
    }

  private:
    void told(const std::string& place, MarkedText mark, std::string_view around) {
        std::string shown;
        for (const char c : around) shown += c >= ' ' && c <= '~' ? c : '.';
        findings_.push_back(place + " holds " + std::string(name_of(mark.secret)) + " of principal " + std::to_string(mark.owner) + ": " + shown);
    }

    // Its own customer, and those who deal with everybody's orders.
    bool may_see(const Principal* who, std::uint32_t owner) const {
        if (who == nullptr || !who->good) return false;
        if (who->number == owner) return true;
        return who->role == Role::admin || who->role == Role::importer || who->role == Role::delivery || who->role == Role::auditor;
    }

    // Whoever deals with everybody's orders may place one for a customer, whose own the data in it then are.
    bool was_written_for(const Exchange& exchange, std::uint32_t owner) const {
        const Principal* who = exchange.who;
        if (who == nullptr || !who->good || who->role != Role::customer) return false;
        const auto& all = traces_.people.all();
        return owner < all.size() && may_see(&all[owner], who->number) && exchange.text.find(text_of(who->customer)) != std::string::npos;
    }

    const Traces& traces_;
    Findings& findings_;
};

}  // namespace

void check_secrets(const Traces& traces, Findings& findings) {
    Search search(traces, findings);
    search.nothing_in("the log of the program", traces.log_lines, false);
    for (std::uint32_t number = 0; number < traces.log.identity().partitions; ++number) {
        const auto& records = traces.log.records({number});
        for (std::size_t i = 0; i < records.size(); ++i) search.nothing_in("the record at " + std::to_string(number) + ":" + std::to_string(i), records[i].view(), true);
    }
    for (const auto& exchange : traces.exchanges) {
        const bool shows_changed = exchange.status < 400 && traces.changed && traces.changed->meets(exchange.sent_at, exchange.answered_at);
        if (!shows_changed) search.in_answer(exchange);
    }
    for (const auto& said : traces.between_nodes) search.nothing_in("a call between nodes", said, true);
    for (const auto& node : traces.nodes) {
        search.in_store("a view of " + node->url(), node->views_disk(), false);
        search.in_store("a checkpoint of " + node->url(), node->state_disk(), false);
        search.in_store("the sagas of " + node->url(), node->sagas_disk(), true);
        if (node->runs()) search.in_pages(*node);
    }
}

}  // namespace granary::simulation
