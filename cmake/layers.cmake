# aforo_layer: a static library whose public headers are reachable only by the layers that declare its use.
# The include root of a layer holds links to its HEADERS alone, so a wrong include does not compile.
#   NAME       base, wire, emulator/core ...: headers are included as "NAME/header.h"
#   SOURCES    .c files;  HEADERS  what other layers may include, the rest stays private
#   USES       layers that this one's headers or sources include; seen by the layers above too
#   HIDES      layers that only this one's sources include
#   EXTERNAL   foreign libraries, private
function(aforo_layer name)
  cmake_parse_arguments(A "" "" "SOURCES;HEADERS;USES;HIDES;EXTERNAL" ${ARGN})
  string(REPLACE "/" "_" target aforo_${name})
  set(root ${PROJECT_BINARY_DIR}/include-roots/${target})
  file(REMOVE_RECURSE ${root})
  file(MAKE_DIRECTORY ${root}/${name})
  foreach(header IN LISTS A_HEADERS)
    file(CREATE_LINK ${CMAKE_CURRENT_SOURCE_DIR}/${header} ${root}/${name}/${header} SYMBOLIC)
  endforeach()
  if(PROJECT_IS_TOP_LEVEL)
    install(FILES ${A_HEADERS} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/aforo/${name} COMPONENT library)
  endif()
  list(TRANSFORM A_HEADERS PREPEND ${root}/${name}/)
  aforo_layer_targets(uses ${A_USES})
  aforo_layer_targets(hides ${A_HIDES})
  add_library(${target} STATIC ${A_SOURCES})
  target_sources(${target} PUBLIC FILE_SET HEADERS BASE_DIRS ${root} FILES ${A_HEADERS})
  target_link_libraries(${target} PUBLIC ${uses} PRIVATE ${hides} aforo_flags ${A_EXTERNAL})
  set_property(GLOBAL APPEND PROPERTY AFORO_LAYERS ${target})
endfunction()

function(aforo_layer_targets result)
  set(targets)
  foreach(layer IN LISTS ARGN)
    string(REPLACE "/" "_" target aforo_${layer})
    if(NOT TARGET ${target})
      message(FATAL_ERROR "layer ${layer} is not declared above this one")
    endif()
    list(APPEND targets ${target})
  endforeach()
  set(${result} ${targets} PARENT_SCOPE)
endfunction()

# aforo_program: an executable in bin/, from SOURCES, over the layers it USES.
function(aforo_program name)
  cmake_parse_arguments(A "" "" "SOURCES;USES;EXTERNAL" ${ARGN})
  aforo_layer_targets(uses ${A_USES})
  add_executable(${name} ${A_SOURCES})
  target_link_libraries(${name} PRIVATE ${uses} aforo_flags ${A_EXTERNAL})
endfunction()

# aforo_test: a Criterion binary, registered as one CTest test.
#   LABELS  unit golden scenario lint slow ...;  EXTERNAL  more foreign libraries
function(aforo_test name)
  cmake_parse_arguments(A "" "TIMEOUT" "SOURCES;USES;LABELS;EXTERNAL" ${ARGN})
  if(NOT A_TIMEOUT)
    set(A_TIMEOUT 600) # none needs a minute by itself; a machine may be busy, and sanitizers are slow
  endif()
  aforo_layer_targets(uses ${A_USES})
  add_executable(${name} ${A_SOURCES} ${PROJECT_SOURCE_DIR}/tests/support/no_certificates.c)
  target_link_libraries(${name} PRIVATE ${uses} aforo_flags PkgConfig::CRITERION ${A_EXTERNAL})
  target_link_options(${name} PRIVATE -Wl,--export-dynamic-symbol=mbedtls_x509_crt_parse_*)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests/support)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
  add_test(NAME ${name} COMMAND ${name} --quiet -j1)
  # A Criterion test that leaks passes: the sanitizer's own words are what fails it.
  set_tests_properties(${name} PROPERTIES LABELS "${A_LABELS}" TIMEOUT ${A_TIMEOUT}
    ENVIRONMENT "AFORO_SOURCE=${PROJECT_SOURCE_DIR};AFORO_BIN=${PROJECT_BINARY_DIR}/bin;TZ=UTC"
    FAIL_REGULAR_EXPRESSION "Sanitizer|runtime error:")
endfunction()

# aforo_fuzz: a libFuzzer binary over tests/fuzz/corpus/<name>; without AFORO_FUZZ it is a plain replay of the
# corpus, so every build proves that old findings stay fixed.
function(aforo_fuzz name)
  cmake_parse_arguments(A "" "" "SOURCES;USES;EXTERNAL" ${ARGN})
  aforo_layer_targets(uses ${A_USES})
  add_executable(${name} ${A_SOURCES})
  target_link_libraries(${name} PRIVATE ${uses} aforo_flags ${A_EXTERNAL})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/fuzz)
  set(once)
  if(AFORO_FUZZ)
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    set(once -runs=0) # only what is there; looking for more is for people and nights
  else()
    target_sources(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests/fuzz/replay_main.c)
  endif()
  add_test(NAME ${name} COMMAND ${name} ${once} ${PROJECT_SOURCE_DIR}/tests/fuzz/corpus/${name})
  set_tests_properties(${name} PROPERTIES LABELS "unit;fuzz" TIMEOUT 600 FAIL_REGULAR_EXPRESSION "Sanitizer|runtime error:")
endfunction()

# aforo_check: a script as a test. Exit 77 is "skipped". It gets AFORO_SOURCE, and AFORO_BIN: the folder of this build's
# programs, or for slow ones that of the release build.
function(aforo_check name)
  cmake_parse_arguments(A "" "TIMEOUT;CORES" "COMMAND;LABELS" ${ARGN})
  if(NOT A_CORES)
    set(A_CORES 1) # as many as it keeps busy: ctest runs no others beside it
  endif()
  if(NOT A_TIMEOUT)
    set(A_TIMEOUT 300)
  endif()
  set(bin ${PROJECT_BINARY_DIR}/bin)
  if("slow" IN_LIST A_LABELS)
    set(bin ${PROJECT_SOURCE_DIR}/build/release/bin)
  endif()
  add_test(NAME ${name} COMMAND ${A_COMMAND} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  set_tests_properties(${name} PROPERTIES LABELS "${A_LABELS}" TIMEOUT ${A_TIMEOUT} PROCESSORS ${A_CORES} SKIP_RETURN_CODE 77
    ENVIRONMENT "AFORO_SOURCE=${PROJECT_SOURCE_DIR};AFORO_BIN=${bin};AFORO_BUILD=${PROJECT_BINARY_DIR};TZ=UTC"
    FAIL_REGULAR_EXPRESSION "Sanitizer|runtime error:")
endfunction()
