// The queue of pieces behind a connection's writes.
#include "gateway/http/output.hpp"

#include <utility>

#include "core/check.hpp"

namespace granary::http {

std::string& Output::tail() {
    if (pieces_.empty() || pieces_.back().size() >= own_piece_bytes_min) pieces_.emplace_back();
    return pieces_.back();
}

void Output::append(std::string_view bytes) {
    std::string& buffer = tail();
    const std::size_t before = buffer.size();
    buffer.append(bytes);
    grown(before);
}

void Output::append(std::string&& bytes) {
    if (bytes.size() < own_piece_bytes_min) return append(std::string_view(bytes));
    size_ += bytes.size();
    pieces_.push_back(std::move(bytes));
}

void Output::consume(std::size_t bytes) {
    GRANARY_CHECK(bytes <= size_);
    size_ -= bytes;
    while (bytes > 0) {
        const std::size_t left = pieces_.front().size() - written_;
        if (bytes < left) {
            written_ += bytes;
            return;
        }
        bytes -= left;
        written_ = 0;
        // The last small buffer is kept with its capacity, so that a busy connection does not allocate for each answer.
        if (pieces_.size() == 1 && pieces_.front().size() < own_piece_bytes_min) pieces_.front().clear();
        else pieces_.pop_front();
    }
}

}  // namespace granary::http
