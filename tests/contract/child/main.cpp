// The program that contract tests kill: writes to a log or a store and prints what was acknowledged.
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "tests/contract/child/child_modes.hpp"

int main(int argc, char** argv) {
    if (argc < 3) return 2;
    std::setvbuf(stdout, nullptr, _IOLBF, 0);
    const std::string_view mode = argv[1];
    if (mode == "store-batches") return granary::tests::write_batches(argv[2]);
    if (mode == "store-damaged" && argc == 4) return granary::tests::read_damaged(argv[2], argv[3]);
    if (mode == "log-appends" && argc == 5) return granary::tests::append_records(argv[2], argv[3], std::atol(argv[4]));
    return 2;
}
