// Free-form members are not taken: what is not named here could not be told from an error.
#include "gateway/middleware/personal.hpp"

#include <memory>
#include <utility>

#include "core/json_writer.hpp"
#include "core/limits.hpp"
#include "core/mutants.hpp"

namespace granary::gateway {
namespace {

constexpr std::size_t address_lines_max = 5;

void write_lines(JsonWriter& json, ObjectReader& object, BodyErrors& errors) {
    const auto lines = object.items("lines", optional_field, 1, address_lines_max);
    if (lines.empty()) return;
    json.key("lines").begin_array();
    for (const JsonNode line : lines) {
        if (line.kind() != JsonKind::string) errors.malformed(line.pointer(), "must be a string");
        else if (line.text().size() > limits::personal_text_bytes_max) errors.out_of_range(line.pointer(), "must have at most 500 bytes");
        else json.string(line.text());
    }
    json.end_array();
}

}  // namespace

std::optional<std::string> read_personal_object(ObjectReader& body, std::string_view name, std::span<const std::string_view> fields, BodyErrors& errors) {
    const JsonNode node = body.node(name, optional_field);
    if (!node) return std::nullopt;
    ObjectReader object(node, errors);
    JsonWriter json;
    json.begin_object();
    for (const auto field : fields) {
        if (field == "lines") write_lines(json, object, errors);
        else if (const auto value = object.text(field, optional_field, limits::personal_text_bytes_max)) json.member(field, *value);
    }
    json.end_object();
    object.done();
    return json.take();
}

void fail_sealing(const CallPtr& call, const Fault& fault) {
    if (fault.code == FaultCode::conflict) return call->fail(ProblemCode::customer_erased);
    call->fail(problem_for(fault));
}

void with_person_key(const CallPtr& call, PersonId person, std::function<void(const CallPtr&)> work) {
    call->services().sealer.prepare(person, [call, work = std::move(work)](const Status& prepared) {
        if (!prepared) return fail_sealing(call, prepared.error());
        work(call);
    });
}

Result<std::unique_ptr<wire::SealedT>> seal_text(ports::Sealer& sealer, PersonId person, std::string_view clear) {
    if (clear.empty()) return nullptr;
    auto sealed = sealer.seal(person, clear);
    if (!sealed) return std::unexpected(sealed.error());
    if (GRANARY_MUTANT(seal_left_out)) sealed->box.assign(clear.begin(), clear.end());
    return std::make_unique<wire::SealedT>(std::move(*sealed));
}

}  // namespace granary::gateway
