// What an answer of the payment provider or the carrier is recorded as; nothing that they say freely gets into the log.
#include <doctest/doctest.h>

#include "core/limits.hpp"
#include "sagas/runtime/outcomes.hpp"

namespace granary::sagas::test {
namespace {

const OrderId order{Uuid{1, 1}};
const PaymentId payment{Uuid{2, 2}};
const ShipmentId shipment{Uuid{3, 3}};
const Money price{900, currency("GBP")};

std::string reason_recorded_for(const Effect& effect, const ports::ProviderAnswer& answer) {
    const auto command = outcome_of(effect, order, answer);
    REQUIRE(command);
    const auto& recorded = std::get<payments::Command>(*command);
    if (const auto* declined = std::get_if<payments::RecordDeclinedT>(&recorded)) return declined->reason;
    if (const auto* failed = std::get_if<payments::RecordCaptureFailedT>(&recorded)) return failed->reason;
    return std::get<payments::RecordRefundFailedT>(recorded).reason;
}

std::string reason_recorded_for(const ports::CarrierAnswer& answer) {
    const auto command = outcome_of(BookShipment{shipment, {}, {}, 1}, order, answer);
    REQUIRE(command);
    return std::get<delivery::FailShipmentT>(std::get<delivery::Command>(*command)).reason;
}

}  // namespace

TEST_CASE("a provider's reason is recorded when it is a code, and replaced when it is free text") {
    ports::ProviderAnswer answer;
    answer.status = ports::ProviderStatus::declined;
    const Effect effects[] = {AuthorizePayment{payment, order, price, "tok_1234"}, CapturePayment{payment, price}, RefundPayment{payment, RefundId{Uuid{4, 4}}, price}};
    const std::string_view otherwise[] = {"declined", "capture_refused", "refund_refused"};
    for (std::size_t i = 0; i < std::size(effects); ++i) {
        answer.reason = "card_declined";
        CHECK(reason_recorded_for(effects[i], answer) == "card_declined");
        for (const char* said : {"", "token tok_1234 of Ada Byron is unknown", "4111 1111 1111 1111", "Declined"}) {
            answer.reason = said;
            CHECK(reason_recorded_for(effects[i], answer) == otherwise[i]);
        }
    }
}

TEST_CASE("a carrier's reason is recorded when it is a code, and replaced when it is free text") {
    ports::CarrierAnswer answer;
    answer.status = ports::CarrierStatus::refused;
    answer.reason = "no_capacity";
    CHECK(reason_recorded_for(answer) == "no_capacity");
    answer.reason = "Nobody at 12 St James's Square";
    CHECK(reason_recorded_for(answer) == "booking_refused");
}

TEST_CASE("a parcel is cancelled when its carrier says so, not when it has never heard of it: the booking may still be on its way") {
    using ports::CarrierStatus;
    const auto is_answer = [](CarrierStatus status) {
        ports::CarrierAnswer answer;
        answer.status = status;
        return outcome_of(Effect(CancelShipment{shipment}), order, answer).has_value();
    };
    for (const auto status : {CarrierStatus::unknown_key, CarrierStatus::booked, CarrierStatus::packed}) CHECK_FALSE(is_answer(status));
    for (const auto status : {CarrierStatus::cancelled, CarrierStatus::refused, CarrierStatus::in_transit, CarrierStatus::delivered}) CHECK(is_answer(status));
}

TEST_CASE("only what is further than the saga knows is news of a parcel, and its loss only when the carrier had booked it") {
    using ports::CarrierStatus;
    FulfilmentStateT state;
    state.parcel = std::make_unique<ParcelT>();
    state.parcel->status = ParcelStatus::packed;
    const auto is_news = [&](CarrierStatus status) {
        ports::CarrierAnswer answer;
        answer.status = status;
        return !tells_nothing_new(state, answer);
    };
    CHECK_FALSE(is_news(CarrierStatus::unknown_key));
    state.parcel->tracking_number = "T1";
    CHECK(is_news(CarrierStatus::unknown_key));
    for (const auto status : {CarrierStatus::booked, CarrierStatus::packed}) CHECK_FALSE(is_news(status));
    for (const auto status : {CarrierStatus::in_transit, CarrierStatus::delivered, CarrierStatus::cancelled, CarrierStatus::refused}) CHECK(is_news(status));
}

}  // namespace granary::sagas::test
