#!/usr/bin/env bash
# Runs each fuzz target for some seconds (60 by default): smoke.sh [SECONDS [TARGET ...]]
# Needs a nightly toolchain and cargo-fuzz (cargo install cargo-fuzz).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
seconds=${1:-60}
shift || true
[ "$#" -gt 0 ] || set -- walk edit structure filter
python3 seed.py
for target in "$@"; do
    echo "=== $target, $seconds s"
    cargo +nightly fuzz run --fuzz-dir . "$target" -- -max_total_time="$seconds" -max_len=65536 -timeout=10 \
        -rss_limit_mb=1024 -malloc_limit_mb=512 -print_final_stats=0 -verbosity=0
done
echo "no target found anything in $seconds s"
