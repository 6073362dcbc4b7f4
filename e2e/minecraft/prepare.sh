#!/usr/bin/env bash
# Builds the Minecraft server and fetches the player that the tests in this folder need. Does again
# only what has changed. As root on Debian it installs what is missing.
#
# Needs a JDK of version 21 or newer (JAVA_HOME may name it), Maven and Node.js.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")"
least_java=21

# The version of the JDK in a folder; nothing where there is none.
version_of() {
  if [ -n "$1" ] && [ -x "$1/bin/javac" ]; then sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$1/release"; fi
}

find_jdk() {
  local javac home
  javac=$(command -v javac || true)
  for home in "${JAVA_HOME:-}" "${javac:+$(dirname "$(dirname "$(readlink -f "$javac")")")}" \
    /usr/lib/jvm/* /opt/*; do
    if [ "$(version_of "$home")" -ge "$least_java" ] 2>/dev/null; then
      echo "$home"
      return
    fi
  done
  return 1
}

# Debian 13 has a JDK that is new enough, Debian 12 has none.
jdk_package() {
  apt-cache search --names-only '^openjdk-[0-9]+-jdk-headless$' |
    sed 's/^openjdk-\([0-9]*\)-.*/\1/' | sort -n | tail -n 1 |
    while read -r version; do
      if [ "$version" -ge "$least_java" ]; then echo "openjdk-$version-jdk-headless"; fi
    done
}

install_missing() {
  local packages=()
  if find_jdk >/dev/null && command -v mvn >/dev/null; then return; fi
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then return; fi
  apt-get update
  if ! command -v mvn >/dev/null; then packages+=(maven); fi
  if ! find_jdk >/dev/null; then mapfile -t -O "${#packages[@]}" packages < <(jdk_package); fi
  if [ "${#packages[@]}" -gt 0 ]; then
    DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends "${packages[@]}"
  fi
}

build_server() {
  local jar=server/target/server.jar
  mkdir -p server/target
  # Where the tests find a Java that can run it.
  ln -sfn "$JAVA_HOME" server/target/jdk
  if [ -f "$jar" ] && [ -z "$(find server/pom.xml server/src -newer "$jar")" ]; then return; fi
  echo "Building the Minecraft server"
  # By their names, since the life cycle would fetch plugins that have nothing to do here.
  mvn --batch-mode --quiet --file server/pom.xml \
    compiler:compile dependency:copy-dependencies jar:jar
  touch "$jar"
}

fetch_player() {
  local fetched=node_modules/.fetched data=node_modules/minecraft-data/minecraft-data/data/bedrock
  if [ -f "$fetched" ] && [ ! package-lock.json -nt "$fetched" ]; then return; fi
  echo "Fetching the player"
  # It asks for a newer Node.js than it needs, which would be a warning.
  npm ci --no-audit --no-fund --loglevel=error
  # Three quarters of it are about another edition of the game.
  find "$data" -mindepth 1 -maxdepth 1 ! -name common -exec rm -rf {} +
  touch "$fetched"
}

install_missing
if ! JAVA_HOME=$(find_jdk) || ! command -v mvn >/dev/null; then
  echo "A JDK of version $least_java or newer and Maven are needed, e.g. from https://adoptium.net" >&2
  echo "and https://maven.apache.org. JAVA_HOME may name the JDK." >&2
  exit 1
fi
export JAVA_HOME
build_server
fetch_player
