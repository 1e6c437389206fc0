// Writes JSON straight into a string: what rows, answers and reports are made of.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace granary {

// Commas are placed by the writer; nesting is the caller's to balance. Text must be UTF-8; control characters, quotes
// and backslashes are escaped. Not thread-safe; `take` ends its use.
class JsonWriter {
  public:
    JsonWriter& begin_object();
    JsonWriter& end_object();
    JsonWriter& begin_array();
    JsonWriter& end_array();
    JsonWriter& key(std::string_view name);
    JsonWriter& string(std::string_view text);
    JsonWriter& integer(std::int64_t value);
    JsonWriter& boolean(bool value);
    JsonWriter& null();
    // Bytes that are JSON already.
    JsonWriter& raw(std::string_view json);

    // key(...) and a value in one call.
    JsonWriter& member(std::string_view name, std::string_view text) { return key(name).string(text); }
    JsonWriter& member(std::string_view name, const char* text) { return key(name).string(text); }
    JsonWriter& member(std::string_view name, const std::string& text) { return key(name).string(text); }
    JsonWriter& member(std::string_view name, std::int64_t value) { return key(name).integer(value); }
    JsonWriter& member(std::string_view name, bool value) { return key(name).boolean(value); }

    std::size_t size() const { return out_.size(); }
    std::string take();

  private:
    void separate();

    std::string out_;
    bool need_comma_ = false;
};

}  // namespace granary
