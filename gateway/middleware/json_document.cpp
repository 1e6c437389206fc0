// Boost.JSON's event parser builds a flat tree: one vector of nodes and one string, so a body costs two allocations.
#include "gateway/middleware/json_document.hpp"

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <utility>

#include "core/check.hpp"
#include "core/json_writer.hpp"
#include "core/limits.hpp"

namespace granary::gateway {

namespace json = boost::json;
using json::error_code;
using json::string_view;

// What the parser calls. Every on_... returns false to stop, with the reason in fault.
class JsonBuilder {
  public:
    static constexpr std::size_t max_object_size = limits::json_members_max;
    static constexpr std::size_t max_array_size = limits::json_nodes_max;
    static constexpr std::size_t max_key_size = limits::http_large_body_bytes_max;
    static constexpr std::size_t max_string_size = limits::http_large_body_bytes_max;

    explicit JsonBuilder(std::size_t bytes) {
        document.text_.reserve(bytes);
        document.nodes_.reserve(std::min<std::size_t>(bytes / 8 + 1, limits::json_nodes_max));
    }

    bool on_document_begin(error_code&) { return true; }
    bool on_document_end(error_code&) { return true; }
    bool on_object_begin(error_code& ec) { return open(JsonKind::object, ec); }
    bool on_object_end(std::size_t, error_code&) { return close(); }
    bool on_array_begin(error_code& ec) { return open(JsonKind::array, ec); }
    bool on_array_end(std::size_t, error_code&) { return close(); }
    bool on_key_part(string_view part, std::size_t, error_code&) { return take(part); }
    bool on_string_part(string_view part, std::size_t, error_code&) { return take(part); }
    bool on_number_part(string_view part, error_code&) { return take(part); }
    bool on_comment_part(string_view, error_code&) { return true; }
    bool on_comment(string_view, error_code&) { return true; }

    bool on_key(string_view last, std::size_t, error_code& ec) {
        take(last);
        name_at_ = text_begin_;
        name_size_ = size() - text_begin_;
        text_begin_ = size();
        return !is_duplicate(ec);
    }
    bool on_string(string_view last, std::size_t, error_code& ec) {
        take(last);
        return add_text(JsonKind::string, ec);
    }
    bool on_int64(std::int64_t value, string_view, error_code& ec) {
        drop_text();
        auto* node = add(JsonKind::integer, ec);
        if (node != nullptr) node->integer = value;
        return node != nullptr;
    }
    bool on_uint64(std::uint64_t, string_view last, error_code& ec) {
        take(last);
        return add_text(JsonKind::number, ec);
    }
    bool on_double(double, string_view last, error_code& ec) {
        take(last);
        return add_text(JsonKind::number, ec);
    }
    bool on_bool(bool value, error_code& ec) {
        auto* node = add(JsonKind::boolean, ec);
        if (node != nullptr) node->integer = value ? 1 : 0;
        return node != nullptr;
    }
    bool on_null(error_code& ec) { return add(JsonKind::null, ec) != nullptr; }

    JsonDocument document;
    JsonFault fault;

  private:
    std::uint32_t size() const { return static_cast<std::uint32_t>(document.text_.size()); }

    bool take(string_view part) {
        document.text_.append(part.data(), part.size());
        return true;
    }

    void drop_text() { document.text_.resize(text_begin_); }

    bool add_text(JsonKind kind, error_code& ec) {
        const std::uint32_t at = text_begin_;
        text_begin_ = size();
        auto* node = add(kind, ec);
        if (node == nullptr) return false;
        node->text_at = at;
        node->text_size = text_begin_ - at;
        return true;
    }

    JsonDocument::Node* add(JsonKind kind, error_code& ec) {
        auto& nodes = document.nodes_;
        if (nodes.size() >= limits::json_nodes_max) {
            fault.detail = "the body holds more values than any request needs";
            ec = json::error::array_too_large;
            return nullptr;
        }
        const auto index = static_cast<std::uint32_t>(nodes.size());
        auto& node = nodes.emplace_back();
        node.kind = kind;
        node.parent = open_;
        node.name_at = name_at_;
        node.name_size = std::exchange(name_size_, 0);
        if (last_ != JsonDocument::none) nodes[last_].next = index;
        else if (open_ != JsonDocument::none) nodes[open_].first = index;
        last_ = index;
        return &node;
    }

    bool open(JsonKind kind, error_code& ec) {
        if (add(kind, ec) == nullptr) return false;
        open_ = last_;
        last_ = JsonDocument::none;
        return true;
    }

    bool close() {
        last_ = open_;
        open_ = document.nodes_[open_].parent;
        return true;
    }

    bool is_duplicate(error_code& ec) {
        const std::string_view name = std::string_view(document.text_).substr(name_at_, name_size_);
        const JsonNode object(&document, open_);
        if (!object.member(name)) return false;
        fault.duplicate = true;
        fault.pointer = object.member(name).pointer();
        fault.detail = "this name occurs more than once in its object";
        ec = json::error::extra_data;
        return true;
    }

