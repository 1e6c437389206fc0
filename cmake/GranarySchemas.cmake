# granary_schemas(out_sources schema.fbs...): runs flatc and our generator on schemas of the calling folder; the generated
# headers are included as "<folder>/<schema>_fbs.h" and "<folder>/<schema>_messages.hpp", by codecs also "<folder>/<schema>_tables.h".
set(GRANARY_GENERATED ${CMAKE_BINARY_DIR}/generated)

function(granary_schemas out_sources)
  file(RELATIVE_PATH folder ${CMAKE_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR})
  set(out_dir ${GRANARY_GENERATED}/${folder})
  file(MAKE_DIRECTORY ${out_dir})
  file(GLOB all_schemas CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.fbs ${CMAKE_SOURCE_DIR}/schemas/*.fbs)
  set(generator ${CMAKE_SOURCE_DIR}/tools/generator/generate_messages.py)
  set(sources)
  foreach(schema ${ARGN})
    get_filename_component(name ${schema} NAME_WE)
    add_custom_command(
      OUTPUT ${out_dir}/${name}_fbs.h ${out_dir}/${name}_tables.h ${out_dir}/${name}_messages.hpp ${out_dir}/${name}_messages.cpp
      COMMAND ${GRANARY_FLATC} --cpp --gen-object-api --scoped-enums --filename-suffix _fbs --include-prefix schemas
              -I ${CMAKE_SOURCE_DIR}/schemas -o ${out_dir} ${CMAKE_CURRENT_SOURCE_DIR}/${schema}
      COMMAND ${Python3_EXECUTABLE} ${generator} ${CMAKE_CURRENT_SOURCE_DIR}/${schema} ${folder} ${out_dir}
      DEPENDS ${all_schemas} ${generator}
      COMMENT "Generating messages of ${folder}/${schema}" VERBATIM)
    list(APPEND sources ${out_dir}/${name}_messages.cpp ${out_dir}/${name}_fbs.h)
  endforeach()
  # flatc's and our generated code is not ours to lint: the compiler's opinion about conversions in it does not count.
  set_source_files_properties(${sources} PROPERTIES COMPILE_OPTIONS "-Wno-conversion;-Wno-sign-conversion;-Wno-old-style-cast;-Wno-shadow;-Wno-switch-enum")
  set(${out_sources} ${sources} PARENT_SCOPE)
endfunction()
