// One wish, many tries, each an exchange of its own.
#include "tests/simulation/browser.hpp"

#include <algorithm>
#include <utility>

#include "core/check.hpp"
#include "core/digest.hpp"
#include "core/position.hpp"
#include "gateway/http/target.hpp"

namespace granary::simulation {
namespace {

constexpr Duration patience_max = seconds(12);

std::uint64_t short_hash(std::string_view text) {
    std::uint64_t hash = 0xCBF29CE484222325ULL;
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
    return hash;
}

http::Request request_of(const Exchange& exchange, Time now) {
    http::Request request;
    request.method = exchange.method;
    request.target = exchange.target;
    const auto question = std::min(exchange.target.find('?'), exchange.target.size());
    const auto segments = http::parse_path(std::string_view(exchange.target).substr(0, question));
    GRANARY_CHECK(segments.has_value());
    request.segments = *segments;
    if (question < exchange.target.size()) {
        const auto query = http::parse_query(std::string_view(exchange.target).substr(question + 1));
        GRANARY_CHECK(query.has_value());
        request.query = *query;
    }
    request.headers = exchange.headers;
    request.body = exchange.body;
    request.received = now;
    request.deadline = now + seconds(30);
    return request;
}

// Asking again later, the same, may help.
bool is_passing(const Exchange& exchange) {
    if (exchange.status == 503 || exchange.status == 429) return true;
    return exchange.status == 409 && exchange.text.contains("key_in_flight");
}

}  // namespace

std::string Exchange::header(std::string_view name) const {
    const std::string* value = answer.find(name);
    return value != nullptr ? *value : std::string();
}

void Session::note(const Exchange& exchange) {
    const std::string positions = exchange.header("granary-position");
    std::string_view rest = positions;
    while (!rest.empty()) {
        const auto comma = rest.find(',');
        if (const auto position = parse_position(rest.substr(0, comma))) {
            auto& seen = seen_[position->partition.number];
            seen = std::max(seen, position->offset);
        }
        rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
    }
}

std::string Session::token() const {
    std::string text;
    for (const auto& [partition, offset] : seen_) text += (text.empty() ? "" : ",") + text_of(Position{{partition}, offset});
    return text;
}

struct Browser::Try {
    Wish wish;
    Heard heard;
    std::uint64_t number_of_wish = 0;
    std::uint32_t number = 0;  // of the running try
    bool ended = false;
};

Duration Browser::delay() {
    Dice& dice = around_.schedule.dice();
    return dice.chance(faults.slow) ? dice.between(milliseconds(20), seconds(3)) : dice.between(Duration{100}, milliseconds(5));
}

void Browser::send(Wish wish, Heard heard) {
    const auto what = std::make_shared<Try>();
    what->wish = std::move(wish);
    what->heard = std::move(heard);
    what->number_of_wish = next_wish_++;
    ++open_;
    attempt(what);
}

void Browser::attempt(const std::shared_ptr<Try>& what) {
    if (what->ended) return;
    Dice& dice = around_.schedule.dice();
    if (what->number >= what->wish.tries_max || (what->number > 0 && dice.chance(faults.gives_up))) return end(what);
    const std::uint32_t number = ++what->number;
    Exchange& exchange = exchanges_.emplace_back();
    const Wish& wish = what->wish;
    exchange.wish = what->number_of_wish;
    exchange.method = wish.method;
    exchange.target = wish.target;
    exchange.body = wish.body;
    exchange.sent_at = around_.schedule.now();
    if (wish.session && wish.session->who != nullptr) {
        exchange.who = wish.session->who;
        exchange.headers.add("authorization", "Bearer " + exchange.who->key);
    }
    if (!wish.body.empty()) exchange.headers.add("content-type", wish.method == http::Method::patch ? "application/merge-patch+json" : "application/json");
    for (const auto& [name, value] : wish.fields) exchange.headers.add(name, value);
    if (wish.fresh_field) {
        auto [name, value] = wish.fresh_field();
        exchange.headers.add(std::move(name), std::move(value));
    }
    if (std::string token = wish.session && wish.with_token ? wish.session->token() : std::string(); !token.empty()) exchange.headers.add("granary-min-position", std::move(token));
    const std::size_t node = dice.below(nodes_.size());
    if (!dice.chance(faults.lost)) {
        around_.schedule.after(delay(), [this, what, number, &exchange, node] { arrive(what, number, exchange, node); });
    }
    const Duration patience = dice.chance(faults.impatient) ? dice.between(milliseconds(5), milliseconds(600)) : patience_max;
    around_.schedule.after(patience, [this, what, number] {
        if (what->number == number) attempt(what);
    });
}

void Browser::arrive(const std::shared_ptr<Try>& what, std::uint32_t number, Exchange& exchange, std::size_t node) {
    exchange.node = node;
    const bool lost = around_.schedule.dice().chance(faults.answer_lost);
    const bool there = nodes_[node]->request(request_of(exchange, world_begin + around_.schedule.now()), [this, what, number, &exchange, lost](http::Response response) {
        exchange.answered_at = around_.schedule.now();
        exchange.status = response.status;
        exchange.answer = std::move(response.headers);
        exchange.text = std::move(response.body);
        around_.schedule.trace("http", {static_cast<std::uint64_t>(exchange.status), exchange.wish, short_hash(exchange.text)});
        if (!lost) around_.schedule.after(delay(), [this, what, number, &exchange] { take(what, number, exchange); });
    });
    if (!there && what->number == number) again(what);
}

void Browser::again(const std::shared_ptr<Try>& what) {
    around_.schedule.after(around_.schedule.dice().between(milliseconds(50), milliseconds(1500)), [this, what, number = what->number] {
        if (what->number == number) attempt(what);
    });
}

void Browser::take(const std::shared_ptr<Try>& what, std::uint32_t number, Exchange& exchange) {
    if (what->ended) return;
    exchange.heard = true;
    if (what->wish.session) what->wish.session->note(exchange);
    if (what->wish.persistent && is_passing(exchange)) {
        if (what->number == number) again(what);
        return;
    }
    const Heard heard = std::exchange(what->heard, {});
    end(what);
    if (heard) heard(exchange);
}

void Browser::end(const std::shared_ptr<Try>& what) {
    if (std::exchange(what->ended, true)) return;
    --open_;
}

}  // namespace granary::simulation
