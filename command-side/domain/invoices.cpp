// One command, one event: the rules are about what can be kept, since what happened is not ours to judge.
#include "command-side/domain/invoices.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "command-side/domain/field_rules.hpp"
#include "core/digest.hpp"
#include "core/import_limits.hpp"

namespace granary::invoices {
namespace {

using Decision = std::expected<std::vector<Event>, Refusal>;
using domain::Objection;

Objection check_word(std::string_view text, std::size_t bytes_max, std::string_view pointer) {
    if (is_word(text, bytes_max)) return {};
    return Refusal{RefusalCode::invalid, std::string(pointer), "must be 1 to " + std::to_string(bytes_max) + " letters, digits, '-', '_' or '.'"};
}

// At most `max` away from zero.
Objection check_size(std::int64_t value, std::int64_t max, std::string_view pointer, std::string_view text_of_max) {
    if (value >= -max && value <= max) return {};
    return Refusal{RefusalCode::limit_exceeded, std::string(pointer), "must be at most " + std::string(text_of_max) + " above or below zero"};
}

Objection check_price(const Amount& price, Currency currency, std::string_view pointer) {
    if (parse_currency(text_of(price.currency)) != price.currency) return Refusal{RefusalCode::invalid, std::string(pointer), "is in no currency that is known here"};
    if (price.currency != currency) return Refusal{RefusalCode::currency_mismatch, std::string(pointer), "must be in the currency of the first line"};
    return check_size(price.ten_thousandths, limits::price_ten_thousandths_max, pointer, decimal_text_of({limits::price_ten_thousandths_max, currency}));
}

Objection check_time(Time at, Time now, std::string_view pointer) {
    if (at.unix_us > 0 && at <= now + limits::clock_skew_max) return {};
    return Refusal{RefusalCode::invalid, std::string(pointer), "must lie between 1970 and now"};
}

Objection check_line(const InvoiceLineT& line, Currency currency, Time now, const std::string& pointer) {
    return domain::first_of(domain::check_sku(line.stock_code, pointer + "/stock_code"),
                            domain::check_text(line.description, limits::product_name_bytes_max, pointer + "/description"),
                            check_size(line.quantity, limits::quantity_max, pointer + "/quantity", std::to_string(limits::quantity_max)),
                            check_price(line.unit_price, currency, pointer + "/unit_price"), check_time(line.at, now, pointer + "/occurred_at"));
}

// The amounts' sizes add up to something that a report can hold.
Objection check_lines(const ImportInvoiceT& c, Time now) {
    if (c.lines.empty()) return Refusal{RefusalCode::invalid, "/lines", "must not be empty"};
    if (c.lines.size() > limits::invoice_lines_max) return Refusal{RefusalCode::limit_exceeded, "/lines", "must be at most " + std::to_string(limits::invoice_lines_max)};
    const Currency currency = c.lines.front()->unit_price.currency;
    Amount sum{0, currency};
    for (std::size_t i = 0; i < c.lines.size(); ++i) {
        const std::string pointer = "/lines/" + std::to_string(i);
        if (auto wrong = check_line(*c.lines[i], currency, now, pointer)) return wrong;
        const Amount price{std::abs(c.lines[i]->unit_price.ten_thousandths), currency};
        const auto amount = multiply(price, std::abs(c.lines[i]->quantity));
        const auto grown = amount ? add(sum, *amount) : std::nullopt;
        if (!grown || grown->ten_thousandths > limits::order_total_ten_thousandths_max) {
            return Refusal{RefusalCode::limit_exceeded, pointer, "makes the invoice larger than " + decimal_text_of({limits::order_total_ten_thousandths_max, currency})};
        }
        sum = *grown;
    }
    return {};
}

// Every field, with its size before it, so that no two invoices have the same text. Frozen: it is kept in states.
template <class Message>
Fingerprint content_of(const Message& message) {
    std::string text;
    const auto put = [&](std::string_view field) {
        text += std::to_string(field.size());
        text += ':';
        text += field;
    };
    for (const std::string_view field : {std::string_view(message.source), std::string_view(message.number), std::string_view(message.customer), std::string_view(message.country)}) put(field);
    for (const auto& line : message.lines) {
        put(line->stock_code.view());
        put(line->description);
        put(std::to_string(line->quantity));
        put(std::to_string(line->unit_price.ten_thousandths));
        put(text_of(line->unit_price.currency));
        put(std::to_string(line->at.unix_us));
    }
    return {uuid_from(sha256(text))};
}

InvoiceImportedT event_of(const ImportInvoiceT& c) {
    InvoiceImportedT event;
    event.source = c.source;
    event.number = c.number;
    event.customer = c.customer;
    event.country = c.country;
    for (const auto& line : c.lines) event.lines.push_back(std::make_unique<InvoiceLineT>(*line));
    return event;
}

Objection check_fields(const ImportInvoiceT& c, Time now) {
    if (auto wrong = domain::first_of(check_word(c.source, limits::invoice_source_bytes_max, "/source"), check_word(c.number, limits::invoice_number_bytes_max, "/number"),
                                      domain::check_text(c.customer, limits::external_reference_bytes_max, "/customer"),
                                      domain::check_text(c.country, limits::external_reference_bytes_max, "/country"))) {
        return wrong;
    }
    return check_lines(c, now);
}

Decision decide_import(const InvoiceStateT& state, const ImportInvoiceT& c, Time now) {
    if (auto wrong = check_fields(c, now)) return std::unexpected(std::move(*wrong));
    if (!state.exists) {
        std::vector<Event> events;
        events.emplace_back(event_of(c));
        return events;
    }
    if (state.content == content_of(c)) return std::vector<Event>();
    return refuse(RefusalCode::already_exists, "/number", "this invoice was imported before, with other contents; what is in the log stays");
}

}  // namespace

bool is_word(std::string_view text, std::size_t bytes_max) {
    return !text.empty() && text.size() <= bytes_max && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
    });
}

std::expected<std::vector<Event>, Refusal> decide(const InvoiceStateT& state, const Command& command, Time now) {
    return std::visit([&](const auto& c) { return decide_import(state, c, now); }, command);
}

void evolve(InvoiceStateT& state, const Event& event) {
    std::visit(
        [&](const auto& e) {
            state.exists = true;
            state.content = content_of(e);
        },
        event);
}

Time occurred_at(const Command& command, Time now) {
    const auto& lines = std::get<ImportInvoiceT>(command).lines;
    const auto earliest = std::ranges::min_element(lines, {}, [](const auto& line) { return line->at; });
    return earliest == lines.end() ? now : std::min((*earliest)->at, now);
}

}  // namespace granary::invoices
