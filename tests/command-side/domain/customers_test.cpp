// What customers' streams accept and refuse; personal fields go through untouched.
#include "command-side/domain/customers.hpp"

#include "tests/command-side/domain/scenario.hpp"

using namespace granary;
using namespace granary::customers;

namespace {

using Customers = scenario::Scenario<CustomerStateT, Event, Command>;
const CustomerId ann{{1, 2}};
const PersonId ann_person{{1, 2}};

std::unique_ptr<wire::SealedT> sealed(std::size_t bytes) {
    auto box = std::make_unique<wire::SealedT>();
    box->person = ann_person;
    box->box.assign(bytes, 7);
    return box;
}
RegisterCustomerT register_ann() {
    RegisterCustomerT c;
    c.customer_id = ann;
    c.country = CountryCode::from_stored("GB");
    c.profile = sealed(40);
    c.address = sealed(60);
    c.reference = "17850";
    return c;
}
CustomerRegisteredT registered() {
    CustomerRegisteredT e;
    e.customer_id = ann;
    e.country = CountryCode::from_stored("GB");
    e.profile = sealed(40);
    e.address = sealed(60);
    e.reference = "17850";
    return e;
}
UpdateAddressT move_to(const char* country) {
    UpdateAddressT c;
    c.customer_id = ann;
    c.country = CountryCode::from_stored(country);
    c.address = sealed(61);
    return c;
}

}  // namespace

TEST_CASE("register a customer: right event, with the sealed bytes as they came") {
    Customers scenario;
    scenario.when(register_ann()).then({registered()});
    const auto& event = std::get<CustomerRegisteredT>(scenario.decision()->front());
    CHECK(event.address->box == sealed(60)->box);
    CHECK(event.profile->person == ann_person);
    scenario.when(register_ann()).refused(RefusalCode::already_exists, "/customer_id");
}

TEST_CASE("register without personal data is allowed") {
    auto c = register_ann();
    c.profile = nullptr;
    c.address = nullptr;
    CHECK(Customers().when(c).decision().has_value());
}

TEST_CASE("register refuses by precedence") {
    auto c = register_ann();
    c.reference.assign(limits::external_reference_bytes_max + 1, 'r');
    Customers().given({registered()}).when(c).refused(RefusalCode::limit_exceeded, "/reference");
    c.address = sealed(limits::sealed_bytes_max + 1);
    Customers().when(c).refused(RefusalCode::limit_exceeded, "/address");
    c.profile->person = {};
    Customers().when(c).refused(RefusalCode::invalid, "/profile");
    for (const char* wrong : {"", "G", "gb", "GBR", "G1"}) {
        c.country = CountryCode::from_stored(wrong);
        Customers().when(c).refused(RefusalCode::invalid, "/country");
    }
    c.customer_id = {};
    Customers().when(c).refused(RefusalCode::invalid, "/customer_id");
}

TEST_CASE("a new address is an event each time, for it is sealed afresh") {
    AddressUpdatedT updated;
    updated.customer_id = ann;
    updated.country = CountryCode::from_stored("FR");
    updated.address = sealed(61);
    Customers scenario;
    scenario.given({registered()}).when(move_to("FR")).then({updated}).when(move_to("FR")).then({updated});
    CHECK(scenario.state().country.view() == "FR");
    Customers().when(move_to("FR")).refused(RefusalCode::not_found, "/customer_id");
    Customers().when(move_to("F")).refused(RefusalCode::invalid, "/country");
}

namespace {

RequestErasureT request_erasure(bool despite_orders = false) {
    RequestErasureT c;
    c.customer_id = ann;
    c.ground = wire::ErasureGround::consent_withdrawn;
    c.despite_orders = despite_orders;
    return c;
}
ErasureRequestedT erasure_requested(bool despite_orders = false) {
    ErasureRequestedT e;
    e.customer_id = ann;
    e.ground = wire::ErasureGround::consent_withdrawn;
    e.despite_orders = despite_orders;
    return e;
}
RecordErasedT record_erased() {
    RecordErasedT c;
    c.customer_id = ann;
    c.orders_under_way = 2;
    return c;
}
CustomerErasedT erased() {
    CustomerErasedT e;
    e.customer_id = ann;
    e.orders_under_way = 2;
    return e;
}

}  // namespace

TEST_CASE("an erasure is asked for once, and once more by whoever does not want it to wait") {
    Customers scenario;
    scenario.given({registered()}).when(request_erasure()).then({erasure_requested()}).when(request_erasure()).nothing_happens();
    scenario.when(request_erasure(true)).then({erasure_requested(true)});
    scenario.when(request_erasure(true)).nothing_happens().when(request_erasure()).nothing_happens();
    CHECK(scenario.state().erasure == wire::ErasureStatus::requested);
    scenario.when(record_erased()).then({erased()}).when(record_erased()).nothing_happens();
    scenario.when(request_erasure(true)).nothing_happens();
    CHECK(scenario.state().erasure == wire::ErasureStatus::erased);
}

TEST_CASE("a customer who never registered can be erased, for there may be orders") {
    Customers scenario;
    scenario.when(request_erasure()).then({erasure_requested()});
    CHECK(scenario.state().customer_id == ann);
    CHECK_FALSE(scenario.state().exists);
}

TEST_CASE("from the request on nothing new is taken") {
    for (const bool done : {false, true}) {
        Customers scenario;
        scenario.given({registered(), erasure_requested()});
        if (done) scenario.given({erased()});
        scenario.when(move_to("FR")).refused(RefusalCode::customer_erased, "/customer_id");
        scenario.when(register_ann()).refused(RefusalCode::customer_erased, "/customer_id");
    }
    Customers().given({erasure_requested()}).when(register_ann()).refused(RefusalCode::customer_erased, "/customer_id");
}

TEST_CASE("nobody is erased unasked, and fields are looked at first") {
    Customers().given({registered()}).when(record_erased()).refused(RefusalCode::illegal_transition, "");
    auto c = request_erasure();
    c.ground = static_cast<wire::ErasureGround>(99);
    Customers().when(c).refused(RefusalCode::invalid, "/ground");
    c.customer_id = {};
    Customers().when(c).refused(RefusalCode::invalid, "/customer_id");
    auto unnamed = record_erased();
    unnamed.customer_id = {};
    Customers().when(unnamed).refused(RefusalCode::invalid, "/customer_id");
}
