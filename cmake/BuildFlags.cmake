include_guard(GLOBAL)

# What every file of ours is compiled and linked with: target frazil_build_flags.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "" FORCE)
endif()
# Line tables are what a stack trace or a profile needs; full debug information triples the build.
# Some optimisation in Debug too, or the sanitizers make the larger tests crawl.
set(CMAKE_C_FLAGS_RELWITHDEBINFO "-O2 -g1 -DNDEBUG")
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1 -DNDEBUG")
set(CMAKE_CXX_FLAGS_DEBUG "-Og -g1")
set(CMAKE_C_FLAGS_DEBUG "-Og -g1")

# Every processor since 2013 (Haswell, Zen) has these; the program checks at start.
add_compile_options(-march=x86-64-v3 -fdiagnostics-color=always)

# Folders with the same code then share their compilations, other clones' included.
find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(
    launcher
    ${CMAKE_COMMAND}
    -E
    env
    CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}
    CCACHE_NOHASHDIR=1
    ${CCACHE_PROGRAM}
  )
  set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
endif()

find_program(MOLD_PROGRAM mold)
if(MOLD_PROGRAM)
  add_link_options(-fuse-ld=mold)
endif()
# A program loads only the libraries it calls: not all need DuckDB's 60 MB.
add_link_options(-Wl,--as-needed)

# Two links of large programs at once exceed the memory of small machines; two compilations do not.
set_property(GLOBAL PROPERTY JOB_POOLS link=2)
set(CMAKE_JOB_POOL_LINK link)

add_library(frazil_build_flags INTERFACE)
target_compile_options(
  frazil_build_flags
  INTERFACE
    -Wall
    -Wextra
    -Wpedantic
    -Wshadow
    -Wconversion
    -Wnon-virtual-dtor
    -Woverloaded-virtual
    -Wimplicit-fallthrough
    -Wcast-qual
    -Wunused
)
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  # GCC 12 sees these in its own library's inlined code (its bugs 105329, 105651, 105562 and kin).
  target_compile_options(
    frazil_build_flags
    INTERFACE
      -Wno-restrict
      -Wno-maybe-uninitialized
      -Wno-stringop-overflow
      -Wno-stringop-overread
      -Wno-array-bounds
      -Wno-dangling-pointer
      -Wno-free-nonheap-object
      -Wno-nonnull
  )
endif()
if(FRAZIL_WERROR)
  target_compile_options(frazil_build_flags INTERFACE -Werror)
endif()
if(CMAKE_BUILD_TYPE STREQUAL Debug)
  target_compile_definitions(frazil_build_flags INTERFACE _GLIBCXX_ASSERTIONS)
endif()
if(FRAZIL_ENABLE_FAULTS)
  target_compile_definitions(frazil_build_flags INTERFACE FRAZIL_ENABLE_FAULTS)
endif()
target_compile_definitions(frazil_build_flags INTERFACE FRAZIL_VERSION="${PROJECT_VERSION}")

# Sanitizers go into all code that is compiled here; programs take the defaults of
# sanitizer_defaults.cc along, so that nobody has to set ASAN_OPTIONS.
if(FRAZIL_SANITIZE)
  add_compile_options(-fsanitize=${FRAZIL_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${FRAZIL_SANITIZE})
  if(FRAZIL_SANITIZE MATCHES undefined)
    # Our objects meet types of libraries whose type information is hidden.
    add_compile_options(-fno-sanitize-recover=undefined -fno-sanitize=vptr)
  endif()
endif()
add_library(frazil_sanitizer_defaults OBJECT ${PROJECT_SOURCE_DIR}/cmake/sanitizer_defaults.cc)

# frazil_program(<target>): what each executable needs beside its sources and libraries.
function(frazil_program target)
  target_link_libraries(${target} PRIVATE frazil_build_flags)
  if(FRAZIL_SANITIZE)
    target_sources(${target} PRIVATE $<TARGET_OBJECTS:frazil_sanitizer_defaults>)
  endif()
endfunction()
