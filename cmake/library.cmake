# libaforo: every layer in one archive, found by find_package(aforo) as aforo::aforo. The include roots of the layers
# become one folder of headers, so the rule of who may include whom is the build's own and not the user's.
include(CMakePackageConfigHelpers)

get_property(layers GLOBAL PROPERTY AFORO_LAYERS)
list(TRANSFORM layers REPLACE "(.+)" "$<TARGET_OBJECTS:\\1>" OUTPUT_VARIABLE objects)
add_library(aforo_library STATIC ${objects})
set_target_properties(aforo_library PROPERTIES OUTPUT_NAME aforo EXPORT_NAME aforo LINKER_LANGUAGE C)
target_include_directories(aforo_library INTERFACE $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/aforo>)
target_link_libraries(aforo_library INTERFACE PkgConfig::MHD PkgConfig::SQLITE PkgConfig::ZSTD PkgConfig::ZLIB
  PkgConfig::CRYPTO PkgConfig::YAML ${CMAKE_DL_LIBS} Threads::Threads m)
if(AFORO_SANITIZE)
  target_link_options(aforo_library INTERFACE -fsanitize=${AFORO_SANITIZE})
endif()

install(TARGETS aforo_library EXPORT aforo ARCHIVE COMPONENT library)
install(EXPORT aforo NAMESPACE aforo:: FILE aforoTargets.cmake DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/aforo COMPONENT library)
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/aforoConfig.cmake.in ${PROJECT_BINARY_DIR}/aforoConfig.cmake
  INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/aforo)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/aforoConfigVersion.cmake COMPATIBILITY ExactVersion)
install(FILES ${PROJECT_BINARY_DIR}/aforoConfig.cmake ${PROJECT_BINARY_DIR}/aforoConfigVersion.cmake
  ${CMAKE_CURRENT_LIST_DIR}/dependencies.cmake
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/aforo COMPONENT library)
