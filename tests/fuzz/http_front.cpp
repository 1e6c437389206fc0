// Fuzzes the HTTP front: whatever arrives and however it is cut, the same requests come out, and nothing is kept for ever.
// Input: one byte that says how the rest, a stream of bytes, is cut.
#include <string>
#include <vector>

#include "core/check.hpp"
#include "core/http1.hpp"
#include "gateway/http/conversation.hpp"
#include "gateway/http/framer.hpp"
#include "tests/fuzz/fuzz_input.hpp"

namespace {

using namespace granary;
using http::Framer;

// What a stream was understood as.
struct Understood {
    std::vector<std::string> requests;
    int refused = 0;

    bool operator==(const Understood&) const = default;
};

std::string text_of(const http::Request& request) {
    std::string text(name_of(request.method));
    text += ' ' + request.target + '\n';
    for (const auto& segment : request.segments) text += "/" + segment;
    for (const auto& parameter : request.query) text += "?" + parameter.name + "=" + parameter.value;
    for (const auto& header : request.headers) text += "\n" + header.name + ": " + header.value;
    return text + "\n\n" + request.body;
}

void check(const http::Request& request) {
    GRANARY_CHECK(http1::is_target_text(request.target) || request.target == "*");
    for (const auto* once : {"host", "content-length", "content-type", "authorization", "idempotency-key", "expect"}) {
        GRANARY_CHECK(request.headers.count(once) <= 1);
    }
    for (const auto& segment : request.segments) GRANARY_CHECK(segment != ".." && http1::is_utf8(segment) && segment.find('\0') == std::string::npos);
}

// In pieces of `cut` bytes.
Understood framed(std::string_view stream, std::size_t cut) {
    const http::FramerRules rules;
    Framer framer(rules);
    Understood result;
    std::string unread;
    for (std::size_t at = 0; at < stream.size() && result.refused == 0; at += cut) {
        unread += stream.substr(at, cut);
        std::string_view view = unread;
        for (auto progress = framer.feed(view); progress != Framer::Progress::need_more; progress = framer.feed(view)) {
            if (progress == Framer::Progress::refused) {
                result.refused = framer.refusal().status;
                break;
            }
            const auto taken = framer.take();
            check(taken.request);
            result.requests.push_back(text_of(taken.request) + (taken.keep_alive ? "" : "\nlast"));
        }
        unread.erase(0, unread.size() - view.size());
        GRANARY_CHECK(framer.held_bytes() <= limits::http_body_bytes_max * 4);
    }
    return result;
}

// A whole conversation in which everything is answered, and the peer takes what it is sent.
void converse(std::string_view stream, std::size_t cut) {
    const http::ConversationRules rules;
    http::ConversationTime time;
    time.date = "date: Thu, 01 Jan 1970 00:00:00 GMT\r\n";
    http::Conversation conversation(rules, time);
    for (std::size_t at = 0; at < stream.size(); at += cut) {
        conversation.on_bytes(stream.substr(at, cut));
        while (auto arrival = conversation.next_request()) {
            http::Response response;
            response.body = arrival->request.target;
            conversation.answer(arrival->sequence, std::move(response));
        }
        conversation.on_written(conversation.output().size());
    }
    conversation.on_end_of_input();
    while (auto arrival = conversation.next_request()) conversation.answer(arrival->sequence, {});
    conversation.on_written(conversation.output().size());
    GRANARY_CHECK(conversation.finished());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    granary::fuzz::Input input(data, size);
    const std::size_t cut = 1 + input.byte() % 67;
    const auto stream = input.rest();
    const auto whole = framed(stream, stream.size() + 1);
    GRANARY_CHECK(framed(stream, cut) == whole);
    converse(stream, cut);
    return 0;
}
