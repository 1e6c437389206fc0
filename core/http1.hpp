// HTTP/1.1 wire syntax (RFC 9110, RFC 9112) that the server and the client must read in the same strict way.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace granary::http1 {

// A non-empty run of tchar: letters, digits and !#$%&'*+-.^_`|~
bool is_token(std::string_view text);
// Visible ASCII, space, tab and well-formed UTF-8: what may stand in a field value here. RFC 9110 would allow any byte
// from 0x80 on; bytes that are not UTF-8 could not be quoted in a log or in JSON.
bool is_field_value(std::string_view text);
// Well-formed UTF-8 (no surrogates, no overlong forms, at most U+10FFFF).
bool is_utf8(std::string_view text);
// True when every byte may stand in a path with a query (RFC 3986): no space, control, `#`, quote, bracket or byte from
// 0x80 on. Percent signs are checked when decoding.
bool is_target_text(std::string_view target);
// ASCII only, whatever the locale.
std::string lower_case(std::string_view text);
bool equal_ignoring_case(std::string_view a, std::string_view b);
// 1 to 18 decimal digits and nothing else: no sign, space or list.
std::optional<std::uint64_t> parse_length(std::string_view text);

struct FieldLine {
    std::string_view name;   // as sent
    std::string_view value;  // without the white space around it
};
// One field line without its CRLF. nullopt for a folded line, a name that is no token, space before the colon, or a
// value that is_field_value refuses.
std::optional<FieldLine> parse_field_line(std::string_view line);
// True when a comma-separated list, as in Connection, has this member, whatever its case.
bool list_has(std::string_view list, std::string_view member);

enum class ChunkOutcome { more, done, malformed, too_large };

// Takes a chunked body apart. Refuses what the standard lets a recipient ignore: extensions and trailer fields.
class ChunkDecoder {
  public:
    explicit ChunkDecoder(std::size_t body_bytes_max) : body_bytes_max_(body_bytes_max) {}

    // Takes bytes off the front of `bytes` and appends data to `body`. After `done`, `bytes` starts with what follows
    // the body; after a failure the decoder is spent.
    ChunkOutcome feed(std::string_view& bytes, std::string& body);

  private:
    enum class State { size, size_lf, data, data_cr, data_lf, end_cr, end_lf };

    ChunkOutcome on_framing_byte(char byte, std::size_t body_size);
    ChunkOutcome on_size_byte(char byte);

    std::size_t body_bytes_max_;
    State state_ = State::size;
    int digits_ = 0;
    std::uint64_t left_ = 0;
};

}  // namespace granary::http1
