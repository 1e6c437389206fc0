# Two ways to make a target, so that adding a source file never touches a CMake file.

# The sanitizer builds compile several files of a library at once, which reads their headers once. APART: its files use the same names, each
# for something of its own, so each is compiled alone; `redefinition` in such a build says that a name should be changed, or this set.

# TOGETHER: several of its files are compiled at once in every build, since a header that each needs takes longer than they do.

# granary_library(name [APART | TOGETHER] [DEPS lib...] [PRIVATE_DEPS lib...]): every .cpp below this folder becomes one static library.
function(granary_library name)
  cmake_parse_arguments(ARG "APART;TOGETHER" "" "DEPS;PRIVATE_DEPS;SOURCES" ${ARGN})
  if(NOT ARG_SOURCES)
    file(GLOB_RECURSE ARG_SOURCES CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  endif()
  if(ARG_SOURCES)
    add_library(${name} STATIC ${ARG_SOURCES})
    target_include_directories(${name} PUBLIC ${CMAKE_SOURCE_DIR})
    target_link_libraries(${name} PUBLIC ${ARG_DEPS} PRIVATE ${ARG_PRIVATE_DEPS})
    if(ARG_APART)
      set_target_properties(${name} PROPERTIES UNITY_BUILD OFF)
    elseif(ARG_TOGETHER)
      set_target_properties(${name} PROPERTIES UNITY_BUILD ON)
    endif()
  else()
    add_library(${name} INTERFACE)
    target_include_directories(${name} INTERFACE ${CMAKE_SOURCE_DIR})
    target_link_libraries(${name} INTERFACE ${ARG_DEPS})
  endif()
endfunction()

# granary_label_targets(target label...): `ninja tests_unit` builds what the tests labelled `unit` need, and no more.
function(granary_label_targets target)
  foreach(label ${ARGN})
    if(NOT TARGET tests_${label})
      add_custom_target(tests_${label})
    endif()
    add_dependencies(tests_${label} ${target})
  endforeach()
endfunction()

# granary_tests(name [ONE_THREAD] LABELS label... [DEPS lib...] [PROPERTIES property value...] [SOURCES file...]): every .cpp below this
# folder, and the sources named from elsewhere, become one doctest program, each of
# whose cases is one ctest test under the given labels. The name must end in _tests. A test that runs a program it does
# not link needs add_dependencies(name program) as well. ONE_THREAD: nothing in it can start a thread, which a test checks; so
# it is left out where only races between threads are looked for. Checked where each file is compiled alone: of files compiled at once
# the linker takes all or none, so the program holds more than it uses.
function(granary_tests name)
  cmake_parse_arguments(ARG "ONE_THREAD" "TIMEOUT" "DEPS;LABELS;PROPERTIES;SOURCES" ${ARGN})
  if(ARG_ONE_THREAD AND GRANARY_SANITIZE STREQUAL "thread")
    return()
  endif()
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  list(APPEND sources ${ARG_SOURCES})
  if(NOT sources)
    return()
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  add_executable(${name} ${sources} $<TARGET_OBJECTS:granary_doctest_main>)
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE ${ARG_DEPS} doctest::doctest)
  target_compile_definitions(${name} PRIVATE GRANARY_SOURCE_DIR="${CMAKE_SOURCE_DIR}" GRANARY_BINARY_DIR="${CMAKE_BINARY_DIR}")
  # Each test file has a fixture under the same name. What is tested is optimised under sanitizers; compiling its tests so takes half as long again.
  set_target_properties(${name} PROPERTIES UNITY_BUILD OFF)
  if(GRANARY_SANITIZE)
    target_compile_options(${name} PRIVATE -O0)
  endif()
  granary_label_targets(${name} ${ARG_LABELS})
  if(ARG_ONE_THREAD AND NOT CMAKE_UNITY_BUILD)
    add_test(NAME "${name}: starts no thread" COMMAND ${Python3_EXECUTABLE} -B ${CMAKE_SOURCE_DIR}/tests/starts_no_thread.py $<TARGET_FILE:${name}>)
    set_tests_properties("${name}: starts no thread" PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT 60)
  endif()
  doctest_discover_tests(${name} TEST_PREFIX "${name}: " PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT ${ARG_TIMEOUT} ${ARG_PROPERTIES} DISCOVERY_TIMEOUT 60)
endfunction()
