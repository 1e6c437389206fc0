// JSON Schemas (2020-12) of all bodies, each with an example, as the description of the API shows them.
#pragma once

#include <span>
#include <string_view>

namespace granary::gateway {

struct BodySchema {
    std::string_view name;
    std::string_view schema;   // JSON; other schemas by {"$ref": "#/components/schemas/Name"}
    std::string_view example;  // JSON; of a request: accepted by the parser as it stands
};

// Bodies of requests: every object refuses unknown members.
std::span<const BodySchema> request_schemas();
// Bodies of answers, and values that both use.
std::span<const BodySchema> answer_schemas();

}  // namespace granary::gateway
