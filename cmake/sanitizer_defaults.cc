// What the sanitizers must know about the libraries that are not instrumented. Linked into every
// program of a build with FRAZIL_SANITIZE; the environment (ASAN_OPTIONS, ...) still overrides.

#define FRAZIL_SANITIZER_HOOK extern "C" __attribute__((visibility("default"), used))

// Containers that a library fills are not annotated, so their overflow check sees ghosts; two
// libraries that carry a copy of the same vendored global are no defect of ours.
FRAZIL_SANITIZER_HOOK const char* __asan_default_options() {
  return "detect_container_overflow=0:detect_odr_violation=0:detect_stack_use_after_"
         "return=1:"
         "check_initialization_order=1:strict_init_order=1:allocator_may_return_null=1";
}

FRAZIL_SANITIZER_HOOK const char* __ubsan_default_options() {
  return "print_stacktrace=1:halt_on_error=1";
}

// Memory that libraries keep for the life of the process, and what librdkafka forgets of a question
// whose coordinator is still looked for when its client ends.
FRAZIL_SANITIZER_HOOK const char* __lsan_default_suppressions() {
  return "leak:libarrow\n"
         "leak:libparquet\n"
         "leak:libduckdb\n"
         "leak:libcrypto\n"
         "leak:rd_kafka_global_init\n"
         "leak:rd_kafka_coord_req\n";
}

FRAZIL_SANITIZER_HOOK const char* __lsan_default_options() {
  return "print_suppressions=0";
}

FRAZIL_SANITIZER_HOOK const char* __tsan_default_options() {
  return "second_deadlock_stack=1:ignore_noninstrumented_modules=1:atexit_sleep_ms=0";
}

// librdkafka is linked in without instrumentation, so its own locks and atomics are invisible.
FRAZIL_SANITIZER_HOOK const char* __tsan_default_suppressions() {
  return "race:rd_kafka_\n"
         "race:rdk_thread\n"
         "race:rd_\n"
         "called_from_lib:libarrow.so\n"
         "called_from_lib:libparquet.so\n"
         "called_from_lib:libduckdb.so\n"
         "mutex:rd_kafka_\n";
}
