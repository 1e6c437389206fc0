// The routes of the house payment provider, and the callbacks of what changes.
#include "tools/house/payment_house.hpp"

#include <utility>

#include "core/json_writer.hpp"
#include "gateway/middleware/body_reader.hpp"
#include "platform/host/logging.hpp"
#include "tools/house/desk.hpp"
#include "tools/house/event_id.hpp"
#include "tools/house/payment_book.hpp"

namespace granary::house {
namespace {

using gateway::required;
using http::Method;

constexpr gateway::IntegerRange chargeable{0, INT64_MAX};

void write_money(JsonWriter& json, Money money) {
    json.key("amount").begin_object().member("amount", money.minor).member("currency", text_of(money.currency)).end_object();
}

std::string_view type_of(PaymentChange change) {
    switch (change) {
        case PaymentChange::authorized: return "payment.authorized";
        case PaymentChange::declined: return "payment.declined";
        case PaymentChange::captured: return "payment.captured";
        case PaymentChange::voided: return "payment.voided";
        case PaymentChange::refunded: return "payment.refunded";
        case PaymentChange::none: break;
    }
    return "";
}

// The body of docs/callbacks.md.
std::string callback_of(PaymentChange change, const BookedPayment& payment, std::uint64_t number, Time now) {
    JsonWriter json;
    json.begin_object().member("event_id", event_id_of("hp", number, now)).member("type", type_of(change)).member("occurred_at", rfc3339_of(now));
    json.member("payment_id", text_of(payment.id)).member("order_id", text_of(payment.order));
    if (change == PaymentChange::authorized || change == PaymentChange::captured) write_money(json, payment.amount);
    if (change == PaymentChange::authorized) json.member("reference", payment.reference);
    if (change == PaymentChange::declined) json.member("reason", payment.reason);
    if (change == PaymentChange::refunded) {
        json.member("refund_id", text_of(payment.refunds.back().id));
        write_money(json, {payment.refunds.back().minor, payment.amount.currency});
    }
    return json.end_object().take();
}

http::Response not_found() { return problem(404, "not_found", "there is no such payment"); }

std::string refused_capture(const BookedPayment& payment, const std::string& reason) {
    JsonWriter json;
    json.begin_object().member("payment_id", text_of(payment.id)).member("status", name_of(payment.status)).member("reason", reason);
    return json.end_object().take();
}

}  // namespace

struct PaymentHouse::Impl final : Trade {
    explicit Impl(const PaymentHouseOptions& house) : late_delay(house.late_delay), slow_delay(house.slow_delay) {}

    void on_request(http::Request&& request, http::Responder respond, Turn& turn) override;
    Status on_task(std::string_view task, Turn& turn) override;

    void on_authorize(const http::Request& request, http::Responder respond, Turn& turn) const;
    void on_payment(const http::Request& request, PaymentId id, http::Responder respond, Turn& turn) const;
    void on_refund(const http::Request& request, BookedPayment payment, http::Responder respond, Turn& turn) const;
    void end(BookedPayment& payment, const PaymentVerdict& verdict, std::uint64_t number, http::Response shown, http::Responder respond,
             Turn& turn) const;

