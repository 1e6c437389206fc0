// A parsed JSON body: strict (RFC 8259, UTF-8, no duplicate names), within limits, and free of any library's types.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace granary::gateway {

enum class JsonKind : std::uint8_t { null, boolean, integer, number, string, array, object };

// `a string`, `an object`, ...: for messages.
std::string_view name_of(JsonKind kind);

struct JsonFault {
    bool duplicate = false;  // a name occurs twice in one object; else the text is no JSON, or beyond a limit
    std::string pointer;     // of the duplicate
    std::string detail;
};

class JsonDocument;

// A value inside a document: a light handle, valid as long as the document. A default-made one is "absent".
class JsonNode {
  public:
    JsonNode() = default;

    explicit operator bool() const { return document_ != nullptr; }
    JsonKind kind() const;
    bool boolean() const;            // only of a boolean
    std::int64_t integer() const;    // only of an integer
    std::string_view text() const;   // only of a string; of a number as it was written
    std::string_view name() const;   // of a member of an object, else empty
    std::string pointer() const;     // RFC 6901, `` for the whole document
    JsonNode first() const;          // first element or member
    JsonNode next() const;           // next sibling
    JsonNode member(std::string_view name) const;  // of an object
    // The same for every spelling of the same value: no white space, members sorted by name, one form of escapes.
    std::string canonical() const;

  private:
    friend class JsonDocument;
    friend class JsonBuilder;
    JsonNode(const JsonDocument* document, std::uint32_t index) : document_(document), index_(index) {}

    const JsonDocument* document_ = nullptr;
    std::uint32_t index_ = 0;
};

// Not thread-safe while it is made, freely shared afterwards. Must not move while nodes of it are in use.
class JsonDocument {
  public:
    // Refuses depth above limits::json_depth_max, more than limits::json_nodes_max values, more than
    // limits::json_members_max members in one object, invalid UTF-8, comments, trailing text. An integer is what is
    // written without fraction and exponent and fits 64 bits signed; every other number is `number`, without a value.
    static std::expected<JsonDocument, JsonFault> parse(std::string_view bytes);

    JsonNode root() const { return {this, 0}; }
    std::string canonical() const { return root().canonical(); }

    struct Node {
        JsonKind kind = JsonKind::null;
        std::uint32_t parent = none;
        std::uint32_t first = none;
        std::uint32_t next = none;
        std::uint32_t name_at = 0, name_size = 0;
        std::uint32_t text_at = 0, text_size = 0;  // of a string, and of a `number` as written
        std::int64_t integer = 0;                  // of an integer or boolean
    };
    static constexpr std::uint32_t none = 0xFFFFFFFF;

  private:
    friend class JsonNode;
    friend class JsonBuilder;

    std::vector<Node> nodes_;
    std::string text_;
};

}  // namespace granary::gateway
