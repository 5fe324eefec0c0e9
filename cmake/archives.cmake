# A program that is started often has its foreign libraries in itself, and at a fixed address: what the dynamic loader does for
# OpenSSL and the others takes longer than all that the program does (docs/design/0008-late-libraries.md).
# aforo_archives(PROGRAM): what archives there are, instead of the shared libraries. Not under sanitizers.
option(AFORO_ARCHIVES "Link foreign libraries into `aforo` from their archives" ON)

# Of a library by pkg-config: the archives where the program that is linked asks for them, else what it was.
function(aforo_archive_choice target)
  set(archives)
  foreach(name IN LISTS ARGN)
    find_library(ARCHIVE_${name} lib${name}.a)
    if(NOT ARCHIVE_${name})
      return()
    endif()
    list(APPEND archives ${ARCHIVE_${name}})
  endforeach()
  get_target_property(shared ${target} INTERFACE_LINK_LIBRARIES)
  set(choice)
  foreach(library IN LISTS archives)
    list(APPEND choice $<$<BOOL:$<TARGET_PROPERTY:AFORO_ARCHIVES>>:${library}>)
  endforeach()
  foreach(library IN LISTS shared)
    list(APPEND choice $<$<NOT:$<BOOL:$<TARGET_PROPERTY:AFORO_ARCHIVES>>>:${library}>)
  endforeach()
  set_target_properties(${target} PROPERTIES INTERFACE_LINK_LIBRARIES "${choice}")
endfunction()

if(AFORO_ARCHIVES AND NOT AFORO_SANITIZE)
  aforo_archive_choice(PkgConfig::SSL ssl crypto)
  aforo_archive_choice(PkgConfig::CRYPTO crypto)
  aforo_archive_choice(PkgConfig::NGHTTP2 nghttp2)
  aforo_archive_choice(PkgConfig::SQLITE sqlite3)
  set_property(TARGET PkgConfig::SQLITE APPEND PROPERTY INTERFACE_LINK_LIBRARIES m) # its functions of numbers
  aforo_archive_choice(PkgConfig::ZSTD zstd)
  aforo_archive_choice(PkgConfig::ZLIB z)
  aforo_archive_choice(PkgConfig::YAML yaml)
endif()

function(aforo_archives program)
  if(AFORO_ARCHIVES AND NOT AFORO_SANITIZE)
    set_target_properties(${program} PROPERTIES AFORO_ARCHIVES ON)
    target_link_options(${program} PRIVATE -no-pie)
  endif()
endfunction()
