# Everything a target of ours is compiled with, as one interface target: no global flags.
add_library(livenessd_flags INTERFACE)
target_include_directories(livenessd_flags INTERFACE ${PROJECT_SOURCE_DIR}/server)
target_compile_definitions(livenessd_flags INTERFACE _GNU_SOURCE
  LIVENESSD_VERSION="${PROJECT_VERSION}")
# Our json_object is not jansson's: what we export to shared libraries (libjwt) replaces their own.
target_compile_options(livenessd_flags INTERFACE -fvisibility=hidden)
target_compile_options(livenessd_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes
  -Wold-style-definition -Wcast-qual -Wpointer-arith -Wwrite-strings -Wundef -Wvla -Wformat=2
  -Wimplicit-fallthrough -Wnull-dereference -ffile-prefix-map=${PROJECT_SOURCE_DIR}=.)
if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
  target_compile_options(livenessd_flags INTERFACE
    -Wduplicated-cond -Wduplicated-branches -Wlogical-op -Wstack-usage=8192)
endif()
if(LIVENESSD_WERROR)
  target_compile_options(livenessd_flags INTERFACE -Werror)
endif()
if(LIVENESSD_HARDEN)
  # asserts stay on: they are cheap here, and libh2o keeps its own
  target_compile_options(livenessd_flags INTERFACE
    -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -fstack-protector-strong -fstack-clash-protection
    -fcf-protection -fPIE)
  target_link_options(livenessd_flags INTERFACE -pie -Wl,-z,relro,-z,now)
endif()
if(LIVENESSD_SANITIZE)
  target_compile_options(livenessd_flags INTERFACE
    -fsanitize=${LIVENESSD_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(livenessd_flags INTERFACE -fsanitize=${LIVENESSD_SANITIZE})
endif()
if(LIVENESSD_COVERAGE)
  target_compile_options(livenessd_flags INTERFACE --coverage)
  target_link_options(livenessd_flags INTERFACE --coverage)
endif()
