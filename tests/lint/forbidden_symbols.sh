#!/usr/bin/env bash
# The pipeline and the emulator never call the operating system: no undefined symbol of the fenced archives may be one of
# these. (Copies such as strcpy are inlined by gcc and left to clang-tidy.)   usage: forbidden_symbols.sh BUILD_DIR
set -euo pipefail
build=$1
forbidden='time|gettimeofday|clock_gettime|clock|localtime|localtime_r|gmtime|mktime|strftime|rand|srand|random|rand_r|drand48|getrandom|getentropy|arc4random|getenv|secure_getenv|setenv|sleep|usleep|nanosleep|clock_nanosleep|pthread_.*|socket|connect|bind|listen|accept4?|send|recv|sendto|recvfrom|open|open64|openat|creat|read|write|close|fopen|fopen64|fread|fwrite|fclose|opendir|readdir|stat|fstat|lstat|mmap|fork|execv.*|system|popen|getpid|gethostname|qsort_r|sprintf|vsprintf|strcpy|strcat|atoi|atol|strtok|gets|setlocale|signal|sigaction'
heap='malloc|calloc|realloc|free|strdup|strndup|asprintf|vasprintf'
status=0
checked=0
check() { # archive pattern why
  local found
  found=$(nm -A -u "$1" 2>/dev/null | awk '{print $1, $NF}' | grep -E " ($2)(@.*)?$" || true)
  if [ -n "$found" ]; then
    echo "$3:"; echo "$found"; status=1
  fi
}
for archive in $(find "$build/src" "$build/emulator" -name 'libaforo_*.a' | sort); do
  case ${archive##*/} in # the name alone: a checkout may lie in a folder of any
    *adapter*|*front*|*emulator_store*|*libaforo_app*) continue ;;
  esac
  checked=$((checked + 1))
  check "$archive" "$forbidden" "$(basename "$archive") reaches the operating system"
  case $archive in
    *libaforo_base.a) ;;
    *) check "$archive" "$heap" "$(basename "$archive") allocates without an arena" ;;
  esac
done
base=$(find "$build/src" -name libaforo_base.a)
outside=$(nm -A -u "$base" | awk '{print $1, $NF}' | grep -E " ($heap)$" | grep -vE ':(arena|block)\.c\.o:' || true)
[ -z "$outside" ] || { echo "base allocates outside arena.c and block.c:"; echo "$outside"; status=1; }
[ "$checked" -ge 1 ] || { echo "no archive found under $build"; exit 1; }
echo "$checked archives checked"
exit $status
