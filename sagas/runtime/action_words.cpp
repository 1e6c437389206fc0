// Names of effects, and what tells one step of stock from the next.
#include "sagas/runtime/action_words.hpp"

#include <array>

namespace granary::sagas {
namespace {

constexpr std::array effect_names{"authorize_payment", "capture_payment", "void_payment", "refund_payment", "book_shipment", "cancel_shipment", "track_shipment"};
static_assert(effect_names.size() == std::variant_size_v<Effect>);

}  // namespace

std::string describe(const FulfilmentStateT& state, const ActionT& action) {
    std::string text = action.kind == ActionKind::effect ? effect_names[effect_of(state, action).index()] : std::string(name_of(command_of(state, action)));
    if (action.kind == ActionKind::command && !is_of_own_partition(action) && action.index < state.lines.size()) {
        text += ' ';
        text += state.lines[action.index]->sku.view();
    }
    return text;
}

}  // namespace granary::sagas
