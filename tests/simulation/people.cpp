// A key that was revoked is known to nobody, as in the adapter.
#include "tests/simulation/people.hpp"

#include "core/check.hpp"
#include "core/digest.hpp"
#include "tests/simulation/marked_text.hpp"

namespace granary::simulation {
namespace {

constexpr int customers_of_a_world = 3;

}  // namespace

People::People(std::uint64_t seed) {
    for (int i = 0; i < customers_of_a_world; ++i) add(Role::customer, seed, true);
    for (const Role role : {Role::guest, Role::seller, Role::delivery, Role::admin, Role::auditor, Role::analyst, Role::importer}) add(role, seed, true);
    add(Role::admin, seed, false);
    add(Role::customer, seed, false);
}

void People::add(Role role, std::uint64_t seed, bool good) {
    Principal one;
    one.number = static_cast<std::uint32_t>(all_.size());
    one.name = std::string(name_of(role)) + std::to_string(one.number) + (good ? "" : " (revoked)");
    one.role = role;
    one.good = good;
    const auto made = [&](const char* what) { return uuid_from(sha256(std::string(what) + std::to_string(seed) + "/" + std::to_string(one.number))); };
    one.id = {made("key")};
    if (role == Role::customer) one.customer = {made("customer")};
    one.key = "grn_" + hex_of(one.id.value) + "_" + marked(Secret::api_key, one.number, 0);
    all_.push_back(std::move(one));
    const Principal& added = all_.back();
    if (!good) return;
    if (role == Role::customer) customers_.push_back(&added);
    keys_.emplace(added.key, std::make_shared<const ports::ApiKey>(ports::ApiKey{.id = added.id, .role = role, .permissions = permissions_of(role), .customer = added.customer, .name = added.name, .created_at = {}, .revoked_at = {}}));
}

std::shared_ptr<const ports::ApiKey> People::find(std::string_view presented) {
    const auto found = keys_.find(presented);
    return found == keys_.end() ? nullptr : found->second;
}

const Principal& People::one(Role role) const {
    for (const auto& principal : all_) {
        if (principal.role == role && principal.good) return principal;
    }
    GRANARY_CHECK(false);
    return all_.front();
}

const Principal* People::by_actor(std::string_view actor) const {
    for (const auto& principal : all_) {
        if (text_of(principal.id) == actor) return &principal;
    }
    return nullptr;
}

const Principal* People::by_customer(CustomerId id) const {
    for (const auto& principal : all_) {
        if (!principal.customer.is_nil() && principal.customer == id) return &principal;
    }
    return nullptr;
}

}  // namespace granary::simulation
