# One place for the language, the warnings and the sanitizers; every target of ours links it PRIVATE.
set(AFORO_SANITIZE "" CACHE STRING "Sanitizers, such as address,undefined or thread")
option(AFORO_COVERAGE "Instrument for coverage" OFF)
option(AFORO_FUZZ "Build the fuzz targets (clang)" OFF)
option(AFORO_ARENA_DEBUG "Pass each arena allocation to malloc, for valgrind" OFF)

add_library(aforo_flags INTERFACE)
target_compile_features(aforo_flags INTERFACE c_std_17)
target_compile_definitions(aforo_flags INTERFACE _GNU_SOURCE $<$<BOOL:${AFORO_ARENA_DEBUG}>:AFORO_ARENA_DEBUG=1>)
target_compile_options(aforo_flags INTERFACE
  $<$<COMPILE_LANGUAGE:C>:-Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla
  -Wswitch-enum -Wformat=2>
  -ffp-contract=off -fno-strict-aliasing -fno-omit-frame-pointer -g)
if(AFORO_SANITIZE)
  target_compile_options(aforo_flags INTERFACE -fsanitize=${AFORO_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(aforo_flags INTERFACE -fsanitize=${AFORO_SANITIZE})
endif()
if(AFORO_FUZZ)
  target_compile_options(aforo_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(AFORO_COVERAGE)
  target_compile_options(aforo_flags INTERFACE --coverage)
  target_link_options(aforo_flags INTERFACE --coverage)
endif()
