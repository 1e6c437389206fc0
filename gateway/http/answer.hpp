// Writes responses as HTTP/1.1 bytes, and shapes the answers that the server gives by itself.
#pragma once

#include <string>
#include <string_view>

#include "core/time.hpp"
#include "gateway/http/message.hpp"
#include "gateway/http/output.hpp"

namespace granary::http {

struct AnswerForm {
    bool head_only = false;   // the request was HEAD: Content-Length without the body
    bool keep_alive = true;   // else `Connection: close`
    std::string_view date;    // `date: ...\r\n`, see date_line()
};

// Appends status line, fields and body. A response that can't be written as it is (status outside 200 to 599, a field
// that would break the framing, or one that is the server's to write) becomes a 500.
void write_answer(Output& output, Response&& response, const AnswerForm& form);

// The standard's phrase, `Not Found`; empty for a status that has none here.
std::string_view reason_of(int status);

// `date: Sun, 06 Nov 1994 08:49:37 GMT\r\n`.
std::string date_line(Time now);

// A problem+json (RFC 9457) with the standard's phrase as its title.
Response plain_problem(int status, std::string_view code, std::string_view detail);

}  // namespace granary::http
