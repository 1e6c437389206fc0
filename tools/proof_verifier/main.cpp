// granary-verify: checks what `granary proof` wrote, with a key and nothing else.
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>

#include "tools/proof_verifier/verifier.hpp"

namespace {

constexpr int exit_proven = 0;
constexpr int exit_refused = 1;
constexpr int exit_usage = 2;
constexpr int exit_fault = 3;

constexpr const char* help =
    "usage: granary-verify --key KEY FILE...\n"
    "\n"
    "Checks files of checkpoints, proofs of records and proofs of consistency, as `granary proof` writes them, each by itself and all of\n"
    "them against each other. KEY is the log's verifier key (NAME+KEYID+BASE64), or a file that holds it; get it from a place that whoever\n"
    "keeps the log can't change. Give every checkpoint that you have kept: only then can a second history be seen.\n"
    "\n"
    "Exit codes: 0 proven, 1 refused, 2 usage, 3 a file can't be read.\n";

struct Unreadable {
    std::string path;
};

std::string read_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    std::string text;
    char block[65536];
    while (in && text.size() <= verifier::file_bytes_max) {
        in.read(block, sizeof block);
        text.append(block, static_cast<std::size_t>(in.gcount()));
    }
    if (!in.eof() && text.size() <= verifier::file_bytes_max) throw Unreadable{path};
    return text;
}

verifier::Key read_key(const std::string& text_or_path) {
    if (text_or_path.find('+') != std::string::npos && !std::ifstream(text_or_path)) return verifier::parse_key(text_or_path);
    std::string text = read_file(text_or_path);
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
    return verifier::parse_key(text);
}

int verify(const std::string& key, char** files, int count) {
    verifier::Evidence evidence(read_key(key));
    for (int i = 0; i < count; ++i) evidence.add(files[i], read_file(files[i]));
    for (const auto& line : evidence.conclusion()) std::printf("%s\n", line.c_str());
    return exit_proven;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc == 2 && (std::strcmp(argv[1], "--help") == 0 || std::strcmp(argv[1], "-h") == 0)) {
        std::fputs(help, stdout);
        return exit_proven;
    }
    if (argc < 4 || std::strcmp(argv[1], "--key") != 0) {
        std::fputs(help, stderr);
        return exit_usage;
    }
    try {
        return verify(argv[2], argv + 3, argc - 3);
    } catch (const verifier::Refused& refused) {
        std::fprintf(stderr, "granary-verify: REFUSED: %s\n", refused.what());
        return exit_refused;
    } catch (const Unreadable& unreadable) {
        std::fprintf(stderr, "granary-verify: can't read %s\n", unreadable.path.c_str());
        return exit_fault;
    }
}
