// Personal fields are sealed under the customer's own key before a command carries them.
#include "gateway/routes/customers.hpp"

#include <memory>
#include <utility>

#include "gateway/middleware/body_reader.hpp"
#include "gateway/middleware/command_call.hpp"
#include "gateway/middleware/personal.hpp"
#include "gateway/middleware/reading.hpp"

namespace granary::gateway {

std::optional<CustomerId> path_customer(const CallPtr& call) {
    const CustomerId own = call->principal->customer;
    if (call->segment(2) == "me") {
        if (!own.is_nil()) return own;
        call->fail(ProblemCode::not_found, "this key belongs to no customer");
        return std::nullopt;
    }
    const auto id = path_id<CustomerKind>(call, 2);
    if (!id || call->may_see(*id, Permission::customers_all)) return id;
    call->fail(ProblemCode::not_found, "there is nothing under this id");
    return std::nullopt;
}

namespace {

using ports::CommandAnswer;

PersonId person_of(CustomerId customer) { return {customer.value}; }

struct Sealing {
    std::unique_ptr<wire::SealedT> profile;
    std::unique_ptr<wire::SealedT> address;
    Fingerprint fingerprint;
};

// As objects, and the body that they came in.
struct Personal {
    std::string profile;
    std::string address;
    std::shared_ptr<const JsonDocument> body;
};

Result<Sealing> seal_fields(const CallPtr& call, CustomerId customer, const Personal& personal) {
    auto& sealer = call->services().sealer;
    auto sealed_profile = seal_text(sealer, person_of(customer), personal.profile);
    if (!sealed_profile) return std::unexpected(sealed_profile.error());
    auto sealed_address = seal_text(sealer, person_of(customer), personal.address);
    if (!sealed_address) return std::unexpected(sealed_address.error());
    const auto fingerprint = personal_fingerprint_of(*call, *personal.body, person_of(customer));
    if (!fingerprint) return std::unexpected(fingerprint.error());
    return Sealing{std::move(*sealed_profile), std::move(*sealed_address), *fingerprint};
}

http::Response render_registered(CustomerId id, const CountryCode& country, const std::string& reference, const CommandAnswer& answer) {
    JsonWriter json;
    json.begin_object().member("id", text_of(id)).member("country", country.view());
    if (!reference.empty()) json.member("reference", reference);
    if (answer.commit) json.member("registered_at", rfc3339_of(answer.commit->meta.time));
    json.end_object();
    auto response = json_response(201, json.take());
    response.headers.add("location", "/v1/customers/" + text_of(id));
    return response;
}

http::Response render_address(CustomerId id, const CommandAnswer& answer) {
    JsonWriter json;
    json.begin_object().member("id", text_of(id)).member("changed", answer.commit.has_value()).end_object();
    return json_response(200, json.take());
}

void submit_registration(const CallPtr& call, CommandId command_id, customers::RegisterCustomerT command, const Personal& personal) {
    const CustomerId id = command.customer_id;
    auto sealed = seal_fields(call, id, personal);
    if (!sealed) return fail_sealing(call, sealed.error());
    command.profile = std::move(sealed->profile);
    command.address = std::move(sealed->address);
    const auto country = command.country;
    const std::string reference = command.reference;
    CommandCall wish{.command = customers::Command(std::move(command)), .id = command_id, .fingerprint = sealed->fingerprint};
    run_command(call, std::move(wish), [id, country, reference](const CommandAnswer& answer) { return render_registered(id, country, reference, answer); });
}

void submit_address(const CallPtr& call, customers::UpdateAddressT command, const Personal& personal, std::optional<std::uint64_t> version) {
    const CustomerId id = command.customer_id;
    auto sealed = seal_fields(call, id, personal);
    if (!sealed) return fail_sealing(call, sealed.error());
    command.address = std::move(sealed->address);
    CommandCall wish{.command = customers::Command(std::move(command)), .id = command_id_for(*call), .fingerprint = sealed->fingerprint, .expected_version = version};
    run_command(call, std::move(wish), [id](const CommandAnswer& answer) { return render_address(id, answer); });
}

}  // namespace

void register_customer(const CallPtr& call) {
    auto body = parse_body(call);
    if (!body) return;
    BodyErrors errors;
    ObjectReader reader(body->root(), errors);
    const auto country = reader.country("country", required);
    const auto profile = read_personal_object(reader, "profile", profile_fields, errors);
    const auto address = read_personal_object(reader, "address", address_fields, errors);
    const std::string reference(reader.text("reference", optional_field, limits::external_reference_bytes_max).value_or(""));
    reader.done();
    if (!errors.empty()) return call->fail(std::move(errors).problem());
    const auto command_id = command_id_for(*call);
    // A customer registers itself under the id that its key is bound to; others get the id of their request.
    const CustomerId own = call->principal->customer;
    const CustomerId id = own.is_nil() ? derive<CustomerKind>(call->edge->command_secret(), command_id) : own;
    customers::RegisterCustomerT command;
    command.customer_id = id;
    command.country = *country;
    command.reference = reference;
    const Personal personal{profile.value_or(""), address.value_or(""), std::make_shared<JsonDocument>(std::move(*body))};
    with_person_key(call, person_of(id), [command_id, command, personal](const CallPtr& at) { submit_registration(at, command_id, command, personal); });
}

void get_customer(const CallPtr& call) {
    const auto id = path_customer(call);
    if (!id) return;
    const auto find = [id = *id](const Call& at) { return at.services().customers.get(id); };
    with_document(call, {call->services().customers.partition(*id)}, Permission::customers_all, find, answer_document);
}

void put_address(const CallPtr& call) {
    const auto id = path_customer(call);
    if (!id) return;
    const auto precondition = update_precondition(call->request.headers, false);
    if (!precondition) return call->fail(precondition.error());
    auto body = parse_body(call);
    if (!body) return;
    BodyErrors errors;
    ObjectReader reader(body->root(), errors);
    const auto country = reader.country("country", required);
    const auto address = read_personal_object(reader, "address", address_fields, errors);
    if (!address && errors.empty()) reader.malformed("address", "is required");
    reader.done();
    if (!errors.empty()) return call->fail(std::move(errors).problem());
    customers::UpdateAddressT command;
    command.customer_id = *id;
    command.country = *country;
    const Personal personal{{}, *address, std::make_shared<JsonDocument>(std::move(*body))};
    with_person_key(call, person_of(*id), [command, personal, version = precondition->version](const CallPtr& at) { submit_address(at, command, personal, version); });
}

}  // namespace granary::gateway
