# How the tests and examples in C and C++ are compiled and run.

if(SESSION_SANITIZE STREQUAL "valgrind")
  find_program(VALGRIND_EXECUTABLE valgrind REQUIRED)
  # A program whose memory is in disorder ends with 9, whichever tool finds it.
  set(session_launcher ${VALGRIND_EXECUTABLE} --quiet --leak-check=full --errors-for-leak-kinds=definite
    --show-leak-kinds=definite --num-callers=30 --error-exitcode=9)
elseif(SESSION_SANITIZE STREQUAL "address")
  set(session_launcher ${CMAKE_COMMAND} -E env ASAN_OPTIONS=detect_leaks=1:exitcode=9)
elseif(SESSION_SANITIZE)
  message(FATAL_ERROR "SESSION_SANITIZE is `${SESSION_SANITIZE}`; it can be `address` or `valgrind`")
endif()

# session_program(name language standard): how a program is compiled: warnings as errors, with the shared library.
function(session_program name language standard)
  set_target_properties(${name} PROPERTIES
    ${language}_STANDARD ${standard} ${language}_STANDARD_REQUIRED ON ${language}_EXTENSIONS OFF)
  target_compile_options(${name} PRIVATE -Wall -Wextra -pedantic -Werror)
  target_link_libraries(${name} PRIVATE session::session)
  if(SESSION_SANITIZE STREQUAL "address")
    target_compile_options(${name} PRIVATE -fsanitize=address -fno-omit-frame-pointer)
    target_link_options(${name} PRIVATE -fsanitize=address)
  endif()
  set_property(GLOBAL APPEND PROPERTY session_programs ${name})
endfunction()

# session_c_program(name [file...]): name.c of this folder as C99, with other files if it needs them.
function(session_c_program name)
  add_executable(${name} ${name}.c ${ARGN})
  session_program(${name} C 99)
endfunction()

# session_run(name [server...]): runs a program by ctest; if servers are named (see tests/servers), once with each. If
# name_PRINTS is set, the program must print that.
function(session_run name)
  set(command ${session_launcher} $<TARGET_FILE:${name}>)
  if(DEFINED ${name}_PRINTS)
    list(PREPEND command ${PROJECT_SOURCE_DIR}/tests/prints.sh "${${name}_PRINTS}")
  endif()
  if(NOT ARGN)
    add_test(NAME ${name} COMMAND ${command})
  endif()
  foreach(server ${ARGN})
    add_test(NAME ${name}.${server} COMMAND ${PROJECT_SOURCE_DIR}/tests/servers/with_server.py ${server} -- ${command})
  endforeach()
endfunction()
