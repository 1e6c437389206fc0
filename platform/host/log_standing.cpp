// The one rule about copies: a log is appended to in the place that its newest Seal names.
#include "platform/host/log_standing.hpp"

#include "core/limits.hpp"
#include "platform/host/patience.hpp"

namespace granary {

bool names_place(const envelope::SealT& seal, Uuid place) { return !place.is_nil() && seal.place == hex_of(place); }

std::optional<std::string> why_closed(const ports::LogIdentity& log, const envelope::SealT* seal) {
    if (!log.live) {
        return "this is a copy of a log that may go on elsewhere, and two that go on would fork history; `granary log copy --seal` from the original "
               "ends that one and lets this copy go on";
    }
    if (seal == nullptr || names_place(*seal, log.place)) return std::nullopt;
    return "the log was sealed here" + (seal->reason.empty() ? "" : ": " + seal->reason) + "; serve the copy that it goes on in";
}

Status check_goes_on_here(ports::Log& log) {
    const auto identity = log.identity();
    if (const auto why = why_closed(identity, nullptr)) return fault(FaultCode::conflict, *why);
    const Patience patience(limits::kafka_open_deadline);
    for (std::uint32_t number = 0; number < identity.partitions; ++number) {
        const auto end = patience.ask([&] { return log.end({number}); });
        if (!end) return std::unexpected(end.error());
        if (end->number == 0) continue;
        const auto page = patience.ask([&] { return log.read({number}, {end->number - 1}, 1); });
        if (!page) return std::unexpected(page.error());
        if (page->records.empty() || !chain::parse_header(page->records.front().bytes.view())) continue;  // whoever reads it says so
        const auto entry = decode_body(chain::body_of(page->records.front().bytes.view()));
        const auto* seal = entry ? std::get_if<envelope::SealT>(&*entry) : nullptr;
        if (const auto why = why_closed(identity, seal)) return fault(FaultCode::conflict, *why);
    }
    return {};
}

}  // namespace granary
