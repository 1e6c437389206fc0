// Bytes on their way to a socket: small answers share a buffer, large bodies are passed on without a copy.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>

namespace granary::http {

class Output {
  public:
    // A body at least this large keeps its own storage.
    static constexpr std::size_t own_piece_bytes_min = std::size_t{32} * 1024;

    void append(std::string_view bytes);
    void append(std::string&& bytes);
    bool empty() const { return size_ == 0; }
    std::size_t size() const { return size_; }

    // Calls `use(std::string_view)` for at most `pieces_max` unwritten pieces, front first.
    template <class Use>
    void for_each(std::size_t pieces_max, Use use) const {
        std::size_t skip = written_;
        for (std::size_t i = 0; i < pieces_.size() && i < pieces_max; ++i) {
            use(std::string_view(pieces_[i]).substr(skip));
            skip = 0;
        }
    }
    // Takes `bytes` written bytes off the front.
    void consume(std::size_t bytes);
    // The buffer to format the next small answer into; call grown() afterwards with its size before.
    std::string& tail();
    void grown(std::size_t size_before) { size_ += pieces_.back().size() - size_before; }

  private:
    std::deque<std::string> pieces_;  // at least the last is open for appending, unless it is a large body
    std::size_t written_ = 0;         // of the first piece
    std::size_t size_ = 0;            // unwritten bytes of all pieces
};

}  // namespace granary::http
