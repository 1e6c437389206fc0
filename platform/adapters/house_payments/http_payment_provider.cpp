// One function per call: which answers it may have, and what each means. Anything else is an unknown outcome.
#include "platform/adapters/house_payments/http_payment_provider.hpp"

#include <utility>

#include "core/json_writer.hpp"
#include "platform/adapters/house_rest/rest_answer.hpp"

namespace granary::house_payments {
namespace {

using house_rest::read_reply;
using house_rest::Reading;
using house_rest::unexpected_answer;
using ports::HttpReply;
using ports::ProviderAnswer;
using ports::ProviderStatus;

void write_money(JsonWriter& json, Money money) {
    json.key("amount").begin_object().member("amount", money.minor).member("currency", text_of(money.currency)).end_object();
}

std::string amount_body(Money amount) {
    JsonWriter json;
    json.begin_object();
    write_money(json, amount);
    return json.end_object().take();
}

ProviderAnswer refused(std::string reason) { return {.status = ProviderStatus::declined, .reference = {}, .reason = std::move(reason), .amount = {}}; }
ProviderAnswer never_heard() { return {.status = ProviderStatus::unknown_key, .reference = {}, .reason = {}, .amount = {}}; }
bool is_not_found(const Reading& reading) { return reading.status == 404 && reading.answer.text("code") == "not_found"; }
bool is_about(const Reading& reading, PaymentId payment) { return reading.answer.text("payment_id") == text_of(payment); }

Result<ProviderAnswer> undecided() { return fault(FaultCode::timed_out, "the provider has not decided yet"); }

// The payment as the provider's book has it.
Result<ProviderAnswer> state_of(const Reading& reading) {
    const std::string status = reading.answer.text("status");
    const auto amount = reading.answer.money("amount");
    ProviderAnswer answer{.status = ProviderStatus::unknown_key,
                          .reference = reading.answer.text("reference"),
                          .reason = reading.answer.text("reason"),
                          .amount = amount.value_or(Money{})};
    if (status == "pending") return undecided();
    if (status == "declined") answer.status = ProviderStatus::declined;
    else if (status == "voided") answer.status = ProviderStatus::voided;
    else if (status == "authorized" && amount) answer.status = ProviderStatus::authorized;
    else if (status == "captured" && amount) answer.status = ProviderStatus::captured;
    else return unexpected_answer();
    return answer;
}

// The state, if it is one of these two.
Result<ProviderAnswer> state_among(const Reading& reading, ProviderStatus one, ProviderStatus other) {
    auto answer = state_of(reading);
    if (answer && answer->status != one && answer->status != other) return unexpected_answer();
    return answer;
}

Result<ProviderAnswer> authorization_answer(PaymentId payment, Money amount, const Reading& reading) {
    if (reading.is_refusal()) return refused(reading.answer.text("code"));
    if (!is_about(reading, payment)) return unexpected_answer();
    switch (reading.status) {
        case 201: {
            auto answer = state_among(reading, ProviderStatus::authorized, ProviderStatus::captured);
            if (answer && answer->amount != amount) return unexpected_answer();
            return answer;
        }
        case 202: return undecided();
        case 402: return state_among(reading, ProviderStatus::declined, ProviderStatus::declined);
        case 409: return state_among(reading, ProviderStatus::voided, ProviderStatus::voided);
        default: return unexpected_answer();
    }
}

Result<ProviderAnswer> capture_answer(PaymentId payment, Money amount, const Reading& reading) {
    if (reading.is_refusal()) return refused(reading.answer.text("code"));
    if (is_not_found(reading)) return never_heard();
    if (!is_about(reading, payment)) return unexpected_answer();
    switch (reading.status) {
        case 200: {
            auto answer = state_among(reading, ProviderStatus::captured, ProviderStatus::captured);
            if (answer && answer->amount != amount) return unexpected_answer();
            return answer;
        }
        case 402: return refused(reading.answer.text("reason"));
        case 409:
            if (reading.answer.text("status") == "pending") return fault(FaultCode::unavailable, "the payment is not authorized yet");
            return state_among(reading, ProviderStatus::declined, ProviderStatus::voided);
        default: return unexpected_answer();
    }
}

Result<ProviderAnswer> void_answer(PaymentId payment, const Reading& reading) {
    if (!is_about(reading, payment)) return unexpected_answer();
    if (reading.status == 200) return state_among(reading, ProviderStatus::voided, ProviderStatus::voided);
    if (reading.status == 409) return state_among(reading, ProviderStatus::declined, ProviderStatus::captured);
    return unexpected_answer();
}

Result<ProviderAnswer> found_payment(PaymentId payment, const Reading& reading) {
    if (is_not_found(reading)) return never_heard();
    if (reading.status != 200 || !is_about(reading, payment)) return unexpected_answer();
    return state_of(reading);
}

Result<ProviderAnswer> refund_state(PaymentId payment, RefundId refund, const Reading& reading) {
    if (!is_about(reading, payment) || reading.answer.text("refund_id") != text_of(refund)) return unexpected_answer();
    const std::string status = reading.answer.text("status");
    const auto amount = reading.answer.money("amount");
    if (status == "declined") return refused(reading.answer.text("reason"));
    if (status != "refunded" || !amount) return unexpected_answer();
    return ProviderAnswer{.status = ProviderStatus::refunded, .reference = {}, .reason = {}, .amount = *amount};
}

Result<ProviderAnswer> refund_answer(PaymentId payment, RefundId refund, Money amount, const Reading& reading) {
    if (reading.is_refusal()) return refused(reading.answer.text("code"));
    if (is_not_found(reading)) return never_heard();
    auto answer = refund_state(payment, refund, reading);
    if (!answer) return answer;
    const bool done = answer->status == ProviderStatus::refunded;
    if (reading.status != (done ? 201 : 402) || (done && answer->amount != amount)) return unexpected_answer();
    return answer;
}

Result<ProviderAnswer> found_refund(PaymentId payment, RefundId refund, const Reading& reading) {
    if (is_not_found(reading)) return never_heard();
    return reading.status == 200 ? refund_state(payment, refund, reading) : Result<ProviderAnswer>(unexpected_answer());
}

// Sends the call; `understand` turns a reply that means something into the answer.
template <class Understand>
void ask(ports::HttpClient& client, ports::HttpCall call, ports::ProviderCallback done, Understand understand) {
    client.send(std::move(call), [done = std::move(done), understand](Result<HttpReply> reply) {
        const auto reading = read_reply(std::move(reply));
        if (!reading) return done(std::unexpected(reading.error()));
        done(understand(*reading));
    });
}

class HttpPaymentProvider final : public ports::PaymentProvider {
  public:
    HttpPaymentProvider(ports::HttpClient& client, PaymentProviderOptions options) : client_(client), options_(std::move(options)) {}

