// Business in one child that kills itself at rest, and lives in others that say what can be read then.
#include "tests/faults/flips/image.hpp"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

#include "core/check.hpp"
#include "platform/adapters/rocksdb/embedded_log.hpp"
#include "projections/views/table.hpp"
#include "tests/faults/machine/checks.hpp"
#include "tests/faults/machine/child.hpp"
#include "tests/faults/machine/shop.hpp"

namespace granary::faults {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t partitions = 2;
constexpr std::size_t buffer_bytes = std::size_t{64} << 10;  // so that there are files of every kind and level
constexpr const char* truth_name = "truth";
constexpr const char* derived[] = {"state", "sagas", "views"};

void bound(Machine& machine) {
    machine.bounds.partitions = partitions;
    machine.bounds.log_buffer_bytes = buffer_bytes;
    machine.bounds.store_buffer_bytes = buffer_bytes;
}

std::string hash_of(std::string_view bytes) { return hex_of(sha256(bytes)); }

std::string hash_of(const std::map<std::string, std::string>& rows) {
    std::string all;
    for (const auto& [key, value] : rows) all += std::to_string(key.size()) + " " + std::to_string(value.size()) + " " + key + value;
    return std::to_string(rows.size()) + " rows " + hash_of(all);
}

// -- making ----------------------------------------------------------------------------------------------------------------

std::uint64_t stored(Machine& machine) {
    const std::scoped_lock lock(machine.known().mutex);
    std::uint64_t count = 0;
    for (const auto& partition : machine.known().stored) count += partition.size();
    return count;
}

std::string text_of_hashes(const Records& records) {
    std::string text;
    for (std::size_t partition = 0; partition < records.size(); ++partition) {
        for (const auto& record : records[partition]) text += std::to_string(partition) + " " + hash_of(record.view()) + "\n";
    }
    return text;
}

Hashes hashes_in(std::istream& in) {
    Hashes hashes(partitions);
    std::size_t partition = 0;
    std::string hash;
    while (in >> partition >> hash) hashes.at(partition).push_back(hash);
    return hashes;
}

void write_truth(const std::string& path, Duration at, const Records& records) {
    std::ofstream out(path);
    out << at.us << "\n" << text_of_hashes(records);
    out.close();
    GRANARY_CHECK(out.good());
}

// Answers only when something is wrong; else it ends by SIGKILL.
std::string do_business(const std::string& folder, std::uint64_t events, std::uint64_t seed) {
    Shop shop(seed, folder + "/killed");
    bound(shop.machine);
    fs::create_directories(shop.machine.folder());
    if (const auto started = shop.machine.start(); !started) return started.error().message;
    Findings findings;
    while (stored(shop.machine) < events && findings.empty()) {
        for (int i = 0; i < 4; ++i) shop.buyers.do_business();
        (void)shop.run_to_rest(findings);
    }
    check_views(shop.machine, findings);
    const auto records = read_records(shop.machine.log(), findings);
    if (!findings.empty()) return findings.front();
    write_truth(folder + "/" + truth_name, shop.schedule.now(), records);
    ::kill(::getpid(), SIGKILL);
    return "it can't be killed";
}

Result<Image> read_image(const std::string& folder, std::uint64_t seed) {
    Image image;
    image.folder = folder;
    image.seed = seed;
    std::ifstream in(folder + "/" + truth_name);
    in >> image.at.us;
    image.records["killed"] = hashes_in(in);
    if (image.events() == 0) return fault(FaultCode::corrupt, "there is no image in " + folder);
    return image;
}

Result<Answers> live_apart(const std::string& data, const Image& image) {
    const auto end = finish_child(begin_child([&] { return text_of(live(data, image)); }, false));
    if (end.signal != 0) return fault(FaultCode::corrupt, name_of_end(end.signal));
    auto answers = answers_in(end.text);
    if (answers.kind != Answers::Kind::all) return fault(FaultCode::corrupt, answers.text);
    return answers;
}

// What the machine that did the business had read comes first in both.
Status learn_records(Image& image) {
    const Hashes told = image.records["killed"];
    for (const std::string part : image_parts) {
        const auto end = finish_child(begin_child([&] {
            Findings findings;
            auto log = rocks::open_log_read_only(image.folder + "/" + part + "/log");
            return log ? text_of_hashes(read_records(**log, findings)) : log.error().message;
        }, false));
        std::istringstream in(end.text);
        auto read = hashes_in(in);
        for (std::size_t partition = 0; partition < told.size(); ++partition) {
            const auto [missing, other] = std::ranges::mismatch(told[partition], read[partition]);
            if (missing != told[partition].end()) return fault(FaultCode::corrupt, part + ": the log is not what was written: " + end.text.substr(0, 200));
        }
        image.records[part] = std::move(read);
    }
    return {};
}

// Left alone, everything answers the same, whatever it is read from.
Status learn_answers(Image& image) {
    const std::string killed = image.folder + "/killed", stopped = image.folder + "/stopped", scratch = image.folder + "/scratch";
    const auto from = [&](const std::string& part) {
        fs::remove_all(scratch);
        fs::copy(part, scratch, fs::copy_options::recursive);
        return scratch;
    };
    std::string first;
    const auto compare = [&](const Result<Answers>& answers, const char* what) -> Status {
        if (!answers) return fault(FaultCode::corrupt, std::string(what) + ": " + answers.error().message);
        if (first.empty()) first = answers->text;
        if (answers->text != first) return fault(FaultCode::corrupt, std::string(what) + ": other answers than before:\n" + first + "and now:\n" + answers->text);
        return {};
    };
    if (auto same = compare(live_apart(from(killed), image), "after the kill"); !same) return same;
    if (!fs::exists(stopped)) fs::copy(scratch, stopped, fs::copy_options::recursive);
    if (auto same = compare(live_apart(from(stopped), image), "after the stop"); !same) return same;
    (void)from(killed);
    for (const char* one : derived) fs::remove_all(scratch + "/" + one);
    if (auto same = compare(live_apart(scratch, image), "made afresh"); !same) return same;
    fs::remove_all(scratch);
    image.answers = first;
    return learn_records(image);
}

// -- reading ---------------------------------------------------------------------------------------------------------------

// Every block of every file that holds rows is read, so that damage shows.
std::string read_all_rows(ports::Store& store, const std::string& name) {
    for (const auto& table : store.tables()) {
        const auto scanned = store.scan(table, "", "", [](std::string_view, std::string_view) { return true; });
        if (!scanned) return name + ", table " + table + ": " + scanned.error().message;
    }
    return {};
}

std::string view_rows(Machine& machine, std::string& damage) {
    std::string text;
    for (const auto& view : views::all) {
        const auto table = machine.views().views().live_table(view.name);
        if (!table) continue;
        std::map<std::string, std::string> rows;
        const auto scanned = machine.views_store().scan(*table, "", "", [&](std::string_view key, std::string_view value) {
            rows.emplace(key, value);
            return true;
        });
        if (!scanned) damage = scanned.error().message;
        text += "view " + std::string(view.name) + " " + hash_of(rows) + "\n";
    }
    return text;
}

std::string addresses(const simulation::History& history, ports::Sealer& sealer, std::string& damage) {
    std::string all;
    for (const auto& partition : history.partitions) {
        for (const auto& entry : partition) {
            for (const auto& item : entry.commit.events) {
                const auto* event = std::get_if<orders::Event>(&item.event);
                const auto* placed = event == nullptr ? nullptr : std::get_if<orders::OrderPlacedT>(event);
                if (placed == nullptr || !placed->ship_to) continue;
                const auto opened = sealer.open(*placed->ship_to);
                if (!opened) damage = opened.error().message;
                else all += text_of(placed->order_id) + (*opened ? **opened : "(erased)");
            }
        }
    }
    return "addresses " + hash_of(all) + "\n";
}

// Commits only: each life claims its partitions.
std::string log_text(const Records& records, const simulation::History& history) {
    std::string text;
    for (std::size_t partition = 0; partition < records.size(); ++partition) {
        std::string all;
        for (const auto& entry : history.partitions[partition]) all += hash_of(records[partition][static_cast<std::size_t>(entry.position.offset.number)].view());
        text += "log " + std::to_string(partition) + " " + std::to_string(history.partitions[partition].size()) + " commits " + hash_of(all) + "\n";
    }
    return text;
}

}  // namespace

