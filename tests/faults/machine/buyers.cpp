// One question, many tries under one id, one final answer.
#include "tests/faults/machine/buyers.hpp"

#include <array>
#include <utility>

#include "core/digest.hpp"
#include "core/routing.hpp"
#include "sagas/processes/order_fulfilment.hpp"
#include "tests/faults/disk/watch.hpp"

namespace granary::faults {
namespace {

constexpr std::uint32_t no_end = UINT32_MAX;
constexpr std::uint32_t callback_tries_max = 40;
constexpr Duration patience = seconds(12);
constexpr std::uint64_t articles = 4;
constexpr std::array<std::string_view, 5> odd_tokens{"tok_decline", "tok_lost_answer", "tok_late", "tok_flaky", "tok_capture_declined"};

const Currency gbp = currency("GBP");

WarehouseCode warehouse() { return WarehouseCode::from_stored("WH1"); }

}  // namespace

struct Buyers::Try {
    ports::CommandRequest request;
    Told told;
    simulation::Asked* asked = nullptr;
    std::uint32_t tries_max = no_end;
    std::uint32_t number = 0;
    bool ended = false;
};

Buyers::Buyers(simulation::Schedule& schedule, Machine& machine, std::uint64_t seed) : schedule_(schedule), machine_(machine), seed_(seed) {}

Uuid Buyers::fresh() { return uuid_from(sha256("buyers " + std::to_string(seed_) + " " + std::to_string(next_++))); }
Sku Buyers::article() { return Sku::from_stored("ART-" + std::to_string(schedule_.dice().below(articles))); }
void Buyers::later(Duration most, std::function<void()> what) { schedule_.after(schedule_.dice().between(milliseconds(1), most), std::move(what)); }

// -- asking ----------------------------------------------------------------------------------------------------------------

void Buyers::ask(Command command, Told told) {
    ports::CommandRequest request;
    request.command = std::move(command);
    request.id = {fresh()};
    begin(std::move(request), std::move(told), no_end);
}

void Buyers::tell(const simulation::Callback& callback) {
    ports::CommandRequest request;
    request.command = callback.command;
    request.id = callback.id;
    request.occurred_at = callback.occurred_at;
    request.background = true;
    begin(std::move(request), {}, callback_tries_max);
}

void Buyers::begin(ports::CommandRequest request, Told told, std::uint32_t tries_max) {
    request.correlation = {request.id.value};
    request.actor = "buyer";
    simulation::Asked asked;
    asked.id = request.id;
    asked.command = request.command;
    asked.target = target_of(request.command);
    asked.partition = partition_of(asked.target.routing_key, machine_.bounds.partitions);
    asked.first_sent = schedule_.now();
    journal_.push_back(std::move(asked));
    const auto what = std::make_shared<Try>();
    what->request = std::move(request);
    what->told = std::move(told);
    what->asked = &journal_.back();
    what->tries_max = tries_max;
    ++open_;
    attempt(what);
}

void Buyers::attempt(const std::shared_ptr<Try>& what) {
    if (what->ended) return;
    if (what->number >= what->tries_max) {
        what->ended = true;
        what->asked->given_up = true;
        --open_;
        return;
    }
    const std::uint32_t number = ++what->number;
    ++what->asked->tries;
    const auto try_again = [this, what, number] {
        if (what->number == number) attempt(what);
    };
    if (!machine_.runs()) return schedule_.after(schedule_.dice().between(milliseconds(20), milliseconds(800)), try_again);
    machine_.bus().submit(what->request, [this, what](const ports::CommandAnswer& answer) { take(what, answer); });
    schedule_.after(patience, try_again);
}

// What is said after the loss is said by nobody: the machine is off.
void Buyers::take(const std::shared_ptr<Try>& what, const ports::CommandAnswer& answer) {
    if (what->ended || plan().lost != 0) return;
    if (answer.outcome == ports::CommandOutcome::unavailable || answer.outcome == ports::CommandOutcome::unknown) {
        schedule_.after(schedule_.dice().between(milliseconds(50), milliseconds(1500)), [this, what, number = what->number] {
            if (what->number == number) attempt(what);
        });
        return;
    }
    simulation::Asked& asked = *what->asked;
    asked.answered = true;
    asked.answered_at = schedule_.now();
    asked.outcome = answer.outcome;
    asked.position = answer.position;
    asked.version = answer.version;
    asked.refusal = answer.outcome == ports::CommandOutcome::refused ? answer.refusal.code : RefusalCode::none;
    what->ended = true;
    --open_;
    if (const Told told = std::exchange(what->told, {})) told(answer);
}

// -- business --------------------------------------------------------------------------------------------------------------

void Buyers::do_business() {
    simulation::Dice& dice = schedule_.dice();
    for (std::int64_t i = dice.between(0, 2); i > 0; --i) {
        later(seconds(4), [this] {
            inventory::ReceiveStockT receive;
            receive.sku = article();
            receive.warehouse = warehouse();
            receive.quantity = schedule_.dice().between(5, 60);
            ask(inventory::Command(std::move(receive)));
        });
    }
    for (std::int64_t i = dice.between(1, 4); i > 0; --i) later(seconds(4), [this] { place(); });
}

void Buyers::place() {
    if (!machine_.runs()) return later(seconds(2), [this] { place(); });  // the address is sealed on the machine
    simulation::Dice& dice = schedule_.dice();
    orders::PlaceOrderT place;
    place.order_id = {fresh()};
    for (std::int64_t i = dice.between(1, 3); i > 0; --i) {
        auto line = std::make_unique<orders::OrderLineT>();
        line->sku = article();
        line->quantity = dice.between(1, 4);
        line->unit_price = {dice.between(1, 400'000), gbp};
        line->name = "article";
        place.lines.push_back(std::move(line));
    }
    place.currency = gbp.code;
    place.warehouse = warehouse();
    place.country = CountryCode::from_stored("GB");
    place.payment_token = std::string(dice.chance(250) ? odd_tokens[dice.below(odd_tokens.size())] : "tok_accept");
    const std::string address = "the house of " + text_of(place.order_id);
    auto sealed = machine_.sealer().seal({place.order_id.value}, address);
    if (!sealed || plan().lost != 0) return later(seconds(2), [this] { this->place(); });
    place.ship_to = std::make_unique<wire::SealedT>(std::move(*sealed));
    addresses_.emplace(place.order_id, address);
    const OrderId order = place.order_id;
    ask(orders::Command(std::move(place)), [this, order](const ports::CommandAnswer& answer) {
        if (answer.outcome != ports::CommandOutcome::refused) follow_up(order);
    });
}

void Buyers::follow_up(OrderId order) {
    simulation::Dice& dice = schedule_.dice();
    if (dice.chance(200)) {
        later(seconds(8), [this, order] {
            orders::CancelOrderT cancel;
            cancel.order_id = order;
            cancel.reason = "changed_mind";
            ask(orders::Command(std::move(cancel)));
        });
    }
    if (dice.chance(200)) {
        later(seconds(40), [this, order] {
            payments::RequestRefundT refund;
            refund.order_id = order;
            refund.payment_id = sagas::payment_id_of(order, 1);
            refund.refund_id = {fresh()};
            refund.amount = {schedule_.dice().between(1, 4000), gbp};
            refund.reason = "goodwill";
            ask(payments::Command(std::move(refund)));
        });
    }
}

}  // namespace granary::faults
