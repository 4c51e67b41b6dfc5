#!/bin/sh
# That tools/check-style and tools/check-arrows notice what they are there for: a tree with one
# planted breach a line is checked, and each must be told, by place.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
mkdir -p "$tree/tools" "$tree/tests" "$tree/src/channel/edge" "$tree/src/policy" "$tree/src/gate" \
    "$tree/src/proc" "$tree/src/unknown"
cp "$root/tools/check-style" "$root/tools/check-arrows" "$tree/tools/"

cat >"$tree/src/channel/edge/edge.c" <<'END'
/* A channel that wants too much. */
#include "gate/directory.h"
#include "store/store.h"
#include "ledger/ledger.h"
#include "office/office.h"
#include "edge.h"
static struct secret *stolen;
#include "proc/proc.h" /* not "gate/gate.h" */
END
cat >"$tree/src/policy/policy.c" <<'END'
/* A policy that reads. */
#include <fcntl.h>
#include "base/log.h"
static int file(void) { return open("policy.yaml"); }
static long now(void) { return clock_wall_us(0); }
static int policy_open(void) { return reopen("open("); }
END
printf '/* Down. */\n#include "store/fetch.h"\n#include "office/office.h"\n' >"$tree/src/gate/gate.c"
printf '/* Disclosure. */\n#include "store/fetch.h"\n' >"$tree/src/proc/proc.c"
printf '/* No row. */\n' >"$tree/src/unknown/unknown.c"
{
    printf '/* Long. */\nstatic void exactly(void)\n{\n'
    yes '    ;' | head -n 67
    printf '}\n\nstatic void over(void)\n{\n'
    yes '    ;' | head -n 68
    printf '}\n\nstatic void jump(void)\n{\n    goto end; /* goto */\nend:\n\treturn;\n}\n'
    printf '// No.\n'
    yes '/* x */' | head -n 1000
} >"$tree/src/gate/long.c"
printf 'int bare;\n' >"$tree/src/gate/bare.c"

told=$("$tree/tools/check-arrows") && { echo "check-arrows passed a breach"; exit 1; }
for place in channel/edge/edge.c:2 channel/edge/edge.c:3 channel/edge/edge.c:4 \
    channel/edge/edge.c:5 channel/edge/edge.c:6 channel/edge/edge.c:7 policy/policy.c:2 \
    policy/policy.c:3 policy/policy.c:4 policy/policy.c:5 gate/gate.c:3 proc/proc.c:2 \
    unknown/unknown.c:1; do
    echo "$told" | grep -q "^src/$place: " || { echo "not told: $place"; exit 1; }
done
for place in channel/edge/edge.c:8 policy/policy.c:6 gate/gate.c:2; do
    echo "$told" | grep "^src/$place: " && { echo "told wrongly: $place"; exit 1; }
done

told=$("$tree/tools/check-style") && { echo "check-style passed a breach"; exit 1; }
for place in gate/long.c:73 gate/long.c:147 gate/long.c:149 gate/long.c:151 gate/long.c:1151 \
    gate/bare.c:1; do
    echo "$told" | grep -q "^src/$place: " || { echo "not told: $place"; echo "$told"; exit 1; }
done
echo "$told" | grep "long.c:2: " && { echo "told wrongly: 70 lines"; exit 1; }
exit 0
