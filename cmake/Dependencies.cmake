include_guard(GLOBAL)

# Third-party targets. What Debian has comes by find_package; the parts that third_party.lock gets
# from elsewhere are imported from the cache, unless this machine has a version that will do.
# Each library is included in one room only: scripts/check_layers.py knows which.

set_property(
  DIRECTORY
  APPEND
  PROPERTY
    CMAKE_CONFIGURE_DEPENDS
      ${PROJECT_SOURCE_DIR}/third_party.lock
      ${PROJECT_SOURCE_DIR}/scripts/third_party.sh
)

# frazil_part(<variable> <part>): the folder of a part in the cache.
function(frazil_part variable part)
  execute_process(
    COMMAND ${PROJECT_SOURCE_DIR}/scripts/third_party.sh prefix ${part}
    OUTPUT_VARIABLE folder
    OUTPUT_STRIP_TRAILING_WHITESPACE
    COMMAND_ERROR_IS_FATAL ANY
  )
  if(NOT IS_DIRECTORY ${folder})
    message(FATAL_ERROR "${part} is missing: run `./dev setup`")
  endif()
  set(${variable} ${folder} PARENT_SCOPE)
endfunction()

# frazil_import(<target> <library file> <include folder> [<target it needs>...])
function(frazil_import target library include)
  cmake_path(GET library EXTENSION LAST_ONLY extension)
  if(extension STREQUAL .a)
    add_library(${target} STATIC IMPORTED GLOBAL)
  else()
    add_library(${target} SHARED IMPORTED GLOBAL)
  endif()
  set_target_properties(
    ${target}
    PROPERTIES
      IMPORTED_LOCATION ${library}
      INTERFACE_INCLUDE_DIRECTORIES ${include}
      INTERFACE_LINK_LIBRARIES "${ARGN}"
  )
endfunction()

find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(tl-expected REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(CLI11 REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(ZLIB REQUIRED)
find_package(CURL REQUIRED)
find_package(OpenSSL REQUIRED)
pkg_check_modules(zstd REQUIRED IMPORTED_TARGET GLOBAL libzstd)
pkg_check_modules(libdeflate REQUIRED IMPORTED_TARGET GLOBAL libdeflate)
pkg_check_modules(libedit REQUIRED IMPORTED_TARGET GLOBAL libedit)
add_library(zstd::zstd ALIAS PkgConfig::zstd)
add_library(libdeflate::libdeflate ALIAS PkgConfig::libdeflate)
add_library(libedit::libedit ALIAS PkgConfig::libedit)

# Arrow and Parquet: Arrow::arrow, Arrow::parquet, Arrow::s3, Arrow::compute. The S3 and compute
# libraries are apart, so that a program that does not need them does not load them.
pkg_check_modules(ARROW QUIET IMPORTED_TARGET GLOBAL arrow>=26 arrow<27)
pkg_check_modules(PARQUET QUIET IMPORTED_TARGET GLOBAL parquet>=26 parquet<27)
if(ARROW_FOUND AND PARQUET_FOUND)
  add_library(Arrow::arrow ALIAS PkgConfig::ARROW)
  add_library(Arrow::parquet ALIAS PkgConfig::PARQUET)
  pkg_check_modules(ARROW_COMPUTE QUIET IMPORTED_TARGET GLOBAL arrow-compute>=26 arrow-compute<27)
  if(ARROW_COMPUTE_FOUND)
    add_library(Arrow::compute ALIAS PkgConfig::ARROW_COMPUTE)
  else()
    add_library(Arrow::compute ALIAS PkgConfig::ARROW)
  endif()
  add_library(Arrow::s3 ALIAS PkgConfig::ARROW)
else()
  frazil_part(arrow arrow)
  file(GLOB arrow_soname LIST_DIRECTORIES false RELATIVE ${arrow}/lib ${arrow}/lib/libarrow.so.*)
  string(REPLACE libarrow.so "" suffix ${arrow_soname})
  frazil_import(Arrow::arrow ${arrow}/lib/libarrow.so${suffix} ${arrow}/include Threads::Threads)
  frazil_import(Arrow::parquet ${arrow}/lib/libparquet.so${suffix} ${arrow}/include Arrow::arrow)
  frazil_import(
    Arrow::compute
    ${arrow}/lib/libarrow_compute.so${suffix}
    ${arrow}/include
    Arrow::arrow
  )
  frazil_import(Arrow::s3 ${arrow}/lib/libarrow_s3.so${suffix} ${arrow}/include Arrow::arrow)
  set(
    FRAZIL_BUNDLED_LIBRARIES
    ${arrow}/lib/libarrow.so${suffix}
    ${arrow}/lib/libparquet.so${suffix}
    ${arrow}/lib/libarrow_compute.so${suffix}
    ${arrow}/lib/libarrow_s3.so${suffix}
  )
endif()

# DuckDB's C interface; header and library are always of one version.
find_package(DuckDB 1.4.4 EXACT CONFIG QUIET)
if(DuckDB_FOUND)
  add_library(DuckDB::duckdb ALIAS duckdb)
else()
  frazil_part(duckdb duckdb)
  frazil_import(DuckDB::duckdb ${duckdb}/lib/libduckdb.so ${duckdb}/include)
  set_target_properties(DuckDB::duckdb PROPERTIES IMPORTED_SONAME libduckdb.so)
  list(APPEND FRAZIL_BUNDLED_LIBRARIES ${duckdb}/lib/libduckdb.so)
endif()

# librdkafka: linked in, with the system's OpenSSL, curl, zstd and zlib.
pkg_check_modules(RDKAFKA QUIET IMPORTED_TARGET GLOBAL rdkafka>=2.12)
if(RDKAFKA_FOUND)
  add_library(RdKafka::rdkafka ALIAS PkgConfig::RDKAFKA)
else()
  frazil_part(rdkafka rdkafka)
  frazil_import(
    RdKafka::rdkafka
    ${rdkafka}/lib/librdkafka.a
    ${rdkafka}/include
    CURL::libcurl
    OpenSSL::SSL
    OpenSSL::Crypto
    PkgConfig::zstd
    ZLIB::ZLIB
    Threads::Threads
    ${CMAKE_DL_LIBS}
    m
  )
endif()

# simdjson is compiled in, with hidden symbols: libarrow and libparquet export their own. It is
# optimised in every build and never instrumented, or the decoders' tests would be slow for nothing.
frazil_part(simdjson simdjson)
add_library(simdjson STATIC ${simdjson}/simdjson.cpp)
add_library(simdjson::simdjson ALIAS simdjson)
target_include_directories(simdjson SYSTEM PUBLIC ${simdjson})
target_compile_options(simdjson PRIVATE -O3 -w)
if(FRAZIL_SANITIZE)
  target_compile_options(simdjson PRIVATE -fno-sanitize=all)
endif()
target_compile_definitions(simdjson PUBLIC SIMDJSON_EXCEPTIONS=1)

if(BUILD_TESTING)
  include(GoogleTest)
  find_package(GTest REQUIRED)
  find_package(rapidcheck REQUIRED)
  if(NOT TARGET rapidcheck_gtest)
    add_library(rapidcheck_gtest INTERFACE)
  endif()
endif()
if(FRAZIL_BUILD_BENCHES)
  find_package(benchmark REQUIRED)
endif()
