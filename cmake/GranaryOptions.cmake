# Compiler, linker and sanitizer settings that every target shares.
option(GRANARY_TESTS "Build the tests" ON)
option(GRANARY_FUZZ "Build the targets of tests/fuzz with libFuzzer; takes clang" OFF)
set(GRANARY_SANITIZE "" CACHE STRING "Sanitizers to build with: empty, 'address,undefined' or 'thread'")

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

find_program(GRANARY_CCACHE ccache)
if(GRANARY_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${GRANARY_CCACHE})
endif()
find_program(GRANARY_MOLD mold)
if(GRANARY_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

# Thin archives name their objects instead of holding them once more.
set(CMAKE_CXX_ARCHIVE_CREATE "<CMAKE_AR> qcT <TARGET> <LINK_FLAGS> <OBJECTS>")
set(CMAKE_CXX_ARCHIVE_APPEND "<CMAKE_AR> qT <TARGET> <LINK_FLAGS> <OBJECTS>")

# The warnings are GCC's, which builds all that is used; clang only fuzzes, and has opinions of its own.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor
                      -Wold-style-cast -Woverloaded-virtual -Wswitch-enum -Werror)
  # GCC 12 reports false positives of these inside its own standard library when it optimizes or sanitizes.
  add_compile_options(-Wno-restrict -Wno-stringop-overflow -Wno-stringop-overread -Wno-array-bounds
                      -Wno-maybe-uninitialized -Wno-dangling-pointer -Wno-missing-field-initializers)
endif()

if(GRANARY_SANITIZE)
  add_compile_options(-fsanitize=${GRANARY_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${GRANARY_SANITIZE})
  # GCC 12 does not model atomic_thread_fence under TSan and says so in a warning.
  add_compile_options($<$<CXX_COMPILER_ID:GNU>:-Wno-tsan>)
endif()
if(GRANARY_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