    const Duration late_delay, slow_delay;
    std::unique_ptr<Desk> desk;
};

namespace {

// The payment in the book; nullopt when there is none, a fault when the book can't be read.
Result<std::optional<BookedPayment>> look_up(const Turn& turn, PaymentId id) {
    auto text = turn.record(text_of(id));
    if (!text) return std::unexpected(text.error());
    if (!*text) return std::nullopt;
    auto payment = parse_booked_payment(**text);
    if (!payment) return std::unexpected(payment.error());
    return std::optional(std::move(*payment));
}

http::Response unreadable(const Fault& fault_met) {
    logging::write(logging::Level::error, "the house payment provider can't read its book", {{"reason", fault_met.message}});
    return problem(500, "unknown", "the book can't be read");
}

http::Response malformed() { return problem(400, "invalid_body", "the body is not what docs/house.md says"); }

// A page of the whole book, for reconciliation.
http::Response book_page(const http::Request& request, const Turn& turn) {
    const std::string* cursor = request.query_value("cursor");
    const auto page = turn.page(cursor != nullptr ? *cursor : std::string(), limits::house_book_page_max);
    if (!page) return unreadable(page.error());
    JsonWriter json;
    json.begin_object().key("data").begin_array();
    for (const auto& [key, text] : *page) {
        const auto payment = parse_booked_payment(text);
        if (!payment) return unreadable(payment.error());
        if (payment->status != PaymentStatus::unheard) json.raw(json_of(*payment));
    }
    json.end_array().key("next_cursor");
    if (page->size() == limits::house_book_page_max) json.string(page->back().first);
    else json.null();
    return json_answer(200, json.end_object().take());
}

struct RefundWish {
    RefundId id;
    Money amount;
};

std::optional<RefundWish> read_refund_wish(std::string_view body) {
    const auto document = gateway::JsonDocument::parse(body);
    if (!document) return std::nullopt;
    gateway::BodyErrors errors;
    gateway::ObjectReader reader(document->root(), errors);
    const auto id = reader.id<RefundId>("refund_id", required);
    const auto amount = reader.money("amount", required, chargeable);
    reader.done();
    if (!errors.empty() || !id || !amount) return std::nullopt;
    return RefundWish{*id, *amount};
}

std::optional<Money> read_capture(std::string_view body) {
    const auto document = gateway::JsonDocument::parse(body);
    if (!document) return std::nullopt;
    gateway::BodyErrors errors;
    gateway::ObjectReader reader(document->root(), errors);
    const auto amount = reader.money("amount", required, chargeable);
    reader.done();
    return errors.empty() ? amount : std::nullopt;
}

}  // namespace

void PaymentHouse::Impl::on_request(http::Request&& request, http::Responder respond, Turn& turn) {
    const auto& path = request.segments;
    const bool changes = request.method == Method::post;
    if (changes && !turn.has_room_for_callbacks()) return turn.answer(std::move(respond), problem(503, "not_done", "too many callbacks wait"));
    if (changes && path.size() == 1 && path[0] == "authorizations") return on_authorize(request, std::move(respond), turn);
    if (request.method == Method::get && path.size() == 1 && path[0] == "book") return turn.answer(std::move(respond), book_page(request, turn));
    const auto id = path.size() >= 2 && path[0] == "payments" ? parse_id<PaymentKind>(path[1]) : std::nullopt;
    if (!id) return turn.answer(std::move(respond), not_found());
    on_payment(request, *id, std::move(respond), turn);
}

void PaymentHouse::Impl::on_authorize(const http::Request& request, http::Responder respond, Turn& turn) const {
    const auto document = gateway::JsonDocument::parse(request.body);
    if (!document) return turn.answer(std::move(respond), malformed());
    gateway::BodyErrors errors;
    gateway::ObjectReader reader(document->root(), errors);
    const auto payment = reader.id<PaymentId>("payment_id", required);
    const auto order = reader.id<OrderId>("order_id", required);
    const auto amount = reader.money("amount", required, chargeable);
    const auto token = reader.text("token", required, limits::payment_token_bytes_max, 1);
    reader.done();
    if (!errors.empty() || !payment || !order || !amount || !token) return turn.answer(std::move(respond), malformed());
    auto known = look_up(turn, *payment);
    if (!known) return turn.answer(std::move(respond), unreadable(known.error()));
    const std::uint64_t number = turn.next_number();
    const PaymentVerdict verdict = authorize(*known, {*payment, *order, *amount, *token}, number);
    if (verdict.manner == PaymentVerdict::Manner::never) return turn.never_answer(std::move(respond));
    end(**known, verdict, number, json_answer(verdict.status, json_of(**known)), std::move(respond), turn);
}

void PaymentHouse::Impl::on_payment(const http::Request& request, PaymentId id, http::Responder respond, Turn& turn) const {
    auto known = look_up(turn, id);
    if (!known) return turn.answer(std::move(respond), unreadable(known.error()));
    const auto& path = request.segments;
    const bool heard_of = *known && (*known)->status != PaymentStatus::unheard;
    const bool is_post = request.method == Method::post;
    if (is_post && path.size() == 3 && path[2] == "void") {
        const PaymentVerdict verdict = give_up(*known, id);
        return end(**known, verdict, turn.next_number(), json_answer(verdict.status, json_of(**known)), std::move(respond), turn);
    }
    if (!heard_of) return turn.answer(std::move(respond), not_found());
    BookedPayment& payment = **known;
    if (is_post && path.size() == 3 && path[2] == "refunds") return on_refund(request, std::move(payment), std::move(respond), turn);
    if (is_post && path.size() == 3 && path[2] == "capture") {
        const auto amount = read_capture(request.body);
        if (!amount) return turn.answer(std::move(respond), malformed());
        const PaymentVerdict verdict = capture(payment, *amount);
        std::string shown = verdict.reason.empty() ? json_of(payment) : refused_capture(payment, verdict.reason);
        return end(payment, verdict, turn.next_number(), json_answer(verdict.status, std::move(shown)), std::move(respond), turn);
    }
    if (request.method != Method::get) return turn.answer(std::move(respond), not_found());
    if (path.size() == 2) return turn.answer(std::move(respond), json_answer(200, json_of(payment)));
    const auto refund_id = path.size() == 4 && path[2] == "refunds" ? parse_id<RefundKind>(path[3]) : std::nullopt;
    const BookedRefund* found = refund_id ? payment.find(*refund_id) : nullptr;
    turn.answer(std::move(respond), found != nullptr ? json_answer(200, json_of(payment, *found)) : problem(404, "not_found", "there is no such refund"));
}

void PaymentHouse::Impl::on_refund(const http::Request& request, BookedPayment payment, http::Responder respond, Turn& turn) const {
    const auto wish = read_refund_wish(request.body);
    if (!wish) return turn.answer(std::move(respond), malformed());
    const PaymentVerdict verdict = refund(payment, wish->id, wish->amount);
    const BookedRefund* booked = payment.find(wish->id);
    http::Response shown = booked != nullptr ? json_answer(verdict.status, json_of(payment, *booked)) : http::Response{};
    end(payment, verdict, turn.next_number(), std::move(shown), std::move(respond), turn);
}

void PaymentHouse::Impl::end(BookedPayment& payment, const PaymentVerdict& verdict, std::uint64_t number, http::Response shown,
                             http::Responder respond, Turn& turn) const {
    if (verdict.changed) turn.put_record(text_of(payment.id), text_of(payment));
    const bool told = verdict.manner == PaymentVerdict::Manner::at_once || verdict.manner == PaymentVerdict::Manner::slowly;
    if (verdict.change != PaymentChange::none) turn.emit(number, callback_of(verdict.change, payment, number, turn.now()), told);
    if (verdict.decide_late) turn.schedule(late_delay, text_of(payment.id));
    http::Response response = verdict.code.empty() ? std::move(shown) : problem(verdict.status, verdict.code, verdict.detail);
    response.silent = verdict.manner == PaymentVerdict::Manner::silent;
    turn.answer(std::move(respond), std::move(response), verdict.manner == PaymentVerdict::Manner::slowly ? slow_delay : Duration{});
}

// A task is the id of a payment that is to be decided late.
Status PaymentHouse::Impl::on_task(std::string_view task, Turn& turn) {
    const auto id = parse_id<PaymentKind>(task);
    if (!id) return fault(FaultCode::corrupt, "a task in the book of the house payment provider can't be read");
    auto known = look_up(turn, *id);
    if (!known) return std::unexpected(known.error());
    if (!*known) return fault(FaultCode::corrupt, "a late payment is not in the book of the house");
    const std::uint64_t number = turn.next_number();
    const PaymentVerdict verdict = decide_late(**known, number);
    if (!verdict.changed) return {};
    turn.put_record(text_of(*id), text_of(**known));
    turn.emit(number, callback_of(verdict.change, **known, number, turn.now()), false);
    return {};
}

PaymentHouse::PaymentHouse(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<PaymentHouse>> PaymentHouse::start(PaymentHouseOptions options) {
    auto impl = std::make_unique<Impl>(options);
    auto desk = Desk::open(std::move(options.house), "house_payments", *impl);
    if (!desk) return std::unexpected(desk.error());
    impl->desk = std::move(*desk);
    return std::unique_ptr<PaymentHouse>(new PaymentHouse(std::move(impl)));
}

PaymentHouse::~PaymentHouse() { stop(); }
std::string PaymentHouse::url() const { return impl_->desk->url(); }
void PaymentHouse::set_callback_url(std::string url) { impl_->desk->set_callback_url(std::move(url)); }
HouseCounts PaymentHouse::counts() const { return impl_->desk->counts(); }
void PaymentHouse::stop() { impl_->desk->stop(); }

}  // namespace granary::house
