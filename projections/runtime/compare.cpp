// A merge walk over two sorted tables, a page at a time.
#include "projections/runtime/compare.hpp"

#include <algorithm>
#include <utility>

#include "core/hex.hpp"
#include "query-side/read_models/row.hpp"

namespace granary::projections {
namespace {

constexpr std::size_t page_rows = 1024;

class Cursor {
  public:
    Cursor(const ports::StoreSnapshot& snapshot, std::string table) : snapshot_(snapshot), table_(std::move(table)) {}

    // The row under the cursor; null at the end.
    Result<const std::pair<std::string, std::string>*> current() {
        if (at_ == page_.size() && !ended_) {
            if (auto turned = turn_page(); !turned) return std::unexpected(std::move(turned.error()));
        }
        return at_ == page_.size() ? nullptr : &page_[at_];
    }
    void advance() { ++at_; }

  private:
    Status turn_page() {
        // The next possible key is the last one with a zero byte behind it.
        const std::string from = page_.empty() ? std::string() : page_.back().first + '\0';
        page_.clear();
        at_ = 0;
        auto scanned = snapshot_.scan(table_, from, {}, [&](std::string_view key, std::string_view value) {
            page_.emplace_back(key, value);
            return page_.size() < page_rows;
        });
        ended_ = page_.size() < page_rows;
        return scanned;
    }

    const ports::StoreSnapshot& snapshot_;
    const std::string table_;
    std::vector<std::pair<std::string, std::string>> page_;
    std::size_t at_ = 0;
    bool ended_ = false;
};

Position changed_at(std::string_view value) {
    const auto row = read_models::parse_row(value);
    return row ? row->changed_at : Position{};
}

void note(Comparison& result, Difference::Kind kind, const std::string& key, Position last_event) {
    ++result.differences;
    if (result.named.size() < limits::view_differences_max) result.named.push_back({kind, key, last_event});
}

}  // namespace

Result<Comparison> compare(const ports::StoreSnapshot& snapshot, const std::string& live, const std::string& rebuilt,
                           Match match, const std::function<Status(std::uint64_t)>& on_rows) {
    Cursor left(snapshot, live);
    Cursor right(snapshot, rebuilt);
    Comparison result;
    while (true) {
        const auto a = left.current();
        if (!a) return std::unexpected(a.error());
        const auto b = right.current();
        if (!b) return std::unexpected(b.error());
        if (*a == nullptr && *b == nullptr) return result;
        ++result.rows;
        if (on_rows && result.rows % page_rows == 0) {
            if (auto told = on_rows(result.rows); !told) return std::unexpected(std::move(told.error()));
        }
        const bool left_first = *b == nullptr || (*a != nullptr && (*a)->first < (*b)->first);
        const bool right_first = *a == nullptr || (*b != nullptr && (*b)->first < (*a)->first);
        if (left_first) {
            note(result, Difference::Kind::surplus, (*a)->first, changed_at((*a)->second));
        } else if (right_first) {
            note(result, Difference::Kind::missing, (*b)->first, changed_at((*b)->second));
        } else if (match == Match::bytes && (*a)->second != (*b)->second) {
            note(result, Difference::Kind::differs, (*a)->first, std::max(changed_at((*a)->second), changed_at((*b)->second)));
        }
        if (!right_first) left.advance();
        if (!left_first) right.advance();
    }
}

std::string text_of_key(const std::string& key) {
    std::string text;
    for (const char c : key) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte > ' ' && byte < 0x7F && byte != '\\') {
            text += c;
        } else {
            text += "\\x";
            append_hex_byte(text, byte);
        }
    }
    return text;
}

}  // namespace granary::projections
