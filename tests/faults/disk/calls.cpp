// Stands in front of libc's calls that change files: counts those below the watched folder, does what the plan says, and tells the disk.
#include <dlfcn.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>

#include "tests/faults/disk/real_calls.hpp"
#include "tests/faults/disk/watcher.hpp"

using granary::faults::Call;
using granary::faults::Watcher;
namespace real = granary::faults::real;

namespace {

// The call as planned: counted, perhaps failed, and told to the disk (`note`) when it went well.
template <class Make, class Note>
auto acted(Call kind, const std::string& path, Make make, Note note) -> decltype(make()) {
    Watcher& watcher = Watcher::instance();
    const Watcher::Turn turn = watcher.take_turn();
    if (const int error = watcher.before(kind, path); error != 0) {
        errno = error;
        return -1;
    }
    const auto result = make();
    const int error = errno;
    if (result >= 0) note(watcher, result);
    watcher.after(kind, path);
    errno = error;
    return result;
}

bool exists(const char* path) {
    struct stat about {};
    return ::lstat(path, &about) == 0;
}

int open_watched(const std::string& path, const char* as_given, int flags, mode_t mode) {
    const auto opened = [&](bool is_new) {
        return [&, is_new](Watcher& watcher, int descriptor) { watcher.opened(path, descriptor, is_new); };
    };
    const auto make = [&] { return real::open(as_given, flags, mode); };
    if ((flags & O_CREAT) != 0 && !exists(as_given)) return acted(Call::create, path, make, opened(true));
    if ((flags & O_TRUNC) == 0) {
        const Watcher::Turn turn = Watcher::instance().take_turn();
        const int descriptor = make();
        if (descriptor >= 0) opened(false)(Watcher::instance(), descriptor);
        return descriptor;
    }
    const auto cut = [&] {
        Watcher::instance().before_truncate(path);
        return make();
    };
    return acted(Call::truncate, path, cut, [&](Watcher& watcher, int descriptor) {
        watcher.opened(path, descriptor, false);
        watcher.truncated(descriptor);
    });
}

int open_any(const char* path, int flags, mode_t mode) {
    const auto inside = Watcher::instance().inside(path);
    return inside ? open_watched(*inside, path, flags, mode) : real::open(path, flags, mode);
}

template <class Make>
ssize_t write_any(int descriptor, std::optional<std::int64_t> offset, Make make) {
    Watcher& watcher = Watcher::instance();
    const auto path = watcher.file_of(descriptor);
    if (!path) return make();
    const auto place = [&] { return static_cast<std::uint64_t>(offset ? *offset : ::lseek(descriptor, 0, SEEK_CUR)); };
    std::uint64_t at = 0;
    const auto note_first = [&] {
        at = place();
        watcher.before_write(descriptor, at);
        return make();
    };
    return acted(Call::write, *path, note_first, [&](Watcher& told, ssize_t count) { told.wrote(descriptor, at, static_cast<std::uint64_t>(count)); });
}

template <class Make>
int sync_any(int descriptor, Make make) {
    Watcher& watcher = Watcher::instance();
    const auto path = watcher.path_of(descriptor);
    if (!path) return make();
    const auto wait = [&] { return watcher.durability() ? 0 : make(); };
    return acted(watcher.is_folder(descriptor) ? Call::sync_folder : Call::sync, *path, wait, [&](Watcher& told, int) { told.synced(descriptor, *path); });
}

template <class Make>
int remove_any(const char* path, Make make) {
    const auto inside = Watcher::instance().inside(path);
    if (!inside) return make();
    return acted(Call::remove, *inside, make, [&](Watcher& watcher, int) { watcher.removed(*inside); });
}

std::FILE* open_stream(const char* name, const char* path, const char* mode) {
    using Open = std::FILE* (*)(const char*, const char*);
    const auto open = reinterpret_cast<Open>(::dlsym(RTLD_NEXT, name));
    const auto inside = Watcher::instance().inside(path);
    std::FILE* stream = open(path, mode);
    if (inside && stream != nullptr && (mode[0] != 'r' || mode[1] == '+')) {
        const Watcher::Turn turn = Watcher::instance().take_turn();
        Watcher::instance().through_stdio(*inside);
    }
    return stream;
}

}  // namespace

