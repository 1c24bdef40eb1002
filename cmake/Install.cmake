include_guard(GLOBAL)

# `cmake --install` gives bin/frazil and lib/ with the libraries that no distribution has; the tree
# runs from wherever it is moved to.
if(TARGET frazil)
  set_target_properties(frazil PROPERTIES INSTALL_RPATH "$ORIGIN/../lib")
  install(TARGETS frazil RUNTIME DESTINATION bin)
  install(
    FILES ${FRAZIL_BUNDLED_LIBRARIES}
    DESTINATION lib
    PERMISSIONS
      OWNER_READ
      OWNER_WRITE
      OWNER_EXECUTE
      GROUP_READ
      GROUP_EXECUTE
      WORLD_READ
      WORLD_EXECUTE
  )
  foreach(part IN ITEMS arrow duckdb rdkafka simdjson)
    if(${part} AND IS_DIRECTORY ${${part}})
      file(GLOB licenses ${${part}}/LICENSE* ${${part}}/NOTICE*)
      install(FILES ${licenses} DESTINATION ${CMAKE_INSTALL_DOCDIR}/licenses/${part})
    endif()
  endforeach()
  install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
endif()
