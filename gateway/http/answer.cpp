// The one formatter of responses.
#include "gateway/http/answer.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <iterator>

#include "core/http1.hpp"

namespace granary::http {
namespace {

struct Reason {
    int status;
    std::string_view phrase;
};

constexpr Reason reasons[] = {
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {206, "Partial Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
    {507, "Insufficient Storage"},
};

void append_number(std::string& text, std::size_t number) {
    char digits[24];
    const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
    text.append(digits, end);
}

bool is_servers_own(std::string_view name) {
    for (const std::string_view own : {"content-length", "transfer-encoding", "connection", "date", "keep-alive", "upgrade", "trailer"})
        if (http1::equal_ignoring_case(name, own)) return true;
    return false;
}

bool is_writable(const Response& response) {
    if (response.status < 200 || response.status > 599) return false;
    for (const Header& field : response.headers)
        if (!http1::is_token(field.name) || !http1::is_field_value(field.value) || is_servers_own(field.name)) return false;
    return true;
}

bool has_body(int status) { return status != 204 && status != 304; }

void append_head(std::string& text, const Response& response, const AnswerForm& form) {
    text += "HTTP/1.1 ";
    append_number(text, static_cast<std::size_t>(response.status));
    text += ' ';
    text += reason_of(response.status);
    text += "\r\n";
    text += form.date;
    for (const Header& field : response.headers) {
        text += field.name;
        text += ": ";
        text += field.value;
        text += "\r\n";
    }
    if (has_body(response.status)) {
        text += "content-length: ";
        append_number(text, response.body.size());
        text += "\r\n";
    }
    text += form.keep_alive ? "\r\n" : "connection: close\r\n\r\n";
}

}  // namespace

void write_answer(Output& output, Response&& response, const AnswerForm& form) {
    if (!is_writable(response)) response = plain_problem(500, "bad_response", "the answer could not be written");
    std::string& buffer = output.tail();
    const std::size_t before = buffer.size();
    append_head(buffer, response, form);
    output.grown(before);
    if (has_body(response.status) && !form.head_only) output.append(std::move(response.body));
}

std::string_view reason_of(int status) {
    const auto found = std::ranges::lower_bound(reasons, status, {}, &Reason::status);
    return found != std::end(reasons) && found->status == status ? found->phrase : std::string_view();
}

std::string date_line(Time now) {
    namespace chrono = std::chrono;
    static constexpr const char* days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const chrono::sys_time<chrono::microseconds> instant{chrono::microseconds(now.unix_us)};
    const auto day = chrono::floor<chrono::days>(instant);
    const chrono::year_month_day date(day);
    const chrono::hh_mm_ss clock(chrono::floor<chrono::seconds>(instant - day));
    char text[64];
    const int length = std::snprintf(text, sizeof text, "date: %s, %02u %s %04d %02d:%02d:%02d GMT\r\n", days[chrono::weekday(day).c_encoding()],
                                     static_cast<unsigned>(date.day()), months[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
                                     static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()));
    return {text, static_cast<std::size_t>(length)};
}

Response plain_problem(int status, std::string_view code, std::string_view detail) {
    Response response;
    response.status = status;
    response.headers.add("content-type", "application/problem+json");
    if (status == 503) response.headers.add("retry-after", "1");
    response.body.append(R"({"type":"about:blank","title":")").append(reason_of(status)).append(R"(","status":)");
    append_number(response.body, static_cast<std::size_t>(status));
    response.body.append(R"(,"code":")").append(code).append(R"(","detail":")").append(detail).append("\"}");
    return response;
}

}  // namespace granary::http
