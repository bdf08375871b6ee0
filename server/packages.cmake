# The libraries we stand on, all from Debian 12.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
pkg_check_modules(H2O REQUIRED IMPORTED_TARGET libh2o-evloop)
pkg_check_modules(UV REQUIRED IMPORTED_TARGET libuv)
pkg_check_modules(CURL REQUIRED IMPORTED_TARGET libcurl)
pkg_check_modules(CJSON REQUIRED IMPORTED_TARGET libcjson)
pkg_check_modules(JWT REQUIRED IMPORTED_TARGET libjwt)
pkg_check_modules(OPENSSL REQUIRED IMPORTED_TARGET openssl)
pkg_check_modules(HIREDIS REQUIRED IMPORTED_TARGET hiredis)
pkg_check_modules(SQLITE REQUIRED IMPORTED_TARGET sqlite3)
pkg_check_modules(YAML REQUIRED IMPORTED_TARGET yaml-0.1)

# libh2o-evloop.pc names neither its define (without it h2o/socket.h picks the libuv layout: an ABI
# break) nor OpenSSL.
add_library(h2o_evloop INTERFACE)
target_compile_definitions(h2o_evloop INTERFACE H2O_USE_LIBUV=0)
target_link_libraries(h2o_evloop INTERFACE PkgConfig::H2O PkgConfig::OPENSSL)

# livenessd_library(NAME PRIVATE_OR_PUBLIC_LIBS...): one static library a folder, all its .c files.
function(livenessd_library name)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.c)
  add_library(${name} STATIC ${sources})
  target_link_libraries(${name} PUBLIC livenessd_flags ${ARGN})
endfunction()
