// What the gateway's admin routes may do with the sagas and views of this node.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "platform/ports/operations.hpp"
#include "projections/runtime/projection_work.hpp"
#include "sagas/runtime/saga_admin.hpp"

namespace granary::cli {

// Thread-safe.
class NodeOperations final : public ports::Operations {
  public:
    // Both outlive this object.
    NodeOperations(projections::ProjectionWork& views, sagas::SagaAdmin& sagas) : work_(views), sagas_(sagas) {}

    Result<std::string> projections() override { return work_.list_json(); }
    Result<std::optional<std::string>> projection(std::string_view view) override { return work_.view_json(view); }
    Status begin(std::string_view view, const ports::ProjectionWish& wish) override;
    Result<ports::SagaPage> sagas(const ports::SagaFilter& filter) override;
    Result<std::optional<std::string>> saga(OrderId order) override { return sagas_.show(order); }
    Result<std::optional<std::string>> erasure(CustomerId customer, OrderId order) override {
        return sagas_.show(sagas::ErasureSubject{{customer.is_nil() ? order.value : customer.value}, customer, order});
    }
    Result<std::optional<std::string>> compensation_plan(OrderId order) override;

  private:
    projections::ProjectionWork& work_;
    sagas::SagaAdmin& sagas_;
};

}  // namespace granary::cli
