// Stable names of permissions and roles.
#include "core/permissions.hpp"

#include <algorithm>
#include <array>

namespace granary {
namespace {

constexpr std::array<std::string_view, permission_count> permission_names = {
    "anyone",        "catalog:read",   "catalog:write",   "stock:read",     "stock:write",        "orders:read",   "orders:place",
    "orders:cancel", "orders:all",     "orders:status",   "orders:import",  "payments:read",      "payments:pay",  "payments:refund",
    "shipments:read", "customers:register", "customers:own", "customers:all", "reports:read", "operations:read", "operations:write", "projections:write",
    "customers:erase", "customers:export", "history:read", "access:read", "exports:personal",
};
constexpr std::array<std::string_view, role_count> role_names = {"guest", "customer", "seller", "delivery", "admin", "auditor", "analyst", "import"};

template <class Value, std::size_t Count>
std::optional<Value> find_name(const std::array<std::string_view, Count>& names, std::string_view text) {
    const auto* const found = std::ranges::find(names, text);
    if (found == names.end()) return std::nullopt;
    return static_cast<Value>(found - names.begin());
}

}  // namespace

std::string_view name_of(Permission permission) {
    const auto index = static_cast<std::size_t>(permission);
    return index < permission_names.size() ? permission_names[index] : std::string_view();
}

std::optional<Permission> parse_permission(std::string_view text) { return find_name<Permission>(permission_names, text); }

std::string_view name_of(Role role) {
    const auto index = static_cast<std::size_t>(role);
    return index < role_names.size() ? role_names[index] : std::string_view();
}

std::optional<Role> parse_role(std::string_view text) { return find_name<Role>(role_names, text); }

}  // namespace granary
