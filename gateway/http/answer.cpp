// The one formatter of responses.
#include "gateway/http/answer.hpp"

#include <charconv>
#include <chrono>
#include <cstdio>

#include "core/http1.hpp"

namespace granary::http {
namespace {

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
    switch (status) {
        case 200: return "OK";
        case 201: return "Created";
        case 202: return "Accepted";
        case 204: return "No Content";
        case 206: return "Partial Content";
        case 301: return "Moved Permanently";
        case 302: return "Found";
        case 303: return "See Other";
        case 304: return "Not Modified";
        case 307: return "Temporary Redirect";
        case 308: return "Permanent Redirect";
        case 400: return "Bad Request";
        case 401: return "Unauthorized";
        case 402: return "Payment Required";
        case 403: return "Forbidden";
        case 404: return "Not Found";
        case 405: return "Method Not Allowed";
        case 406: return "Not Acceptable";
        case 408: return "Request Timeout";
        case 409: return "Conflict";
        case 410: return "Gone";
        case 411: return "Length Required";
        case 412: return "Precondition Failed";
        case 413: return "Content Too Large";
        case 414: return "URI Too Long";
        case 415: return "Unsupported Media Type";
        case 416: return "Range Not Satisfiable";
        case 417: return "Expectation Failed";
        case 421: return "Misdirected Request";
        case 422: return "Unprocessable Content";
        case 428: return "Precondition Required";
        case 429: return "Too Many Requests";
        case 431: return "Request Header Fields Too Large";
        case 500: return "Internal Server Error";
        case 501: return "Not Implemented";
        case 502: return "Bad Gateway";
        case 503: return "Service Unavailable";
        case 504: return "Gateway Timeout";
        case 505: return "HTTP Version Not Supported";
        case 507: return "Insufficient Storage";
        default: return "";
    }
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
