// Permissions, and the roles that bundle them: what a principal may do at the edge. Nothing is allowed that is not listed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>

namespace granary {

// Names (name_of) are stored in key files and given as scopes, so they never change. `own` means objects that belong to
// the principal's customer; `all` lifts that bound.
enum class Permission : std::uint8_t {
    anyone,  // no principal needed: health, the API's description, signed callbacks
    catalog_read,
    catalog_write,
    stock_read,
    stock_write,
    orders_read,    // own
    orders_place,   // own
    orders_cancel,  // own
    orders_all,     // everybody's orders, with their payments and shipments
    orders_status,  // staff's change of status
    orders_import,  // on behalf of any customer, at prices that the caller names
    payments_read,  // own
    payments_pay,   // own
    payments_refund,
    shipments_read,  // own
    customers_register,
    customers_own,  // read and change the own profile
    customers_all,
    reports_read,
    operations_read,   // metrics, state of sagas and views
    operations_write,  // steer sagas
    projections_write,  // rebuild, compare and promote views
    customers_erase,   // own; with customers_all anybody's
    customers_export,  // likewise: all that is held about a person
    history_read,      // every event of an order, with who caused it
    access_read,       // who has looked at what
    exports_personal,  // personal data in exports of views
};
inline constexpr std::size_t permission_count = 27;

// `orders:read`; empty for a number that is no permission.
std::string_view name_of(Permission permission);
std::optional<Permission> parse_permission(std::string_view text);

// A set of permissions, as one word.
class PermissionSet {
  public:
    constexpr PermissionSet() = default;
    constexpr PermissionSet(std::initializer_list<Permission> permissions) {
        for (const Permission permission : permissions) add(permission);
    }

    constexpr void add(Permission permission) { bits_ |= bit(permission); }
    constexpr bool has(Permission permission) const { return (bits_ & bit(permission)) != 0; }
    constexpr bool empty() const { return bits_ == 0; }
    // What is in both.
    constexpr PermissionSet narrowed_to(PermissionSet other) const {
        PermissionSet both;
        both.bits_ = bits_ & other.bits_;
        return both;
    }
    constexpr bool contains(PermissionSet other) const { return (bits_ & other.bits_) == other.bits_; }
    constexpr bool operator==(const PermissionSet&) const = default;

  private:
    static constexpr std::uint32_t bit(Permission permission) { return std::uint32_t{1} << static_cast<std::uint32_t>(permission); }
    std::uint32_t bits_ = 0;
};
static_assert(permission_count <= 32);

enum class Role : std::uint8_t { guest, customer, seller, delivery, admin, auditor, analyst, importer };
inline constexpr std::size_t role_count = 8;

// `customer`, ...: as `granary key create --role` takes it.
std::string_view name_of(Role role);
std::optional<Role> parse_role(std::string_view text);

constexpr PermissionSet permissions_of(Role role) {
    using enum Permission;
    switch (role) {
        case Role::guest: return {catalog_read};
        case Role::customer: return {catalog_read, orders_read, orders_place, orders_cancel, payments_read, payments_pay, shipments_read, customers_register, customers_own, customers_erase, customers_export};
        case Role::seller: return {catalog_read, catalog_write, stock_read, stock_write};
        case Role::delivery: return {orders_read, orders_all, orders_status, shipments_read};
        case Role::admin:
            return {catalog_read,  catalog_write, stock_read,    stock_write,        orders_read,   orders_place,  orders_cancel,
                    orders_all,    orders_status, orders_import, payments_read,      payments_pay,  payments_refund, shipments_read,
                    customers_all, customers_own, reports_read,  customers_register, operations_read, operations_write, projections_write,
                    customers_erase, customers_export, history_read, access_read, exports_personal};
        case Role::auditor: return {catalog_read, stock_read, orders_read, orders_all, payments_read, shipments_read, operations_read, history_read, access_read};
        case Role::analyst: return {catalog_read, stock_read, reports_read, operations_read, projections_write};
        case Role::importer:
            return {catalog_read, catalog_write, stock_read, stock_write, orders_read, orders_place, orders_cancel, orders_all, orders_import, payments_read,
                    payments_pay, payments_refund, shipments_read, customers_register, customers_own, customers_all};
    }
    return {};
}

}  // namespace granary
