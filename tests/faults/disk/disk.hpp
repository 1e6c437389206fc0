// The model of a disk under power loss: which bytes and names are safe, and what else may be left of the rest.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "tests/simulation/schedule.hpp"

namespace granary::faults {

// What the disk may do when the power goes:
//   - Of the bytes written to a file since its last sync it keeps all, none, those in front of any byte, or any 512-byte sectors
//     of them; a sector that is lost holds what it held at the last sync, zeros behind the end of that. The file's length may be
//     the old one, the new one or, when it grew, anything between.
//   - Of the names made, renamed and removed in a folder since that folder's last sync it keeps any number, from the first on.
//     Folders don't wait for one another, names don't wait for bytes, and the sync of a file says nothing about its name.
// What it must keep:
//   - The bytes and the length of a file as of its last sync, and the names of a folder as of its last sync.
//   - A name leads to a file that it led to at some time; a rename happens wholly or not at all.
// It never changes what was synced: that is rot, and another test's matter. A rename from one folder to another counts as a new name
// and a lost one. Files that go through stdio (RocksDB's own LOG) are never safe.
//
// The real files below `folder` are always what a running process sees; the model remembers what they were. Not thread-safe.
// It is told of calls after they have been made, except where `before_` says so.
class Disk {
  public:
    using Id = std::uint64_t;

    // Reads what is there; all of it is safe.
    explicit Disk(std::string folder);
    ~Disk();
    Disk(const Disk&) = delete;
    Disk& operator=(const Disk&) = delete;

    // Paths are relative to the folder, and normal; "" is the folder itself.
    void opened(const std::string& path, int descriptor, bool is_new);
    void closed(int descriptor);
    void through_stdio(int descriptor);  // its bytes can't be followed any more
    void through_stdio(const std::string& path);
    bool knows(int descriptor) const { return descriptors_.contains(descriptor); }
    std::string path_of(int descriptor) const;
    bool is_folder(int descriptor) const;

    void before_write(int descriptor, std::uint64_t offset);
    void wrote(int descriptor, std::uint64_t offset, std::uint64_t count);
    void before_truncate(const std::string& path);
    void before_truncate(int descriptor);
    void truncated(int descriptor);
    void synced(int descriptor);

    void made_folder(const std::string& path);
    void renamed(const std::string& from, const std::string& to);
    void linked(const std::string& from, const std::string& to);
    void removed(const std::string& path);

    // Writes what would be left to a new folder `to`. Ends the process when a file was written past the model.
    void lose_power(simulation::Dice& dice, const std::string& to);

  private:
    struct Range {
        std::uint64_t from = 0, to = 0;
    };
    struct File {
        int own = -1;                      // a descriptor of ours: the bytes stay readable whatever becomes of the names
        std::uint64_t synced_size = 0;
        std::optional<std::string> synced; // as of the last sync, once the file can't tell it any more
        std::vector<Range> dirty;          // written since
        std::uint64_t size = 0;            // as we know it
        bool stdio = false;
    };
    struct Change {
        enum class Kind { add, drop, move } kind = Kind::add;
        std::string name;
        std::string from;  // of a move
        Id id = 0;
    };
    using Names = std::map<std::string, Id>;
    struct Folder {
        Names now, synced;
        std::vector<Change> unsynced;  // leads from `synced` to `now`
    };

    std::optional<Id> find(const std::string& path) const;
    Folder& folder_of(const std::string& path);
    Id take_file(const std::string& path);
    Id take_folder();
    void read_folder(const std::string& path, Id id);
    void keep_synced(File& file, std::uint64_t offset);
    File* file_at(int descriptor);
    static void apply(Names& names, const Change& change);
    void forget_lost();

    std::string present_bytes(const File& file) const;
    std::string drawn_bytes(const File& file, simulation::Dice& dice) const;
    void write_left(Id folder, simulation::Dice& dice, const std::string& to, std::map<Id, std::string>& drawn);
    void check_followed(Id id, const std::string& path) const;

    const std::string root_;
    Id next_ = 1;
    std::unordered_map<Id, File> files_;
    std::unordered_map<Id, Folder> folders_;
    std::unordered_map<int, Id> descriptors_;
    Id top_ = 0;
};

}  // namespace granary::faults
