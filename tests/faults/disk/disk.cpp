// Keeps, for each file and folder, what the last sync made safe beside what is there now.
#include "tests/faults/disk/disk.hpp"

#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <utility>

#include "core/check.hpp"
#include "tests/faults/disk/real_calls.hpp"

namespace granary::faults {
namespace {

std::pair<std::string, std::string> split(const std::string& path) {
    const auto slash = path.rfind('/');
    return slash == std::string::npos ? std::pair<std::string, std::string>("", path) : std::pair(path.substr(0, slash), path.substr(slash + 1));
}

std::uint64_t size_of(int descriptor) {
    struct stat about {};
    GRANARY_CHECK(::fstat(descriptor, &about) == 0);
    return static_cast<std::uint64_t>(about.st_size);
}

}  // namespace

Disk::Disk(std::string folder) : root_(std::move(folder)) {
    top_ = take_folder();
    read_folder("", top_);
}

Disk::~Disk() {
    for (const auto& [id, file] : files_) real::close(file.own);
}

Disk::Id Disk::take_folder() {
    folders_.emplace(next_, Folder{});
    return next_++;
}

Disk::Id Disk::take_file(const std::string& path) {
    File file;
    file.own = real::open((root_ + "/" + path).c_str(), O_RDONLY | O_CLOEXEC);
    GRANARY_CHECK(file.own >= 0);
    file.size = size_of(file.own);
    files_.emplace(next_, std::move(file));
    return next_++;
}

void Disk::read_folder(const std::string& path, Id id) {
    const std::unique_ptr<DIR, int (*)(DIR*)> open(::opendir((root_ + "/" + path).c_str()), ::closedir);
    GRANARY_CHECK(open != nullptr);
    std::vector<std::string> names;
    while (const dirent* entry = ::readdir(open.get())) {
        const std::string name = entry->d_name;
        if (name != "." && name != "..") names.push_back(name);
    }
    std::ranges::sort(names);  // so that ids, and with them what is drawn, don't depend on the file system
    for (const auto& name : names) {
        const std::string inner = path.empty() ? name : path + "/" + name;
        struct stat about {};
        GRANARY_CHECK(::lstat((root_ + "/" + inner).c_str(), &about) == 0);
        Id found = 0;
        if (S_ISDIR(about.st_mode)) {
            found = take_folder();
            read_folder(inner, found);
        } else {
            found = take_file(inner);
            files_.at(found).synced_size = files_.at(found).size;
        }
        folders_.at(id).now.emplace(name, found);
        folders_.at(id).synced.emplace(name, found);
    }
}

std::optional<Disk::Id> Disk::find(const std::string& path) const {
    Id at = top_;
    for (std::size_t from = 0; from < path.size();) {
        const std::size_t slash = std::min(path.find('/', from), path.size());
        const auto folder = folders_.find(at);
        if (folder == folders_.end()) return std::nullopt;
        const auto entry = folder->second.now.find(path.substr(from, slash - from));
        if (entry == folder->second.now.end()) return std::nullopt;
        at = entry->second;
        from = slash + 1;
    }
    return at;
}

Disk::Folder& Disk::folder_of(const std::string& path) {
    const auto id = find(split(path).first);
    GRANARY_CHECK(id.has_value() && folders_.contains(*id));
    return folders_.at(*id);
}

void Disk::apply(Names& names, const Change& change) {
    switch (change.kind) {
        case Change::Kind::add: names[change.name] = change.id; return;
        case Change::Kind::drop: names.erase(change.name); return;
        case Change::Kind::move:
            names.erase(change.from);
            names[change.name] = change.id;
            return;
    }
}

// -- files -----------------------------------------------------------------------------------------------------------------

void Disk::opened(const std::string& path, int descriptor, bool is_new) {
    auto id = find(path);
    if (!id) {
        // Not made by a call that we saw when it is not new: by stdio.
        id = take_file(path);
        if (!is_new) files_.at(*id).stdio = true;
        auto& folder = folder_of(path);
        folder.unsynced.push_back({Change::Kind::add, split(path).second, {}, *id});
        apply(folder.now, folder.unsynced.back());
    }
    descriptors_[descriptor] = *id;
}

void Disk::closed(int descriptor) { descriptors_.erase(descriptor); }

void Disk::through_stdio(int descriptor) {
    if (File* file = file_at(descriptor)) file->stdio = true;
    descriptors_.erase(descriptor);
}

void Disk::through_stdio(const std::string& path) {
    const auto id = find(path);
    if (id && files_.contains(*id)) files_.at(*id).stdio = true;
    if (id) return;
    opened(path, -1, true);
    through_stdio(-1);
}

Disk::File* Disk::file_at(int descriptor) {
    const auto id = descriptors_.find(descriptor);
    if (id == descriptors_.end()) return nullptr;
    const auto file = files_.find(id->second);
    return file == files_.end() ? nullptr : &file->second;
}

bool Disk::is_folder(int descriptor) const {
    const auto id = descriptors_.find(descriptor);
    return id != descriptors_.end() && folders_.contains(id->second);
}

std::string Disk::path_of(int descriptor) const {
    const auto wanted = descriptors_.find(descriptor);
    if (wanted == descriptors_.end() || wanted->second == top_) return {};
    std::vector<std::pair<Id, std::string>> open{{top_, ""}};
    while (!open.empty()) {
        const auto [folder, path] = std::move(open.back());
        open.pop_back();
        for (const auto& [name, id] : folders_.at(folder).now) {
            const std::string inner = path.empty() ? name : path + "/" + name;
            if (id == wanted->second) return inner;
            if (folders_.contains(id)) open.emplace_back(id, inner);
        }
    }
    return "(removed)";
}

// As long as all changes lie behind what was synced, the file itself tells what that was.
void Disk::keep_synced(File& file, std::uint64_t offset) {
    if (file.synced || offset >= file.synced_size) return;
    std::string bytes(file.synced_size, '\0');
    GRANARY_CHECK(::pread(file.own, bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()));
    file.synced = std::move(bytes);
}

void Disk::before_write(int descriptor, std::uint64_t offset) {
    if (File* file = file_at(descriptor)) keep_synced(*file, offset);
}

void Disk::wrote(int descriptor, std::uint64_t offset, std::uint64_t count) {
    File* file = file_at(descriptor);
    if (file == nullptr || count == 0) return;
    if (!file->dirty.empty() && file->dirty.back().to == offset) file->dirty.back().to += count;
    else file->dirty.push_back({offset, offset + count});
    file->size = std::max(file->size, offset + count);
}

void Disk::before_truncate(int descriptor) {
    if (File* file = file_at(descriptor)) keep_synced(*file, 0);
}

void Disk::before_truncate(const std::string& path) {
    const auto id = find(path);
    if (id && files_.contains(*id)) keep_synced(files_.at(*id), 0);
}

void Disk::truncated(int descriptor) {
    File* file = file_at(descriptor);
    if (file == nullptr) return;
    const std::uint64_t before = file->size;
    file->size = size_of(descriptor);
    if (before != file->size) file->dirty.push_back({std::min(before, file->size), std::max(before, file->size)});
}

void Disk::synced(int descriptor) {
    if (File* file = file_at(descriptor)) {
        if (file->stdio) return;
        file->size = size_of(descriptor);
        file->synced_size = file->size;
        file->synced.reset();
        file->dirty.clear();
        return;
    }
    const auto id = descriptors_.find(descriptor);
    if (id == descriptors_.end()) return;
    auto& folder = folders_.at(id->second);
    const bool drops = std::ranges::any_of(folder.unsynced, [](const Change& change) { return change.kind != Change::Kind::add; });
    for (const auto& change : std::exchange(folder.unsynced, {})) apply(folder.synced, change);
    if (drops) forget_lost();
}

// -- names -----------------------------------------------------------------------------------------------------------------

void Disk::made_folder(const std::string& path) {
    const Id id = take_folder();
    auto& parent = folder_of(path);
    parent.unsynced.push_back({Change::Kind::add, split(path).second, {}, id});
    apply(parent.now, parent.unsynced.back());
}

void Disk::renamed(const std::string& from, const std::string& to) {
    const auto id = find(from);
    GRANARY_CHECK(id.has_value());
    auto& source = folder_of(from);
    auto& target = folder_of(to);
    if (&source == &target) {
        target.unsynced.push_back({Change::Kind::move, split(to).second, split(from).second, *id});
    } else {
        target.unsynced.push_back({Change::Kind::add, split(to).second, {}, *id});
        source.unsynced.push_back({Change::Kind::drop, split(from).second, {}, *id});
        apply(source.now, source.unsynced.back());
    }
    apply(target.now, target.unsynced.back());
}

void Disk::linked(const std::string& from, const std::string& to) {
    const auto id = find(from);
    GRANARY_CHECK(id.has_value());
    auto& target = folder_of(to);
    target.unsynced.push_back({Change::Kind::add, split(to).second, {}, *id});
    apply(target.now, target.unsynced.back());
}

void Disk::removed(const std::string& path) {
    const auto id = find(path);
    if (!id) return;
    auto& folder = folder_of(path);
    folder.unsynced.push_back({Change::Kind::drop, split(path).second, {}, *id});
    apply(folder.now, folder.unsynced.back());
}

// Files that no name leads to, and that none will lead to after a loss.
void Disk::forget_lost() {
    std::unordered_map<Id, bool> named;
    for (const auto& [id, folder] : folders_) {
        for (const auto& names : {&folder.now, &folder.synced}) {
            for (const auto& [name, file] : *names) named[file] = true;
        }
        for (const auto& change : folder.unsynced) named[change.id] = true;
    }
    for (const auto& [descriptor, id] : descriptors_) named[id] = true;
    std::erase_if(files_, [&](const auto& entry) {
        if (named.contains(entry.first)) return false;
        real::close(entry.second.own);
        return true;
    });
}

}  // namespace granary::faults
