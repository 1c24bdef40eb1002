include_guard(GLOBAL)

# The rooms in the order of the data. A room may use only rooms that stand before it here;
# scripts/check_layers.py holds the same rule for #include lines and reads this list.
set(
  FRAZIL_MODULES
  base
  model
  net
  config
  storage
  iceberg
  catalog
  scan
  engine
  source
  decode
  transform
  write
  commit
  maintain
  pipeline
  query
  server
  cli
)

# frazil_module(<name>
#   SOURCES    <file.cc>...      library frazil_<name>; headers need no mention
#   [DEPENDS   <module>...]      modules used, in headers or sources
#   [LIBRARIES <target>...]      third-party targets used
#   [TESTS     <file_test.cc>...]   one program, frazil_<name>_test, CTest label "unit"
#   [BENCHES   <file_bench.cc>...]  one program, frazil_<name>_bench, if FRAZIL_BUILD_BENCHES
#   [FUZZERS   <file_fuzz.cc>...]   a program each, if FRAZIL_BUILD_FUZZERS
#   [PROGRAM   <main.cc>])          the program `frazil`
function(frazil_module name)
  cmake_parse_arguments(
    PARSE_ARGV 1
    arg
    ""
    "PROGRAM"
    "SOURCES;DEPENDS;LIBRARIES;TESTS;BENCHES;FUZZERS"
  )
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "frazil_module(${name}): unknown arguments: ${arg_UNPARSED_ARGUMENTS}")
  endif()

  list(FIND FRAZIL_MODULES ${name} own_rank)
  if(own_rank EQUAL -1)
    message(FATAL_ERROR "frazil_module(${name}): is not in FRAZIL_MODULES")
  endif()
  foreach(dependency IN LISTS arg_DEPENDS)
    list(FIND FRAZIL_MODULES ${dependency} rank)
    if(rank EQUAL -1 OR rank GREATER_EQUAL own_rank)
      message(FATAL_ERROR "frazil_module(${name}): must not depend on ${dependency}")
    endif()
    frazil_add_room(${dependency})
    if(NOT TARGET frazil_${dependency})
      message(FATAL_ERROR "frazil_module(${name}): depends on ${dependency}, which is not there")
    endif()
  endforeach()

  if(arg_SOURCES)
    add_library(frazil_${name} STATIC ${arg_SOURCES})
    set(scope PUBLIC)
  else()
    add_library(frazil_${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  list(TRANSFORM arg_DEPENDS PREPEND frazil_)
  target_include_directories(frazil_${name} ${scope} ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(frazil_${name} ${scope} frazil_build_flags ${arg_DEPENDS} ${arg_LIBRARIES})

  if(arg_PROGRAM)
    add_executable(frazil ${arg_PROGRAM})
    target_link_libraries(frazil PRIVATE frazil_${name})
    frazil_program(frazil)
    set_target_properties(frazil PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})
  endif()
  if(FRAZIL_ROOMS AND NOT name IN_LIST FRAZIL_ROOMS)
    return() # here only because another room depends on it
  endif()
  if(arg_TESTS AND BUILD_TESTING)
    add_executable(frazil_${name}_test ${arg_TESTS})
    target_link_libraries(
      frazil_${name}_test
      PRIVATE frazil_${name} rapidcheck rapidcheck_gtest GTest::gmock_main
    )
    frazil_program(frazil_${name}_test)
    # Properties draw the same cases in every run, so that a run tells of the change alone;
    # `./dev test properties` draws others.
    gtest_discover_tests(
      frazil_${name}_test
      DISCOVERY_TIMEOUT 60
      PROPERTIES LABELS unit TIMEOUT 60 ENVIRONMENT RC_PARAMS=seed=1
    )
  endif()
  if(arg_BENCHES AND FRAZIL_BUILD_BENCHES)
    add_executable(frazil_${name}_bench ${arg_BENCHES})
    target_link_libraries(frazil_${name}_bench PRIVATE frazil_${name} benchmark::benchmark_main)
    frazil_program(frazil_${name}_bench)
  endif()
  if(arg_FUZZERS AND FRAZIL_BUILD_FUZZERS)
    foreach(fuzzer IN LISTS arg_FUZZERS)
      cmake_path(GET fuzzer STEM stem)
      add_executable(frazil_${stem} ${fuzzer})
      target_link_libraries(frazil_${stem} PRIVATE frazil_${name} -fsanitize=fuzzer)
      frazil_program(frazil_${stem})
    endforeach()
  endif()
endfunction()

# Adds a room once, if it is there; its own DEPENDS come first.
function(frazil_add_room name)
  get_property(added GLOBAL PROPERTY FRAZIL_ROOMS_ADDED)
  if(name IN_LIST added OR NOT EXISTS ${PROJECT_SOURCE_DIR}/src/${name}/CMakeLists.txt)
    return()
  endif()
  set_property(GLOBAL APPEND PROPERTY FRAZIL_ROOMS_ADDED ${name})
  add_subdirectory(${PROJECT_SOURCE_DIR}/src/${name} ${PROJECT_BINARY_DIR}/src/${name})
endfunction()

function(frazil_add_rooms)
  if(FRAZIL_ROOMS)
    set(rooms ${FRAZIL_ROOMS})
  else()
    set(rooms ${FRAZIL_MODULES})
  endif()
  foreach(room IN LISTS rooms)
    frazil_add_room(${room})
  endforeach()
endfunction()