std::uint64_t Image::events() const {
    std::uint64_t count = 0;
    for (const auto& partition : records.at("killed")) count += partition.size();
    return count;
}

Result<Image> make_image(const std::string& folder, std::uint64_t events, std::uint64_t seed) {
    fs::create_directories(folder);
    if (!fs::exists(folder + "/" + truth_name)) {
        const auto end = finish_child(begin_child([&] { return do_business(folder, events, seed); }, false));
        if (end.signal != SIGKILL) return fault(FaultCode::corrupt, end.signal != 0 ? name_of_end(end.signal) : end.text);
    }
    auto image = read_image(folder, seed);
    if (!image) return image;
    if (auto learnt = learn_answers(*image); !learnt) return std::unexpected(learnt.error());
    return image;
}

Answers live(const std::string& data, const Image& image) {
    Shop shop(image.seed, data);
    Machine& machine = shop.machine;
    bound(machine);
    shop.schedule.at(image.at, [] {});
    GRANARY_CHECK(shop.schedule.step());
    Findings findings;
    if (const auto started = machine.start(); !started) return {Answers::Kind::refused, machine.begun_afresh(), started.error().message};
    if (!shop.run_to_rest(findings)) return {Answers::Kind::restless, machine.begun_afresh(), findings.empty() ? "" : findings.front()};
    std::string damage;
    for (const auto& [store, name] : machine.stores()) {
        if (damage.empty()) damage = read_all_rows(*store, name);
    }
    const auto records = read_records(machine.log(), findings);
    if (damage.empty() && !findings.empty()) damage = findings.front();
    std::string text = view_rows(machine, damage);
    if (damage.empty()) {
        const auto history = read_history(records, machine.log(), machine.known(), findings);
        text += log_text(records, history) + addresses(history, machine.sealer(), damage);
    }
    for (const auto& part : machine.views().status().halted) findings.push_back("a view is halted: " + part.why.message);
    const auto afresh = machine.begun_afresh();
    if (!damage.empty()) return {Answers::Kind::damaged, afresh, damage};
    if (const auto stopped = machine.stop(); !stopped) return {Answers::Kind::refused, afresh, stopped.error().message};
    for (const char* name : {"state", "sagas"}) {
        for (const auto& [table, rows] : read_tables(data + "/" + name, findings)) text += std::string(name) + " " + table + " " + hash_of(rows) + "\n";
    }
    for (const auto& finding : findings) text += "! " + finding + "\n";
    return {Answers::Kind::all, afresh, text};
}

std::string text_of(const Answers& answers) { return std::to_string(static_cast<int>(answers.kind)) + " " + std::to_string(answers.begun_afresh) + "\n" + answers.text; }

Answers answers_in(const std::string& text) {
    std::istringstream in(text);
    int kind = 0;
    Answers answers;
    in >> kind >> answers.begun_afresh;
    answers.kind = static_cast<Answers::Kind>(kind);
    const auto line = text.find('\n');
    if (line != std::string::npos) answers.text = text.substr(line + 1);
    return answers;
}

}  // namespace granary::faults
