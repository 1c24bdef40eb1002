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
endif()
