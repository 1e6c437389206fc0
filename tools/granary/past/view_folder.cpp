// The folder is renamed into place when all of it is on disk.
#include "tools/granary/past/view_folder.hpp"

#include <unistd.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "core/ids.hpp"
#include "core/json_writer.hpp"
#include "platform/adapters/rocksdb/rocks_store.hpp"
#include "projections/views/table.hpp"
#include "tools/granary/json_value.hpp"
#include "tools/granary/whole_file.hpp"

namespace granary::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view about_file = "about.json";
constexpr std::string_view store_folder = "store";
constexpr std::size_t about_bytes_max = std::size_t{1} << 20;
constexpr unsigned about_mode = 0644;
constexpr std::int64_t format = 1;

std::string json_of(const ViewFolderAbout& about) {
    JsonWriter json;
    json.begin_object().member("format", format).member("log", about.log).member("partitions", static_cast<std::int64_t>(about.partitions));
    json.member("position", text_of(about.positions));
    if (about.known_by) json.member("known_by", rfc3339_of(*about.known_by));
    json.key("views").begin_array();
    for (const auto& view : about.views) json.string(view);
    json.end_array().end_object();
    return json.take() + "\n";
}

std::unexpected<Fault> damaged(const std::string& path) { return fault(FaultCode::corrupt, "what the folder " + path + " says about itself can't be read; build it again"); }

std::optional<PositionVector> parse_positions(std::string_view text, std::uint32_t partitions) {
    PositionVector positions(partitions);
    while (!text.empty() && text != "-") {
        const auto comma = std::min(text.find(','), text.size());
        const auto position = parse_position(text.substr(0, comma));
        if (!position || position->partition.number >= partitions) return std::nullopt;
        positions[position->partition.number] = position->offset;
        text.remove_prefix(std::min(comma + 1, text.size()));
    }
    return positions;
}

Result<ViewFolderAbout> read_about(const std::string& path) {
    const auto text = read_whole_file((fs::path(path) / about_file).string(), about_bytes_max);
    if (!text) return fault(text.error().code, "there are no views in the folder " + path + " (" + text.error().message + ")");
    const auto json = parse_json(*text);
    const auto* version = json ? json->find("format") : nullptr;
    const auto* partitions = json ? json->find("partitions") : nullptr;
    const auto* views = json ? json->find("views") : nullptr;
    if (version == nullptr || version->text != std::to_string(format) || partitions == nullptr || views == nullptr) return damaged(path);
    ViewFolderAbout about{std::string(json->string_at("log")), 0, {}, parse_rfc3339(json->string_at("known_by")), {}};
    about.partitions = static_cast<std::uint32_t>(std::strtoul(partitions->text.c_str(), nullptr, 10));
    if (about.partitions == 0 || about.partitions > limits::partitions_max) return damaged(path);
    auto positions = parse_positions(json->string_at("position"), about.partitions);
    if (!positions) return damaged(path);
    about.positions = std::move(*positions);
    for (const auto& view : views->items) about.views.push_back(view.text);
    return about;
}

bool is_at_or_before(const projections::StoredView& view, const AsOf& as_of) {
    for (std::size_t i = 0; i < view.folded.size(); ++i) {
        if (!view.folded[i]) continue;
        if (view.folded[i]->anchor.offset >= as_of.ends[i]) return false;
        if (as_of.until && view.folded[i]->time > *as_of.until) return false;
    }
    return true;
}

std::int64_t records_in(const projections::StoredView& view) {
    std::int64_t records = 0;
    for (const auto& position : view.positions()) records += position.number + 1;
    return records;
}

}  // namespace

Result<ViewFolder> ViewFolder::open(const std::string& path) {
    auto about = read_about(path);
    if (!about) return std::unexpected(std::move(about.error()));
    auto store = rocks::open_store_read_only({.path = (fs::path(path) / store_folder).string()});
    if (!store) return std::unexpected(std::move(store.error()));
    return ViewFolder(std::move(*about), std::move(*store));
}

Result<std::unique_ptr<NewViewFolder>> NewViewFolder::make(const std::string& path) {
    std::error_code error;
    if (fs::exists(path, error)) return fault(FaultCode::conflict, path + " is there already; name a folder that is made now");
    fs::path target = fs::path(path).lexically_normal();
    if (!target.has_filename()) target = target.parent_path();
    fs::path work = target;
    work += ".unfinished";
    if (work.has_parent_path()) fs::create_directories(work.parent_path(), error);
    const bool is_new = !error && fs::create_directory(work, error);
    if (error) return fault(FaultCode::io_error, "can't make the folder " + work.string() + ": " + error.message());
    if (!is_new) return fault(FaultCode::conflict, work.string() + " is there already: another build is under way, or one was killed; then remove it");
    std::unique_ptr<NewViewFolder> folder(new NewViewFolder(std::move(target), std::move(work)));
    auto store = rocks::open_store({.path = (folder->work_ / store_folder).string()});
    if (!store) return std::unexpected(std::move(store.error()));
    folder->store_ = std::move(*store);
    return folder;
}

NewViewFolder::~NewViewFolder() {
    store_.reset();
    std::error_code ignored;
    fs::remove_all(work_, ignored);
}

Status NewViewFolder::finish(const ViewFolderAbout& about) {
    store_.reset();
    if (auto written = write_whole_file((work_ / about_file).string(), json_of(about), about_mode); !written) return written;
    std::error_code error;
    fs::rename(work_, path_, error);
    if (error) return fault(FaultCode::io_error, "can't rename " + work_.string() + " to " + path_.string() + ": " + error.message());
    return {};
}

std::optional<NearestSnapshot> nearest_snapshot(const std::string& snapshots, const ports::LogIdentity& log, std::string_view view, const AsOf& as_of) {
    const auto* known = views::find(view);
    std::optional<NearestSnapshot> nearest;
    std::error_code error;
    for (fs::directory_iterator entry(snapshots, error), end; !error && entry != end && known != nullptr; entry.increment(error)) {
        const std::string path = entry->path().string();
        const auto about = read_about(path);
        if (!about || about->log != hex_of(log.id) || about->partitions != log.partitions || std::ranges::find(about->views, view) == about->views.end()) continue;
        const auto folder = ViewFolder::open(path);
        if (!folder) continue;
        auto found = projections::find_live(folder->store(), view, log.partitions);
        if (!found || found->generation.version != known->version || !is_at_or_before(*found, as_of)) continue;
        if (!nearest || records_in(*found) > records_in(nearest->view)) nearest = NearestSnapshot{path, std::move(*found)};
    }
    return nearest;
}

}  // namespace granary::cli
