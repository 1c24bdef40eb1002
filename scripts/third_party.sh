#!/usr/bin/env bash
# Gets the third-party parts that third_party.lock names, and nothing else gets any.
#
#   scripts/third_party.sh install <group>...   build test bench fuzz integration interop peers lint
#   scripts/third_party.sh prefix <part>        where a part is: arrow duckdb simdjson rdkafka kafka
#                                               rest spark connect flink spark-kafka
#                                               python-integration python-interop python-peers
#                                               python-lint
#
# Parts live outside the tree, in a folder each that is named after its lines in the lock and this
# script's recipe; a folder that exists is complete, so a second run does nothing and needs no network.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
lock=$root/third_party.lock
cache=${FRAZIL_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/frazil}

say() { printf 'third_party: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

# lines <group> <kind>: "name version sha256" of each matching line of the lock.
lines() { awk -v g="$1" -v k="$2" '$1 == g && $2 == k { print $3, $4, $5 }' "$lock"; }

# field <kind> <name> <2 version | 3 sha256>
field() {
  awk -v k="$1" -v n="$2" -v f="$3" '$2 == k && $3 == n { print $(f + 2); found = 1 }
    END { exit !found }' "$lock" || die "third_party.lock has no line for $1 $2"
}

pom() {
  local file=$root/tests/servers/$1/pom.xml
  [[ -f $file ]] || file=$root/bench/systems/$1/pom.xml
  echo "$file"
}

digest() { sha256sum | cut -c1-12; }

# The folder of each part: its version for people, a hash of what it is made from for truth.
# The number at the end of each hashed text is that of the recipe below: raise it with the recipe.
prefix() {
  local pyarrow duckdb simdjson kafka
  case $1 in
    arrow)
      pyarrow=$(field wheel pyarrow 3)
      echo "$cache/arrow-$(field wheel pyarrow 2)-$(echo "$pyarrow 1" | digest)" ;;
    duckdb)
      duckdb="$(field npm @duckdb/node-bindings-linux-x64 3) $(field npm duckdb 3)"
      echo "$cache/duckdb-$(field npm duckdb 2)-$(echo "$duckdb 2" | digest)" ;;
    simdjson)
      simdjson=$(field npm @nozbe/simdjson 3)
      echo "$cache/simdjson-$(field npm @nozbe/simdjson 2)-$(echo "$simdjson 2" | digest)" ;;
    rdkafka)
      kafka=$(field npm @confluentinc/kafka-javascript 3)
      echo "$cache/rdkafka-$(field npm @confluentinc/kafka-javascript 2)-$(echo "$kafka 2" | digest)" ;;
    python-*)
      echo "$cache/$1-$( (lines "${1#python-}" python; echo 1) | digest)" ;;
    kafka | rest | spark | connect | flink | spark-kafka)
      echo "$cache/$1-$(field maven "$1" 2)-$( (cat "$(pom "$1")"; field maven "$1" 3) | digest)" ;;
    *) die "no part named $1" ;;
  esac
}

# --- Debian ---------------------------------------------------------------------------------------

# A tool that is there already wins over its package: another npm, Java or Maven than Debian's would
# otherwise conflict with it.
has_apt() {
  case $1 in
    python3 | python3-pip | python3-venv)
      python3 -c 'import ensurepip, pip, venv' 2> /dev/null && return ;;
    npm) command -v npm > /dev/null && return ;;
    default-jre-headless) command -v java > /dev/null && return ;;
    maven) command -v mvn > /dev/null && return ;;
  esac
  local installed
  installed=$(dpkg-query -W -f '${db:Status-Status} ${Version}' "$1" 2> /dev/null) || return 1
  [[ $installed == installed\ * ]] && dpkg --compare-versions "${installed#* }" ge "$2"
}