    void authorize(PaymentId payment, OrderId order, Money amount, std::string token, ports::ProviderCallback done) override {
        JsonWriter json;
        json.begin_object().member("payment_id", text_of(payment)).member("order_id", text_of(order));
        write_money(json, amount);
        json.member("token", token).end_object();
        ask(client_, post("/authorizations", json.take(), text_of(payment)), std::move(done),
            [payment, amount](const Reading& reading) { return authorization_answer(payment, amount, reading); });
    }

    void capture(PaymentId payment, Money amount, ports::ProviderCallback done) override {
        ask(client_, post(path_of(payment) + "/capture", amount_body(amount), text_of(payment)), std::move(done),
            [payment, amount](const Reading& reading) { return capture_answer(payment, amount, reading); });
    }

    void cancel(PaymentId payment, ports::ProviderCallback done) override {
        ask(client_, post(path_of(payment) + "/void", {}, text_of(payment)), std::move(done),
            [payment](const Reading& reading) { return void_answer(payment, reading); });
    }

    void refund(PaymentId payment, RefundId refund, Money amount, ports::ProviderCallback done) override {
        JsonWriter json;
        json.begin_object().member("refund_id", text_of(refund));
        write_money(json, amount);
        json.end_object();
        ask(client_, post(path_of(payment) + "/refunds", json.take(), text_of(refund)), std::move(done),
            [payment, refund, amount](const Reading& reading) { return refund_answer(payment, refund, amount, reading); });
    }

    void find(PaymentId payment, ports::ProviderCallback done) override {
        ask(client_, get(path_of(payment)), std::move(done), [payment](const Reading& reading) { return found_payment(payment, reading); });
    }

    void find_refund(PaymentId payment, RefundId refund, ports::ProviderCallback done) override {
        ask(client_, get(path_of(payment) + "/refunds/" + text_of(refund)), std::move(done),
            [payment, refund](const Reading& reading) { return found_refund(payment, refund, reading); });
    }

  private:
    static std::string path_of(PaymentId payment) { return "/payments/" + text_of(payment); }
    ports::HttpCall post(const std::string& path, std::string body, std::string key) const {
        return house_rest::post_call(options_.base_url + path, std::move(body), std::move(key), options_.deadline);
    }
    ports::HttpCall get(const std::string& path) const { return house_rest::get_call(options_.base_url + path, options_.deadline); }

    ports::HttpClient& client_;
    const PaymentProviderOptions options_;
};

}  // namespace

std::unique_ptr<ports::PaymentProvider> make_payment_provider(ports::HttpClient& client, PaymentProviderOptions options) {
    return std::make_unique<HttpPaymentProvider>(client, std::move(options));
}

}  // namespace granary::house_payments
