// Stands in for libFuzzer: runs a target over the files of its corpus, over each one's beginnings, and with each of its bytes changed.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "tests/fuzz/fuzz_input.hpp"

namespace {

constexpr std::size_t changed_bytes_max = 1024;  // of one file, spread over it: enough for a smoke test, and quick

void run(const std::string& bytes) { (void)LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()); }

void run_around(const std::string& bytes) {
    run(bytes);
    const std::size_t step = bytes.size() / changed_bytes_max + 1;
    for (std::size_t at = 0; at < bytes.size(); at += step) {
        run(bytes.substr(0, at));
        std::string changed = bytes;
        changed[at] = static_cast<char>(changed[at] ^ (1 << at % 8));
        run(changed);
    }
}

}  // namespace

// usage: PROGRAM FOLDER
int main(int argc, char** argv) {
    std::size_t files = 0;
    if (argc == 2) {
        for (const auto& entry : std::filesystem::directory_iterator(argv[1])) {
            std::ifstream in(entry.path(), std::ios::binary);
            run_around({std::istreambuf_iterator<char>(in), {}});
            ++files;
        }
    }
    std::printf("%zu inputs, and what lies around each\n", files);
    return files > 0 ? 0 : 1;
}
