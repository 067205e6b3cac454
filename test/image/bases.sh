#!/usr/bin/env bash
# Root file systems that stand in for the images' bases: Debian packages, unpacked and not configured.
# Usage: bases.sh FOLDER. Makes FOLDER/build (with a shell) and FOLDER/runtime (without one).
set -euo pipefail
folder=$1
mkdir -p "$folder/apt/lists/partial"
: > "$folder/apt/status"

apt() {
  apt-get -qq -o Dir::State="$folder/apt" -o Dir::State::lists="$folder/apt/lists" -o Dir::State::status="$folder/apt/status" \
    -o Dir::Cache="$folder/apt" -o Dir::Cache::archives="$archives" -o Dir::Etc::Preferences=/dev/null \
    -o APT::Sandbox::User=root -o APT::Install-Recommends=false -o Acquire::Retries=3 -o DPkg::Pre-Install-Pkgs::= "$@"
}

unpack() {
  local root=$1
  shift
  archives=$root.packages
  mkdir -p "$root" "$archives/partial"
  apt --download-only -y install "$@" > "$root.log" || { cat "$root.log" >&2; return 1; }
  # base-files first: it makes /bin and /lib links into /usr.
  dpkg -x "$archives"/base-files_*.deb "$root"
  for file in "$archives"/*.deb; do dpkg -x "$file" "$root"; done
}

archives=$folder/apt/archives
apt -o APT::Update::Error-Mode=any update
# libatomic1: what Node's own builds need beside the C++ library.
unpack "$folder/runtime" base-files libstdc++6 libatomic1
unpack "$folder/build" base-files libstdc++6 libatomic1 dash coreutils findutils