    std::uint32_t open_ = JsonDocument::none;  // the array or object that values go into
    std::uint32_t last_ = JsonDocument::none;  // the newest value in it
    std::uint32_t name_at_ = 0, name_size_ = 0;
    std::uint32_t text_begin_ = 0;
};

namespace {

std::string detail_of(const error_code& ec, std::size_t at) {
    std::string detail = "the body is not JSON that can be read: ";
    if (ec == json::error::too_deep) detail += "it nests too deep";
    else if (ec == json::error::object_too_large) detail += "an object has too many members";
    else if (ec == json::error::incomplete) detail += "it ends too early";
    else detail += ec.message();
    return detail + " (at byte " + std::to_string(at) + ")";
}

void write_object(JsonWriter& out, JsonNode node);

void append_pointer(std::string& out, std::string_view name) {
    out += '/';
    for (const char c : name) {
        if (c == '~') out += "~0";
        else if (c == '/') out += "~1";
        else out += c;
    }
}

// Depth is bounded by the parser, so this recursion is too.
void write_canonical(JsonWriter& out, JsonNode node) {
    switch (node.kind()) {
        case JsonKind::null: out.null(); return;
        case JsonKind::boolean: out.boolean(node.boolean()); return;
        case JsonKind::integer: out.integer(node.integer()); return;
        case JsonKind::number: out.raw(node.text()); return;
        case JsonKind::string: out.string(node.text()); return;
        case JsonKind::array: break;
        case JsonKind::object: write_object(out, node); return;
    }
    out.begin_array();
    for (JsonNode item = node.first(); item; item = item.next()) write_canonical(out, item);
    out.end_array();
}

void write_object(JsonWriter& out, JsonNode node) {
    std::vector<JsonNode> members;
    for (JsonNode item = node.first(); item; item = item.next()) members.push_back(item);
    std::ranges::sort(members, {}, &JsonNode::name);
    out.begin_object();
    for (const JsonNode member : members) {
        out.key(member.name());
        write_canonical(out, member);
    }
    out.end_object();
}

}  // namespace

std::string_view name_of(JsonKind kind) {
    switch (kind) {
        case JsonKind::null: return "null";
        case JsonKind::boolean: return "a boolean";
        case JsonKind::integer: return "an integer";
        case JsonKind::number: return "a number that is not a 64-bit integer";
        case JsonKind::string: return "a string";
        case JsonKind::array: return "an array";
        case JsonKind::object: return "an object";
    }
    return "something else";
}

std::expected<JsonDocument, JsonFault> JsonDocument::parse(std::string_view bytes) {
    json::parse_options options;
    options.max_depth = limits::json_depth_max;
    json::basic_parser<JsonBuilder> parser(options, bytes.size());
    error_code ec;
    const std::size_t read = parser.write_some(false, bytes.data(), bytes.size(), ec);
    auto& builder = parser.handler();
    if (!ec && read < bytes.size()) ec = json::error::extra_data;
    if (ec) {
        if (builder.fault.detail.empty()) builder.fault.detail = detail_of(ec, read);
        return std::unexpected(std::move(builder.fault));
    }
    return std::move(builder.document);
}

JsonKind JsonNode::kind() const { return document_->nodes_[index_].kind; }

bool JsonNode::boolean() const {
    GRANARY_CHECK(kind() == JsonKind::boolean);
    return document_->nodes_[index_].integer != 0;
}

std::int64_t JsonNode::integer() const {
    GRANARY_CHECK(kind() == JsonKind::integer);
    return document_->nodes_[index_].integer;
}

std::string_view JsonNode::text() const {
    GRANARY_CHECK(kind() == JsonKind::string || kind() == JsonKind::number);
    const auto& node = document_->nodes_[index_];
    return std::string_view(document_->text_).substr(node.text_at, node.text_size);
}

std::string_view JsonNode::name() const {
    const auto& node = document_->nodes_[index_];
    return std::string_view(document_->text_).substr(node.name_at, node.name_size);
}

std::string JsonNode::pointer() const {
    const auto& node = document_->nodes_[index_];
    if (node.parent == JsonDocument::none) return {};
    const JsonNode parent(document_, node.parent);
    std::string text = parent.pointer();
    if (parent.kind() == JsonKind::object) {
        append_pointer(text, name());
        return text;
    }
    std::size_t place = 0;
    for (std::uint32_t at = document_->nodes_[node.parent].first; at != index_; at = document_->nodes_[at].next) ++place;
    return text + "/" + std::to_string(place);
}

JsonNode JsonNode::first() const {
    const auto index = document_->nodes_[index_].first;
    return index == JsonDocument::none ? JsonNode() : JsonNode(document_, index);
}

JsonNode JsonNode::next() const {
    const auto index = document_->nodes_[index_].next;
    return index == JsonDocument::none ? JsonNode() : JsonNode(document_, index);
}

JsonNode JsonNode::member(std::string_view name) const {
    if (kind() != JsonKind::object) return {};
    for (JsonNode node = first(); node; node = node.next())
        if (node.name() == name) return node;
    return {};
}

std::string JsonNode::canonical() const {
    JsonWriter out;
    write_canonical(out, *this);
    return out.take();
}

}  // namespace granary::gateway
