// Each time the order's partition has moved on, the order is looked at again; there is no timer and no thread of its own.
#include "gateway/routes/orders_wait.hpp"

#include <algorithm>
#include <utility>

#include "core/http1.hpp"
#include "gateway/middleware/command_call.hpp"
#include "gateway/middleware/freshness_gate.hpp"
#include "gateway/middleware/preconditions.hpp"
#include "query-side/read_models/order_status.hpp"

namespace granary::gateway {
namespace {

using read_models::OrderStatus;

bool is_settled(const queries::Document& document) {
    const auto parsed = JsonDocument::parse(document.json);
    const auto status = parsed ? parsed->root().member("status") : JsonNode();
    if (!status || status.kind() != JsonKind::string) return false;
    const auto value = read_models::parse_order_status(status.text());
    return value && *value != OrderStatus::none && *value != OrderStatus::created;
}

// One client that waits. Counted while it exists.
struct Waiting {
    Waiting(CallPtr the_call, OrderId the_order, http::Response the_first) : call(std::move(the_call)), order(the_order), first(std::move(the_first)) {}
    ~Waiting() { call->edge->order_waits.fetch_sub(1); }
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;

    CallPtr call;
    OrderId order;
    http::Response first;
    Position placed;
    Duration until;  // monotonic
};

void finish(Waiting& waiting, const queries::Document* document) {
    auto response = std::move(waiting.first);
    if (document != nullptr) {
        response.body = document->json;
        response.headers.set("etag", etag_of(document->version, document->changed_at.offset));
    }
    response.headers.add("preference-applied", "wait");
    waiting.call->answer(std::move(response));
}

void look(const std::shared_ptr<Waiting>& waiting, Offset needed) {
    const auto& services = waiting->call->services();
    const Duration left{waiting->until.us - services.clock.monotonic().us};
    const auto again = [waiting](bool folded) {
        auto& all = waiting->call->services();
        const Offset seen = all.freshness.folded(waiting->placed.partition);
        const auto document = all.orders.get(waiting->order);
        const bool found = document && *document;
        if (!folded || (found && is_settled(**document)) || !document) return finish(*waiting, found ? &**document : nullptr);
        look(waiting, seen.next());
    };
    if (left.us <= 0) return again(false);
    services.freshness.wait_for({{waiting->placed.partition, needed}}, left, again);
}

}  // namespace

std::optional<Duration> preferred_wait(const http::Headers& headers) {
    for (const auto& field : headers) {
        if (field.name != "prefer") continue;
        std::string_view rest = field.value;
        while (!rest.empty()) {
            const auto end = rest.find_first_of(",;");
            auto part = rest.substr(0, end);
            rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
            while (part.starts_with(' ')) part.remove_prefix(1);
            if (part.size() <= 5 || !http1::equal_ignoring_case(part.substr(0, 5), "wait=")) continue;
            if (const auto wait = http1::parse_length(part.substr(5))) return std::min(seconds(static_cast<std::int64_t>(std::min<std::uint64_t>(*wait, 3600))), limits::prefer_wait_max);
        }
    }
    return std::nullopt;
}

void answer_when_settled(const CallPtr& call, OrderId order, Duration wait, const ports::CommandAnswer& answer, http::Response first) {
    if (call->edge->order_waits.fetch_add(1) >= limits::order_waits_max || wait.us <= 0) {
        call->edge->order_waits.fetch_sub(1);
        return call->answer(std::move(first));
    }
    auto waiting = std::make_shared<Waiting>(call, order, std::move(first));
    waiting->placed = answer.position;
    waiting->until = {call->services().clock.monotonic().us + wait.us};
    look(waiting, answer.position.offset);
}

}  // namespace granary::gateway
