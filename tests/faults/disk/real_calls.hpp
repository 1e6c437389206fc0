// The kernel's own calls, for what stands in front of libc's: no wrapper of ours is met on the way.
#pragma once

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>

namespace granary::faults::real {

// Each as the call of its name; -1 and errno on failure.
inline int openat(int folder, const char* path, int flags, mode_t mode) { return static_cast<int>(::syscall(SYS_openat, folder, path, flags, mode)); }
inline int open(const char* path, int flags, mode_t mode = 0) { return openat(AT_FDCWD, path, flags, mode); }
inline int close(int descriptor) { return static_cast<int>(::syscall(SYS_close, descriptor)); }
inline ssize_t write(int descriptor, const void* bytes, std::size_t count) { return ::syscall(SYS_write, descriptor, bytes, count); }
inline ssize_t pwrite(int descriptor, const void* bytes, std::size_t count, std::int64_t offset) { return ::syscall(SYS_pwrite64, descriptor, bytes, count, offset); }
inline int fsync(int descriptor) { return static_cast<int>(::syscall(SYS_fsync, descriptor)); }
inline int fdatasync(int descriptor) { return static_cast<int>(::syscall(SYS_fdatasync, descriptor)); }
inline int truncate(const char* path, std::int64_t size) { return static_cast<int>(::syscall(SYS_truncate, path, size)); }
inline int ftruncate(int descriptor, std::int64_t size) { return static_cast<int>(::syscall(SYS_ftruncate, descriptor, size)); }
inline int rename(const char* from, const char* to) { return static_cast<int>(::syscall(SYS_rename, from, to)); }
inline int link(const char* from, const char* to) { return static_cast<int>(::syscall(SYS_link, from, to)); }
inline int unlinkat(int folder, const char* path, int flags) { return static_cast<int>(::syscall(SYS_unlinkat, folder, path, flags)); }
inline int mkdir(const char* path, mode_t mode) { return static_cast<int>(::syscall(SYS_mkdir, path, mode)); }

}  // namespace granary::faults::real