install_apt() {
  local name version missing=() sudo=()
  while read -r name version _; do
    has_apt "$name" "$version" || missing+=("$name")
  done < <(lines "$1" apt)
  ((${#missing[@]})) || return 0
  command -v apt-get > /dev/null || die "needs these, and has no apt-get: ${missing[*]}"
  if ((EUID)); then sudo=(sudo); fi
  say "apt-get install ${missing[*]}"
  "${sudo[@]}" apt-get -qq update
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get -qq -y --no-install-recommends install "${missing[@]}" > /dev/null
  while read -r name version _; do
    has_apt "$name" "$version" || die "needs $name >= $version, which apt does not offer"
  done < <(lines "$1" apt)
}

# --- Fetching -------------------------------------------------------------------------------------

verified() { [[ -f $1 && $(sha256sum < "$1" | cut -d' ' -f1) == "$2" ]]; }

# fetch_npm <name>: the path of the verified tarball. `npm pack` runs no script of a fetched package.
fetch_npm() {
  local version sha256 file
  version=$(field npm "$1" 2)
  sha256=$(field npm "$1" 3)
  file=$cache/downloads/${1#@}-$version.tgz
  if ! verified "$file" "$sha256"; then
    say "npm pack $1@$version"
    mkdir -p "$(dirname "$file")" "$work/npm"
    rm -f "$work"/npm/*
    (cd "$work/npm" && npm pack --ignore-scripts --silent "$1@$version" > /dev/null)
    verified "$(echo "$work"/npm/*.tgz)" "$sha256" || die "$1@$version: checksum differs from the lock"
    mv "$work"/npm/*.tgz "$file"
  fi
  echo "$file"
}

fetch_wheel() {
  local version sha256 file
  version=$(field wheel "$1" 2)
  sha256=$(field wheel "$1" 3)
  file=$cache/downloads/$1-$version.whl
  if ! verified "$file" "$sha256"; then
    say "pip download $1==$version"
    mkdir -p "$work/wheel"
    echo "$1==$version --hash=sha256:$sha256" > "$work/wheel.txt"
    python3 -m pip download --quiet --disable-pip-version-check --no-deps --require-hashes \
      --only-binary=:all: --implementation cp --python-version 3.11 \
      --platform manylinux_2_28_x86_64 --dest "$work/wheel" -r "$work/wheel.txt" \
      || die "$1==$version: not to be had, or its checksum differs from the lock"
    mkdir -p "$cache/downloads"
    mv "$work"/wheel/*.whl "$file"
  fi
  echo "$file"
}

# make_part <part> <function>: runs the function in an empty folder that becomes the part's folder.
make_part() {
  local target
  target=$(prefix "$1")
  if [[ -d $target ]]; then return 0; fi
  local start=$SECONDS
  rm -rf "$work/part"
  mkdir -p "$work/part"
  (cd "$work/part" && "$2" "$target")
  mv "$work/part" "$target"
  say "$1 is ready after $((SECONDS - start)) s"
}

# --- The parts of a build -------------------------------------------------------------------------

make_arrow() {
  local wheel library
  wheel=$(fetch_wheel pyarrow)
  python3 -m zipfile -e "$wheel" "$work/pyarrow"
  mkdir lib
  mv "$work/pyarrow/pyarrow/include" .
  for library in arrow arrow_compute arrow_acero arrow_dataset arrow_s3 parquet; do
    mv "$work"/pyarrow/pyarrow/lib$library.so.[0-9]* lib/
    ln -s "$(basename lib/lib$library.so.[0-9]*)" "lib/lib$library.so"
  done
  chmod 755 lib/*.so.*
  cp "$work"/pyarrow/pyarrow-*.dist-info/licenses/* . 2> /dev/null || true
  rm -rf "$work/pyarrow"
}

make_duckdb() {
  mkdir include lib
  tar -xzf "$(fetch_npm @duckdb/node-bindings-linux-x64)" --strip-components=1 \
    package/libduckdb.so package/LICENSE
  mv libduckdb.so lib/
  tar -xzf "$(fetch_npm duckdb)" -C include --strip-components=5 package/src/duckdb/src/include/duckdb.h
  chmod 755 lib/libduckdb.so
}

make_simdjson() {
  tar -xzf "$(fetch_npm @nozbe/simdjson)" --strip-components=1 package/src package/LICENSE
  mv src/* .
  rmdir src
}

# librdkafka's configure drops what it finds no header for without a word, so the result is asked.
make_rdkafka() {
  local source=$work/rdkafka features feature
  rm -rf "$source"
  mkdir -p "$source" lib include/librdkafka
  tar -xzf "$(fetch_npm @confluentinc/kafka-javascript)" -C "$source" --strip-components=3 \
    package/deps/librdkafka
  say "building librdkafka"
  (
    cd "$source"
    # Threads by pthread: the thread sanitizer does not know C11's.
    ./configure --prefix="$1" --disable-gssapi --disable-lz4-ext --disable-syslog \
      --disable-c11threads \
      --enable-zstd --enable-zlib --enable-ssl --enable-curl \
      --CFLAGS='-O2 -fPIC -march=x86-64-v3'
    make -C src -j "$(nproc)" librdkafka.a
  ) > "$cache/rdkafka-build.log" 2>&1 || {
    tail -n 30 "$cache/rdkafka-build.log" >&2
    die "librdkafka does not build; all of it is in $cache/rdkafka-build.log"
  }
  cp "$source/src/librdkafka.a" lib/
  cp "$source"/src/rdkafka.h "$source"/src/rdkafka_mock.h include/librdkafka/
  cp "$source/LICENSE" .
  cat > "$work/features.c" <<'C'
#include <librdkafka/rdkafka.h>
#include <stdio.h>
int main(void) {
  char text[512];
  size_t size = sizeof text;
  if (rd_kafka_conf_get(rd_kafka_conf_new(), "builtin.features", text, &size)) return 1;
  printf("%s %s\n", rd_kafka_version_str(), text);
  return 0;
}
C
  gcc -Iinclude "$work/features.c" lib/librdkafka.a -lssl -lcrypto -lcurl -lzstd -lz -lm -ldl \
    -lpthread -o "$work/features"
  features=$("$work/features")
  echo "$features" > features.txt
  for feature in gzip snappy lz4 zstd ssl sasl_plain sasl_scram sasl_oauthbearer http oidc; do
    [[ ,${features#* }, == *,$feature,* ]] || die "librdkafka came out without $feature: $features"
  done
  rm -rf "$source"
}

# --- The parts of tests and tools -----------------------------------------------------------------

# A virtual environment with exactly the group's packages. It cannot be moved once it is made, so a
# file inside says that it is complete.
make_python() {
  local group=$1 target python file
  target=$(prefix "python-$group")
  if [[ -f $target/complete ]]; then return 0; fi
  for python in python3.11 /usr/bin/python3 python3; do
    [[ $("$python" -c 'import sys; print(*sys.version_info[:2])' 2> /dev/null) == '3 11' ]] && break
  done
  say "pip install, into $target"
  rm -rf "$target"
  "$python" -m venv "$target"
  lines "$group" python | awk '{ print $1 "==" $2 " --hash=sha256:" $3 }' > "$target/requirements.txt"
  grep -E '^(wheel|packaging)==' "$target/requirements.txt" > "$target/first.txt" || true
  # Wheels run nothing when they are installed. The source archives are those with PySpark's and
  # Flink's jars; they are set up with what was installed before, not with what pip would fetch.
  for file in first requirements; do
    [[ -s $target/$file.txt ]] || continue
    "$target/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps \
      --no-build-isolation --require-hashes -r "$target/$file.txt" \
      || die "the Python packages of $group: not to be had, or a checksum differs from the lock"
  done
  touch "$target/complete"
}

make_jars() {
  local found
  mvn -q -B -f "$(pom "$1")" \
    org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies \
    -DoutputDirectory="$PWD" > "$work/maven.log" \
    || { cat "$work/maven.log" >&2; die "Maven cannot get the jars of $1"; }
  found=$(sha256sum -- *.jar | LC_ALL=C sort | sha256sum | cut -d' ' -f1)
  [[ $found == "$(field maven "$1" 3)" ]] || die "the jars of $1 differ from the lock: $found"
}
make_kafka() { make_jars kafka; }
make_rest() { make_jars rest; }
make_spark() { make_jars spark; }
make_connect() { make_jars connect; }
make_flink() { make_jars flink; }
make_spark_kafka() { make_jars spark-kafka; }

# --- The command line -----------------------------------------------------------------------------

# A system's own part wins where it will do; cmake/Dependencies.cmake asks the same questions.
install_group() {
  install_apt "$1"
  case $1 in
    build)
      pkg-config --exists 'arrow >= 26 arrow < 27' 'parquet >= 26 parquet < 27' || make_part arrow make_arrow
      grep -qs 'PACKAGE_VERSION "1.4.4"' /usr/{,local/}lib/{,*/}cmake/DuckDB/DuckDBConfigVersion.cmake \
        || make_part duckdb make_duckdb
      make_part simdjson make_simdjson
      pkg-config --exists 'rdkafka >= 2.12' || make_part rdkafka make_rdkafka
      ;;
    integration)
      make_part kafka make_kafka
      make_part rest make_rest
      make_python integration
      ;;
    interop)
      make_part spark make_spark
      make_python interop
      ;;
    peers)
      make_part connect make_connect
      make_part flink make_flink
      make_part spark-kafka make_spark_kafka
      make_python peers
      ;;
    lint)
      make_python lint
      ;;
  esac
}

case ${1:-} in
  prefix)
    prefix "${2:?which part?}"
    ;;
  install)
    shift
    mkdir -p "$cache"
    exec 9> "$cache/lock"
    flock 9
    work=$(mktemp -d "$cache/work.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    for group in "$@"; do
      case $group in
        build | test | bench | fuzz | integration | interop | peers | lint)
          install_group "$group"
          ;;
        *) die "no group named $group" ;;
      esac
    done
    ;;
  *)
    sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"
    [[ ${1:-} == help ]] || exit 2
    ;;
esac
