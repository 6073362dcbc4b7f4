#!/usr/bin/env bash
# Runs every check and every test, and sums them up: `N passed, N failed` is the last line.
#
# Works as root (installs what is missing with apt-get) and as an ordinary user (says what is
# missing). Brings its own PostgreSQL, unless TEST_POSTGRES_URL names one, and leaves nothing behind.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")"
export CARGO_TERM_COLOR=never
# Where everything is built once, what a later build would use again only fills the disk.
if [ "${CI:-}" = true ]; then export CARGO_INCREMENTAL=0; fi

passed=0
failed=0
postgres=""
work=$(mktemp -d "${TMPDIR:-/tmp}/tradepost-test.XXXXXX")

finish() {
  local status=$?
  set +e
  trap - EXIT INT TERM
  if [ -n "$postgres" ]; then
    kill -INT "$postgres" 2>/dev/null
    wait "$postgres" 2>/dev/null
  fi
  rm -rf -- "$work"
  # Ended before the end: by an error of this script, or by somebody.
  if [ "$status" -ne 0 ]; then failed=$((failed + 1)); fi
  echo
  echo "$passed passed, $failed failed"
  if [ "$failed" -eq 0 ]; then exit 0; else exit 1; fi
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# step NAME LOG COMMAND...: runs a command, shows and keeps what it prints, tells how long it took.
# Its status is the command's.
step() {
  local name=$1 log=$2 begin=$SECONDS status=0
  shift 2
  echo
  echo "==> $name"
  "$@" 2>&1 | tee -- "$log" || status=$?
  if [ "$status" -eq 0 ]; then
    echo "<== $name: done in $((SECONDS - begin)) s"
  else
    echo "<== $name: FAILED after $((SECONDS - begin)) s"
  fi
  return "$status"
}

# check NAME COMMAND...: a step that counts as one test.
check() {
  local name=$1
  shift
  if step "$name" "$work/check.log" "$@"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
  fi
}

# add NAME STATUS PASSED FAILED: counts a suite. One that ended badly without naming a failed test,
# or in which no test ran, has failed as well.
add() {
  local name=$1 status=$2 good=$3 bad=$4
  if [ "$bad" -eq 0 ] && { [ "$status" -ne 0 ] || [ "$good" -eq 0 ]; }; then bad=1; fi
  echo "    $name: $good passed, $bad failed"
  passed=$((passed + good))
  failed=$((failed + bad))
}

# --- what is needed ------------------------------------------------------------------------------

postgres_tools() {
  local folder
  if ! command -v initdb >/dev/null; then
    for folder in /usr/lib/postgresql/*/bin; do
      if [ -x "$folder/initdb" ]; then PATH=$folder:$PATH; fi
    done
  fi
  command -v initdb >/dev/null
}

missing_packages() {
  if [ -z "${TEST_POSTGRES_URL:-}" ] && ! postgres_tools; then echo postgresql; fi
  command -v chromium >/dev/null || echo chromium
  command -v strace >/dev/null || echo strace
  command -v curl >/dev/null || echo curl
  command -v jq >/dev/null || echo jq
  python3 -c 'import ensurepip, venv' 2>/dev/null || echo python3-venv
  command -v mvn >/dev/null || echo maven
}

install_missing() {
  local packages
  packages=$(missing_packages | tr '\n' ' ')
  if [ -z "$packages" ]; then return; fi
  echo "Missing: $packages"
  # shellcheck disable=SC2086 # a list of words
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update
    DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends $packages
  else
    echo "Only root can install them. Run this once, then ./test.sh again:"
    echo "    sudo apt-get install $packages"
    echo "Until then what needs them fails."
  fi
}

needs() {
  if ! command -v "$1" >/dev/null; then
    echo "$1 is missing: $2"
    exit 1
  fi
}

# --- PostgreSQL ----------------------------------------------------------------------------------

free_port() {
  node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })'
}

# PostgreSQL refuses to run as root.
as_ordinary_user() {
  if [ "$(id -u)" = 0 ]; then
    exec setpriv --reuid=nobody --regid=nogroup --clear-groups "$@"
  else
    exec "$@"
  fi
}

# A cluster of our own, which needs to survive nothing.
start_postgres() {
  local folder=$work/postgres port
  if ! postgres_tools; then return 1; fi
  mkdir "$folder"
  if [ "$(id -u)" = 0 ]; then
    chmod 711 "$work"
    chown nobody "$folder"
  fi
  # Not from a folder that the other user may not enter.
  (cd / && as_ordinary_user initdb -D "$folder/data" -U test --auth=trust -E UTF8 --no-sync) || return 1
  port=$(free_port)
  (
    cd / && as_ordinary_user postgres -D "$folder/data" -p "$port" -c listen_addresses=127.0.0.1 \
      -c unix_socket_directories= -c max_connections=200 \
      -c fsync=off -c synchronous_commit=off -c full_page_writes=off
  ) >"$work/postgres.log" 2>&1 &
  postgres=$!
  for _ in $(seq 300); do
    if psql -h 127.0.0.1 -p "$port" -U test -d postgres -Atc 'SELECT version()' 2>/dev/null; then
      export TEST_POSTGRES_URL="postgres://test@127.0.0.1:$port/postgres"
      return
    fi
    if ! kill -0 "$postgres" 2>/dev/null; then break; fi
    sleep 0.1
  done
  cat -- "$work/postgres.log"
  return 1
}

# --- suites --------------------------------------------------------------------------------------

# cargo_tests NAME COMMAND...: runs cargo's tests and counts them.
cargo_tests() {
  local name=$1 log=$work/cargo.log status=0 counts
  shift
  step "$name" "$log" "$@" || status=$?
  # A suite that was started and gave no result has crashed.
  counts=$(awk '
    /^ +Running .*\)$/ || /^ +Doc-tests / { crashed += open; open = 1 }
    /^test result: / {
      open = 0
      for (i = 2; i <= NF; i++) {
        if ($i == "passed;") good += $(i - 1)
        if ($i == "failed;") bad += $(i - 1)
      }
    }
    END { print good + 0, bad + crashed + open }
  ' "$log")
  # shellcheck disable=SC2086 # two numbers
  add "$name" "$status" $counts
}

# Finds files that no crate knows: what is in them is never compiled, and their tests never run.
stray_files() {
  local file name crate part status=0
  for file in crates/*/{src,tests}/**/*.rs bench/{src,tests}/**/*.rs; do
    name=$(basename -- "$file" .rs)
    if [ "$name" = mod ]; then name=$(basename -- "$(dirname -- "$file")"); fi
    part=src
    case $file in
      */lib.rs | */main.rs | */tests/"$name".rs) continue ;;
      */tests/*) part=tests ;;
    esac
    crate=${file%%/"$part"/*}
    if ! grep -rqE "\\bmod $name;|^    $name,$" --include=*.rs -- "$crate/$part"; then
      echo "$file is no module of $crate"
      status=1
    fi
  done
  return "$status"
}

# Searches for records that the two protocol parsers stumble over, for a short while.
fuzz() {
  if ! cargo fuzz --version >/dev/null 2>&1; then cargo install cargo-fuzz --locked; fi
  cd crates/signalr
  for parser in json messagepack; do
    # The sanitizers are unstable options of the stable compiler.
    mkdir -p "fuzz/corpus/$parser"
    RUSTC_BOOTSTRAP=1 cargo fuzz run "$parser" "fuzz/corpus/$parser" "fuzz/seeds/$parser" -- \
      -max_total_time=20 -max_len=4096
  done
}

browser_tests() {
  local target
  cargo build -p tradepost
  cargo build -p signalr-server --example testhub
  target=$(cargo metadata --no-deps --format-version 1 | node -p 'JSON.parse(require("fs").readFileSync(0)).target_directory')
  export TRADEPOST_BIN=$target/debug/tradepost TESTHUB_BIN=$target/debug/examples/testhub
  cd e2e
  npm ci
  signalr/python/setup.sh
  schemathesis/setup.sh
  minecraft/prepare.sh
  node --test --test-concurrency=2 --test-timeout=900000 \
    --test-reporter=spec --test-reporter-destination=stdout \
    --test-reporter=tap --test-reporter-destination="$1"
}

end_to_end_tests() {
  local tap=$work/e2e.tap status=0 counts
  : >"$tap"
  # A shell of its own, so that the first command that fails ends it.
  export -f browser_tests
  step "end-to-end tests" "$work/e2e.log" bash -euo pipefail -c 'browser_tests "$1"' bash "$tap" || status=$?
  counts=$(awk '
    /^# pass [0-9]+$/ { good += $3 }
    /^# (fail|cancelled) [0-9]+$/ { bad += $3 }
    END { print good + 0, bad + 0 }
  ' "$tap")
  # shellcheck disable=SC2086 # two numbers
  add "end-to-end tests" "$status" $counts
}

# --- all of it -----------------------------------------------------------------------------------

needs cargo "install Rust from https://rustup.rs"
needs node "install Node.js 20.11 or later"
needs npm "it comes with Node.js"
step "packages" "$work/packages.log" install_missing || true
if [ -z "${TEST_POSTGRES_URL:-}" ]; then
  echo
  echo "==> PostgreSQL"
  if ! start_postgres; then
    # Half of the tests would not run, and would not say so.
    echo "PostgreSQL does not start."
    failed=$((failed + 1))
  fi
fi

check "every file is compiled" bash -euo pipefail -O globstar -O nullglob -c "$(declare -f stray_files); stray_files"
check "cargo fmt" cargo fmt --all --check
check "cargo clippy" cargo clippy --workspace --all-targets -- -D warnings
cargo_tests "cargo test" cargo test --workspace --no-fail-fast
# These open one engine at a time; the run above took SQLite.
cargo_tests "pages on PostgreSQL" env TEST_ENGINE=postgres \
  cargo test -p tradepost-site --no-fail-fast --test shop --test dashboard
check "fuzzing" bash -euo pipefail -c "$(declare -f fuzz); fuzz"
check "cargo doc" env RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps
end_to_end_tests
