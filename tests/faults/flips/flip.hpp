// One changed byte: where, how, and what came of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tests/faults/flips/image.hpp"
#include "tests/faults/machine/child.hpp"
#include "tests/simulation/schedule.hpp"

namespace granary::faults {

struct Flip {
    std::string part;  // killed or stopped
    std::string file;  // relative to the data directory
    std::uint64_t offset = 0;
    unsigned mask = 1;  // of the bits that change; 1 to 255

    bool in_log() const { return file.starts_with("log/"); }
    // killed:log/db/000004.log:17:80, the mask in hexadecimal.
    std::string text() const;
    static std::optional<Flip> from(const std::string& text);
    // What the file is, for the table: `log wal`, `views sst`.
    std::string kind() const;
};

enum class Verdict {
    noticed,   // a start that refuses, or a read that tells of damage
    repaired,  // what is derived was made afresh by itself, and every answer is the same
    harmless,  // every answer is the same, also after going on
    silent,    // an answer is another one and nobody said so
    stuck,     // derived data is damaged and nothing makes it afresh, or no process survives it
};
inline constexpr const char* verdict_names[] = {"noticed", "repaired", "harmless", "silent", "stuck"};

struct Outcome {
    Verdict verdict = Verdict::harmless;
    std::string why;
};

// Every byte of the log, each with a mask that the dice choose; but for what RocksDB writes for people and never reads.
std::vector<Flip> every_byte_of_log(const Image& image, simulation::Dice& dice);
// Half of them anywhere, by size; the other half spread evenly over the kinds of files, so that small ones get their share.
std::vector<Flip> sample(const Image& image, std::uint64_t count, simulation::Dice& dice);

// Copies of the image are made in `scratch`, a folder that is removed in the end.
class Trial {
  public:
    Trial(const Image& image, Flip flip, std::string scratch, const char* planted) : image_(image), flip_(std::move(flip)), scratch_(std::move(scratch)), planted_(planted) {}

    const Flip& flip() const { return flip_; }
    // In a child; answers for `take`.
    std::string run();
    // Nothing: another life is wanted, by `run` again.
    std::optional<Outcome> take(const ChildEnd& end);

  private:
    void copy_and_flip() const;
    std::string read_log() const;
    Outcome judge(const Answers& answers) const;

    const Image& image_;
    const Flip flip_;
    const std::string scratch_;
    const char* const planted_;
    int lives_ = 0;  // that have ended
    bool died_ = false;
};

}  // namespace granary::faults
