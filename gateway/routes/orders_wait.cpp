// When the order's partition has moved on, the order is looked at again; there is no thread of its own.
#include "gateway/routes/orders_wait.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "core/http1.hpp"
#include "gateway/middleware/command_call.hpp"
#include "gateway/middleware/freshness_gate.hpp"
#include "gateway/middleware/preconditions.hpp"
#include "query-side/read_models/order_status.hpp"

namespace granary::gateway {
namespace {

using read_models::OrderStatus;

constexpr Duration pause_min = milliseconds(10);
constexpr Duration pause_max = milliseconds(200);

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
    Duration pause = pause_min;
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

using WaitingPtr = std::shared_ptr<Waiting>;

Duration left_of(const Waiting& waiting) { return {waiting.until.us - waiting.call->services().clock.monotonic().us}; }

void look(const WaitingPtr& waiting);

// Looks again once the partition has moved beyond `seen`.
void look_after(const WaitingPtr& waiting, Offset seen) {
    waiting->call->services().freshness.wait_for({{waiting->placed.partition, seen.next()}}, left_of(*waiting), [waiting](bool) { look(waiting); });
}

// Many clients may wait on one busy partition, so each looks less and less often: a position that never comes serves as
// the alarm clock. An alarm that rings early means that nobody can wait any more.
void pause_and_look(const WaitingPtr& waiting, Offset seen) {
    const Duration pause = std::min(waiting->pause, left_of(*waiting));
    waiting->pause = std::min(pause * 2, pause_max);
    const auto begun = waiting->call->services().clock.monotonic();
    const Position never{waiting->placed.partition, {INT64_MAX}};
    waiting->call->services().freshness.wait_for({never}, pause, [waiting, seen, begun, pause](bool) {
        const auto& services = waiting->call->services();
        const bool rang_early = services.clock.monotonic().us < begun.us + pause.us;
        if (rang_early) waiting->until = {};
        if (rang_early || services.freshness.folded(waiting->placed.partition) > seen) return look(waiting);
        look_after(waiting, seen);
    });
}

void look(const WaitingPtr& waiting) {
    const auto& services = waiting->call->services();
    const Offset seen = services.freshness.folded(waiting->placed.partition);
    const auto document = services.orders.get(waiting->order);
    const bool found = document && *document;
    const bool over = !document || left_of(*waiting).us <= 0;
    if (over || (found && is_settled(**document))) return finish(*waiting, found ? &**document : nullptr);
    pause_and_look(waiting, seen);
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
    look_after(waiting, {answer.position.offset.number - 1});
}

}  // namespace granary::gateway
