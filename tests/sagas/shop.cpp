// Keeps the chain of each partition, executes what runners send, and lets the carrier's callbacks come.
#include "tests/sagas/shop.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <utility>

#include "core/routing.hpp"

namespace granary::sagas::test {
namespace {

const WarehouseCode warehouse = WarehouseCode::from_stored("MAIN");

ports::ProviderAnswer ask(ProviderBook& book, const PerformEffect& sent) {
    if (const auto* e = std::get_if<AuthorizePayment>(&sent.effect)) return sent.find ? book.find(e->payment) : book.authorize(e->payment, e->amount, e->token);
    if (const auto* e = std::get_if<CapturePayment>(&sent.effect)) return sent.find ? book.find(e->payment) : book.capture(e->payment, e->amount);
    if (const auto* e = std::get_if<VoidPayment>(&sent.effect)) return sent.find ? book.find(e->payment) : book.cancel(e->payment);
    const auto& e = std::get<RefundPayment>(sent.effect);
    return sent.find ? book.find_refund(e.payment, e.refund) : book.refund(e.payment, e.refund, e.amount);
}

ports::CarrierAnswer ask(CarrierBook& book, const PerformEffect& sent) {
    if (const auto* e = std::get_if<BookShipment>(&sent.effect)) return sent.find ? book.find(e->shipment) : book.book(e->shipment);
    if (const auto* e = std::get_if<TrackShipment>(&sent.effect)) return book.find(e->shipment);
    const auto& e = std::get<CancelShipment>(sent.effect);
    return sent.find ? book.find(e.shipment) : book.cancel(e.shipment);
}

}  // namespace

std::string name_of(const Outgoing& outgoing) {
    if (const auto* command = std::get_if<SendCommand>(&outgoing)) return std::string(granary::name_of(command->request.command));
    if (const auto* erasure = std::get_if<PerformErasure>(&outgoing)) return customer_erasure::EnumNameStep(erasure->step);
    static const char* const names[] = {"authorize", "capture", "void", "refund", "book", "cancel_booking", "track"};
    const auto& effect = std::get<PerformEffect>(outgoing);
    return (effect.find ? "find:" : "") + std::string(names[effect.effect.index()]);
}

Shop::Shop(std::uint32_t partitions)
    : log({Uuid{1, 2}, partitions}), store(std::make_unique<memory::MemoryStore>()), market([this](const Commit& commit) { return append(commit); }), replies_(partitions) {
    for (std::uint32_t i = 0; i < partitions; ++i) heads_.push_back(chain::genesis(Uuid{1, 2}, {i}));
    restart();
}

Position Shop::append(const Commit& commit) {
    const Partition partition = partition_of(commit.meta.routing_key, static_cast<std::uint32_t>(heads_.size()));
    auto& head = heads_[partition.number];
    auto record = chain::make_record(head, encode_commit(commit));
    head = sha256(record);
    return {partition, log.inject(partition, std::move(record))};
}

ports::CommandAnswer Shop::submit(Command command) {
    ports::CommandRequest request;
    request.command = std::move(command);
    request.id = {Uuid{77, ++fresh_}};
    now.unix_us += 1000;
    return market.apply(request, now);
}

void Shop::stock(const char* sku, std::int64_t quantity) {
    inventory::ReceiveStockT receive;
    receive.sku = Sku::from_stored(sku);
    receive.warehouse = warehouse;
    receive.quantity = quantity;
    REQUIRE(submit(inventory::Command(receive)).outcome == ports::CommandOutcome::accepted);
}

OrderId Shop::place(std::uint64_t number, std::vector<std::pair<const char*, std::int64_t>> lines, const std::string& token) {
    orders::PlaceOrderT order;
    order.payment_token = token;
    return place(std::move(order), number, lines);
}

OrderId Shop::place_to(std::uint64_t number, std::vector<std::pair<const char*, std::int64_t>> lines) {
    orders::PlaceOrderT order;
    order.payment_token = "tok_ok";
    order.ship_to = std::make_unique<wire::SealedT>();
    order.ship_to->person = {Uuid{10, number}};
    order.ship_to->box.assign(60, 7);
    return place(std::move(order), number, lines);
}

OrderId Shop::place(orders::PlaceOrderT place, std::uint64_t number, const std::vector<std::pair<const char*, std::int64_t>>& lines) {
    place.order_id = {Uuid{10, number}};
    for (const auto& [sku, quantity] : lines) {
        auto line = std::make_unique<orders::OrderLineT>();
        line->sku = Sku::from_stored(sku);
        line->quantity = quantity;
        line->unit_price = {15000, currency("GBP")};
        place.lines.push_back(std::move(line));
    }
    place.currency = currency("GBP").code;
    place.warehouse = warehouse;
    place.country = CountryCode::from_stored("GB");
    const auto id = place.order_id;
    REQUIRE(submit(orders::Command(std::move(place))).outcome == ports::CommandOutcome::accepted);
    return id;
}

void Shop::restart(bool keep_store) {
    if (!keep_store) store = std::make_unique<memory::MemoryStore>();
    REQUIRE(tables::create_all(*store).has_value());
    runners_.clear();
    for (std::uint32_t i = 0; i < heads_.size(); ++i) {
        auto runner = SagaRunner::open(log, *store, {i}, 64, bounds);
        REQUIRE(runner.has_value());
        runners_.push_back(std::move(*runner));
        replies_[i].clear();
    }
}

bool Shop::round() {
    bool moved = false;
    next_wake_.reset();
    for (std::uint32_t i = 0; i < runners_.size(); ++i) {
        const bool had_replies = !replies_[i].empty();
        auto out = runners_[i].step(now, std::exchange(replies_[i], {}), budget);
        if (!out && failed_steps) {
            ++*failed_steps;
            moved = true;
            continue;
        }
        REQUIRE(out.has_value());
        moved = moved || had_replies || out->more || !out->outgoing.empty();
        if (out->wake) next_wake_ = std::min(next_wake_.value_or(*out->wake), *out->wake);
        for (auto& outgoing : out->outgoing) carry_out(std::move(outgoing), {i});
    }
    return moved;
}

void Shop::carry_out(Outgoing&& outgoing, Partition partition) {
    sent.push_back(name_of(outgoing));
    const Fate what = fate(outgoing);
    now.unix_us += 10;
    auto* to_send = std::get_if<SendCommand>(&outgoing);
    const auto* erased = std::get_if<PerformErasure>(&outgoing);
    auto reply = to_send != nullptr ? command(std::move(*to_send), what) : erased != nullptr ? erasure(*erased, what) : effect(std::get<PerformEffect>(outgoing), what);
    if (!reply) return;
    reply->partition = partition;
    replies_[partition.number].push_back(std::move(*reply));
}

std::optional<Reply> Shop::command(SendCommand&& sent_command, Fate what) {
    Reply reply{{}, sent_command.job, sent_command.round, CommandReply{}};
    auto& answer = std::get<CommandReply>(reply.answer);
    answer.outcome = what == Fate::unavailable ? ports::CommandOutcome::unavailable : ports::CommandOutcome::unknown;
    if (what == Fate::unavailable) return reply;
    const auto decided = market.apply(sent_command.request, now);
    if (what == Fate::silent) return std::nullopt;
    if (what == Fate::lost_answer) return reply;
    answer.outcome = decided.outcome;
    answer.position = decided.position;
    answer.refusal = decided.refusal.code;
    if (decided.outcome != ports::CommandOutcome::refused) answer.refusal = RefusalCode::none;
    if (decided.commit) answer.time = decided.commit->meta.time;
    return reply;
}

std::optional<Reply> Shop::erasure(const PerformErasure& sent_erasure, Fate what) {
    Reply reply{{}, sent_erasure.job, 0, ErasureAnswer(0)};
    const bool destroys = sent_erasure.step == customer_erasure::Step::destroy_key;
    if (what == Fate::unavailable) {
        reply.answer = ErasureAnswer(std::unexpected(Fault{destroys ? key_store_fault : FaultCode::unavailable, "as the test wants it"}));
        return reply;
    }
    if (destroys) ++destroyed[sent_erasure.subject.person];
    else reply.answer = ErasureAnswer(under_way[sagas::id_text(sent_erasure.subject)]);
    if (what == Fate::silent || what == Fate::lost_answer) return std::nullopt;
    return reply;
}

std::optional<Reply> Shop::effect(const PerformEffect& sent_effect, Fate what) {
    Reply reply{{}, sent_effect.job, sent_effect.round, CommandReply{}};
    const bool of_carrier = std::holds_alternative<BookShipment>(sent_effect.effect) || std::holds_alternative<CancelShipment>(sent_effect.effect) ||
                            std::holds_alternative<TrackShipment>(sent_effect.effect);
    const Fault busy{what == Fate::unavailable ? FaultCode::unavailable : FaultCode::timed_out, "as the test wants it"};
    if (of_carrier) {
        Result<ports::CarrierAnswer> answer = std::unexpected(busy);
        if (what != Fate::unavailable) answer = ask(carrier, sent_effect);
        if (what == Fate::lost_answer) answer = std::unexpected(busy);
        reply.answer = std::move(answer);
    } else {
        Result<ports::ProviderAnswer> answer = std::unexpected(busy);
        if (what != Fate::unavailable) answer = ask(provider, sent_effect);
        if (what == Fate::lost_answer) answer = std::unexpected(busy);
        reply.answer = std::move(answer);
    }
    if (what == Fate::silent) return std::nullopt;
    return reply;
}

bool Shop::move_carrier() {
    bool moved = false;
    for (const auto& [id, state] : carrier.shipments) {
        if (state != ports::CarrierStatus::booked && state != ports::CarrierStatus::packed && state != ports::CarrierStatus::in_transit) continue;
        if (!carrier_moves) continue;
        carrier.progress(id);
        moved = true;
        if (callbacks_lost) continue;
        delivery::RecordProgressT progress;
        progress.shipment_id = id;
        progress.order_id = market.shipments[id].order_id;
        progress.status = state == ports::CarrierStatus::packed       ? delivery::ShipmentStatus::packed
                          : state == ports::CarrierStatus::in_transit ? delivery::ShipmentStatus::in_transit
                                                                      : delivery::ShipmentStatus::delivered;
        progress.carrier_event_id = carrier.find(id).event_id;
        submit(delivery::Command(progress));
    }
    return moved;
}

void Shop::settle(Duration patience) {
    Time until = now + patience;
    for (int i = 0; i < 100'000; ++i) {
        if (round()) {
            until = now + patience;
            continue;
        }
        if (move_carrier()) continue;
        if (!next_wake_ || *next_wake_ > until) return;
        now = std::max(now, *next_wake_);
        if (total().open == 0 && total().unwritten == 0) return;
    }
    FAIL("the shop never comes to rest");
}

RunnerStatus Shop::total() const {
    RunnerStatus sum;
    for (const auto& runner : runners_) {
        const auto one = runner.status();
        sum.folded = std::max(sum.folded, one.folded);
        sum.events += one.events;
        sum.live += one.live;
        sum.parked += one.parked;
        sum.open += one.open;
        sum.asked += one.asked;
        sum.unwritten += one.unwritten;
    }
    return sum;
}

std::size_t Shop::rows(std::string_view table) const {
    std::size_t count = 0;
    const auto scanned = store->scan(table, "", "", [&](std::string_view, std::string_view) {
        ++count;
        return true;
    });
    REQUIRE(scanned.has_value());
    return count;
}

}  // namespace granary::sagas::test
