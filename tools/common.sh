# Shared by ./run and ./test (sourced by bash, from the root of the tree): installing what is
# missing, and building. Nothing here needs the network when nothing is missing.

# Debian packages that building and running need; ./test needs its own on top.
packages_run=(gcc libc6-dev binutils meson ninja-build pkgconf openssl curl ca-certificates
    libssl-dev libsodium-dev libnghttp2-dev libevent-dev libsqlite3-dev libjansson-dev libfyaml-dev
    libunistring-dev libxml2-dev libseccomp-dev libpango1.0-dev libcairo2-dev libqrencode-dev
    fonts-noto-core)
packages_test=(clang lld libclang-rt-14-dev clang-format libcmocka-dev chromium strace poppler-utils)

say() {
    printf '%s\n' "$*" >&2
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        say "dancu: '$*' needs root; there is no sudo here, so run it yourself as root"
        return 1
    fi
}

# Installs those of the named Debian packages that are not installed. One question to dpkg first,
# so that a second start costs nothing.
need_packages() {
    local package status missing=()
    if ! command -v dpkg-query >/dev/null; then
        say "dancu: this is not Debian; taking for granted what these packages hold: $*"
        return 0
    fi
    declare -A installed=()
    while read -r package status; do
        if [ "$status" = installed ]; then
            installed[$package]=1
        fi
    done < <(dpkg-query -W -f='${Package} ${db:Status-Status}\n' "$@" 2>/dev/null)
    for package in "$@"; do
        [ -n "${installed[$package]:-}" ] || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    say "dancu: installing ${missing[*]}"
    local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300
        -o Acquire::Retries=3)
    as_root "${apt[@]}" update >&2 || say "dancu: apt-get update failed; trying with the lists there are"
    as_root "${apt[@]}" install --no-install-recommends "${missing[@]}" >&2
}

# The users that the processes become when the server is started as root (src/proc/proc.h).
need_users() {
    local user
    [ "$(id -u)" = 0 ] || return 0
    for user in dancu dancu-front; do
        id "$user" >/dev/null 2>&1 ||
            useradd --system --user-group --no-create-home --home-dir /nonexistent \
                --shell /usr/sbin/nologin "$user"
    done
}

# Clients and readers that are not ours, exactly as pinned in package-lock.json, and with them the
# pinned Node 22 (the npm packages node-linux-*: the same binaries as the package `node`, which would
# fetch them unpinned at install). Whatever npm is there does; Debian's when there is none.
need_node_modules() {
    local stamp=node_modules/.dancu-stamp sum
    sum=$(cat package.json package-lock.json | sha256sum)
    [ "$(cat "$stamp" 2>/dev/null)" != "$sum" ] || return 0
    if ! command -v npm >/dev/null || ! command -v node >/dev/null; then
        need_packages nodejs npm || return 1
    fi
    say "dancu: installing the test clients of package-lock.json"
    npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2 || return 1
    # npm 9 forgets this link when it leaves out the other machine's package, which has it too.
    ln -sfn "$(cd node_modules && echo node-linux-*/bin/node | sed 's|^|../|')" node_modules/.bin/node
    node_modules/.bin/node --version >&2 || return 1
    printf '%s' "$sum" >"$stamp"
}

declare -A linkers=([gcc]=bfd [clang]=lld)

# build_tree FOLDER COMPILER [MESON OPTION...]: sets the folder up once and builds what changed.
# The stamp notices a changed option and a room or test that has appeared, which ninja cannot.
build_tree() {
    local folder=$1 compiler=$2 stamp seen
    shift 2
    seen=$(printf '%s\n' "$compiler" "$@"; ls src/*/meson.build tests/unit/*/meson.build \
        tests/fuzz/fuzz_*.c 2>/dev/null)
    stamp=$folder/.dancu-stamp
    if [ "$(cat "$stamp" 2>/dev/null)" != "$seen" ] || [ ! -f "$folder/build.ninja" ]; then
        rm -rf "$folder"
        mkdir -p "$(dirname "$folder")"
        # clang's trees link 250 programs: lld takes a fifth of ld's time for one.
        CC=$compiler CC_LD=${linkers[$compiler]} meson setup "$folder" "$@" >&2 || return 1
        printf '%s\n' "$seen" >"$stamp"
    fi
    ninja -C "$folder" --quiet >&2
}

build_release() {
    build_tree build/release gcc --buildtype=release -Doptimization=2 -Ddebug=true \
        -Db_lto=true -Dtests=false || return 1
    ln -sfn src/cli/dancu build/release/dancu
}
