// Rows of views with their personal fields, for exports of those who may have them.
#pragma once

#include <string_view>

#include "core/result.hpp"
#include "query-side/queries/source.hpp"

namespace granary::queries {

// Thread-safe; every call reads the store and the keys, and blocks no longer than that.
class PersonalExports {
  public:
    explicit PersonalExports(const Source& source) : source_(source) {}

    // `orders` and `customers`; the other views have no personal data.
    static bool is_exported(std::string_view view);

    // The rows of one of them as the API shows each, personal fields opened, in the order of ids. invalid_argument: a limit or cursor out of
    // range.
    Result<Page> rows(std::string_view view, const PageRequest& page) const;

  private:
    Source source_;
};

}  // namespace granary::queries
