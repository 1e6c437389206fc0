// Fuzzes the decoder of every event, and of every command that nodes send one another.
// Input: type (2 bytes, little-endian) and version of the event, then its payload. Type 0: a command, whose number is the version.
#include <array>

#include "core/check.hpp"
#include "core/json_writer.hpp"
#include "schemas/command_codec.hpp"
#include "schemas/messages.hpp"
#include "tests/fuzz/fuzz_input.hpp"

namespace {

using namespace granary;

template <class... Contexts>
constexpr auto number_of_commands(const std::variant<Contexts...>*) {
    return (std::variant_size_v<typename Contexts::Alternatives> + ...);
}
constexpr std::size_t commands = number_of_commands(static_cast<const Command*>(nullptr));

template <class Context, std::size_t... I>
void add_names(std::array<std::string_view, commands>& names, std::size_t& at, std::index_sequence<I...>) {
    ((names[at++] = name_of(Command(Context(std::variant_alternative_t<I, typename Context::Alternatives>())))), ...);
}

template <class... Contexts>
std::array<std::string_view, commands> names_of(const std::variant<Contexts...>*) {
    std::array<std::string_view, commands> names;
    std::size_t at = 0;
    (add_names<Contexts>(names, at, std::make_index_sequence<std::variant_size_v<typename Contexts::Alternatives>>()), ...);
    return names;
}

void read_command(std::size_t number, std::string_view payload) {
    static const auto names = names_of(static_cast<const Command*>(nullptr));
    const auto command = decode_command(names[number % commands], payload);
    if (!command) return;
    GRANARY_CHECK(name_of(*command) == names[number % commands]);
    (void)target_of(*command);
    const auto bytes = encode_payload(*command);
    const auto again = decode_command(name_of(*command), bytes);
    GRANARY_CHECK(again.has_value() && encode_payload(*again) == bytes);
}

void read_event(EventKey key, std::string_view payload) {
    const auto event = decode_event(key, payload);
    if (!event) {
        GRANARY_CHECK(event.error().code == FaultCode::corrupt || event.error().code == FaultCode::unsupported);
        return;
    }
    JsonWriter json;
    write_json(json, *event);
    (void)json.take();
    const auto bytes = encode_event(*event);
    const auto again = decode_event(key_of(*event), bytes);
    GRANARY_CHECK(key_of(*event).type == key.type && again.has_value() && encode_event(*again) == bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    granary::fuzz::Input input(data, size);
    const auto type = input.number();
    const auto version = input.byte();
    type == 0 ? read_command(version, input.rest()) : read_event({type, version}, input.rest());
    return 0;
}
