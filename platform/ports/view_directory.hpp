// Which table of the store answers for a view now: a rebuilt view lives beside the old one until it is promoted.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace granary::ports {

// Thread-safe. A table stays readable for as long as somebody may have asked for its name before it was discarded; a reader
// that meets `not_found` asks again.
class ViewDirectory {
  public:
    virtual ~ViewDirectory() = default;
    // The live table of a view (`orders`, `stock`, ...), such as `orders@3`; null when the view does not exist.
    virtual std::shared_ptr<const std::string> live_table(std::string_view view) const = 0;
    // Why there is no live table: for whoever asked for an answer.
    virtual std::string why_missing(std::string_view view) const { return "the view " + std::string(view) + " is not there yet"; }
};

}  // namespace granary::ports