extern "C" {

int open(const char* path, int flags, ...) {
    va_list more;
    va_start(more, flags);
    const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(more, mode_t) : 0;
    va_end(more);
    return open_any(path, flags, mode);
}

int open64(const char* path, int flags, ...) {
    va_list more;
    va_start(more, flags);
    const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(more, mode_t) : 0;
    va_end(more);
    return open_any(path, flags, mode);
}

int openat(int folder, const char* path, int flags, ...) {
    va_list more;
    va_start(more, flags);
    const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(more, mode_t) : 0;
    va_end(more);
    const auto inside = Watcher::instance().inside(folder, path);
    if (!inside) return real::openat(folder, path, flags, mode);
    return open_watched(*inside, Watcher::instance().full(*inside).c_str(), flags, mode);
}

int close(int descriptor) {
    Watcher::instance().closed(descriptor);
    return real::close(descriptor);
}

std::FILE* fdopen(int descriptor, const char* mode) noexcept {
    using Open = std::FILE* (*)(int, const char*);
    Watcher::instance().to_stdio(descriptor, mode[0] != 'r' || mode[1] == '+');
    return reinterpret_cast<Open>(::dlsym(RTLD_NEXT, "fdopen"))(descriptor, mode);
}

std::FILE* fopen(const char* path, const char* mode) { return open_stream("fopen", path, mode); }
std::FILE* fopen64(const char* path, const char* mode) { return open_stream("fopen64", path, mode); }

ssize_t write(int descriptor, const void* bytes, std::size_t count) {
    return write_any(descriptor, std::nullopt, [&] { return real::write(descriptor, bytes, count); });
}
ssize_t pwrite(int descriptor, const void* bytes, std::size_t count, off_t offset) {
    return write_any(descriptor, offset, [&] { return real::pwrite(descriptor, bytes, count, offset); });
}
ssize_t pwrite64(int descriptor, const void* bytes, std::size_t count, off64_t offset) {
    return write_any(descriptor, offset, [&] { return real::pwrite(descriptor, bytes, count, offset); });
}

int fsync(int descriptor) {
    return sync_any(descriptor, [&] { return real::fsync(descriptor); });
}
int fdatasync(int descriptor) {
    return sync_any(descriptor, [&] { return real::fdatasync(descriptor); });
}

int ftruncate(int descriptor, off_t size) noexcept {
    Watcher& watcher = Watcher::instance();
    const auto path = watcher.file_of(descriptor);
    if (!path) return real::ftruncate(descriptor, size);
    const auto cut = [&] {
        watcher.before_truncate(descriptor);
        return real::ftruncate(descriptor, size);
    };
    return acted(Call::truncate, *path, cut, [&](Watcher& told, int) { told.truncated(descriptor); });
}
int ftruncate64(int descriptor, off64_t size) noexcept { return ftruncate(descriptor, size); }

int rename(const char* from, const char* to) noexcept {
    Watcher& watcher = Watcher::instance();
    const auto inside_from = watcher.inside(from);
    const auto inside_to = watcher.inside(to);
    if (!inside_from || !inside_to) return real::rename(from, to);
    return acted(Call::rename, *inside_to, [&] { return real::rename(from, to); }, [&](Watcher& told, int) { told.renamed(*inside_from, *inside_to); });
}

int link(const char* from, const char* to) noexcept {
    Watcher& watcher = Watcher::instance();
    const auto inside_from = watcher.inside(from);
    const auto inside_to = watcher.inside(to);
    if (!inside_from || !inside_to) return real::link(from, to);
    return acted(Call::link, *inside_to, [&] { return real::link(from, to); }, [&](Watcher& told, int) { told.linked(*inside_from, *inside_to); });
}

int unlink(const char* path) noexcept {
    return remove_any(path, [&] { return real::unlinkat(AT_FDCWD, path, 0); });
}
int rmdir(const char* path) noexcept {
    return remove_any(path, [&] { return real::unlinkat(AT_FDCWD, path, AT_REMOVEDIR); });
}
int remove(const char* path) noexcept {
    struct stat about {};
    const bool is_folder = ::lstat(path, &about) == 0 && S_ISDIR(about.st_mode);
    return is_folder ? rmdir(path) : unlink(path);
}
int unlinkat(int folder, const char* path, int flags) noexcept {
    const auto inside = Watcher::instance().inside(folder, path);
    if (!inside) return real::unlinkat(folder, path, flags);
    return acted(Call::remove, *inside, [&] { return real::unlinkat(folder, path, flags); }, [&](Watcher& told, int) { told.removed(*inside); });
}

int mkdir(const char* path, mode_t mode) noexcept {
    const auto inside = Watcher::instance().inside(path);
    if (!inside) return real::mkdir(path, mode);
    return acted(Call::make_folder, *inside, [&] { return real::mkdir(path, mode); }, [&](Watcher& told, int) { told.made_folder(*inside); });
}

// Runs when the process ends by itself, behind the destructors of whoever preloaded it.
__attribute__((destructor)) void end_of_process() { Watcher::instance().process_ends(); }

}  // extern "C"
