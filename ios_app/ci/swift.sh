#!/usr/bin/env bash
# Swift for the package ios_app/HeadPoseCore on a Linux machine that has none: Debian trixie's `swiftlang` in a folder
# of its own, outside the repository, from the Debian mirror that this machine's apt is configured with.
#
#   ios_app/ci/swift.sh install          fetch the toolchain (about 4 GB on disk); does nothing when it is there
#   ios_app/ci/swift.sh build|test ...   `swift build` / `swift test` of HeadPoseCore; further options are passed on
#   ios_app/ci/swift.sh coverage         the figures that the last `test --enable-code-coverage` wrote, as JSON
#   ios_app/ci/swift.sh format-lint      swift-format's rules and format, strict; `format` repairs what it can
#   ios_app/ci/swift.sh run COMMAND ...  any command with the toolchain on its PATH, in the current folder
#   ios_app/ci/swift.sh where            the toolchain's folder; skips when it is not installed
#   ios_app/ci/swift.sh scratch          the folder that is built in
#
# Environment:
#   HEADPOSE_SWIFT_ROOT     where the toolchain is put (/var/cache/headpose-swift)
#   HEADPOSE_SWIFT_SCRATCH  where it builds (a folder per checkout under /var/tmp/headpose-swift-build)
#   HEADPOSE_SWIFT_HOST=1   use the `swift` of this machine instead, as on a Mac; nothing is installed then
#   HEADPOSE_GOLDEN         absolute path of a folder of golden files that tests read instead of tests/golden
#
# Needs root, for chroot and for mounts. Every mount is made in a mount namespace of its own: it ends with the command,
# however that ends, two commands do not meet, and nothing is left to unmount.
# Exit code 77: SKIPPED, the toolchain is not there or its packages cannot be had. Any other failure is a failure.
set -euo pipefail

SKIPPED=77
root=${HEADPOSE_SWIFT_ROOT:-/var/cache/headpose-swift}
repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
package=$repo/ios_app/HeadPoseCore
scratch=${HEADPOSE_SWIFT_SCRATCH:-/var/tmp/headpose-swift-build/$(cksum <<<"$repo" | cut -d' ' -f1)}
release=trixie
packages=swiftlang,libc6-dev,libstdc++-14-dev

skip() {
    printf '\nSKIPPED: %s\nSKIPPED: nothing of the Swift package was built or tested.\n\n' "$1" >&2
    exit "$SKIPPED"
}

on_host() { [[ ${HEADPOSE_SWIFT_HOST:-} == 1 ]]; }
installed() { [[ -x $root/usr/bin/swiftc && -e $root/.headpose-complete ]]; }

need_root() {
    [[ $(id -u) == 0 ]] || skip "chroot needs root: run it as root, or install Swift 6 and set HEADPOSE_SWIFT_HOST=1"
    unshare --mount true 2>/dev/null || skip "this machine allows no mounts, as in a container without privileges"
}

need_toolchain() {
    if on_host; then
        command -v swift >/dev/null || skip "HEADPOSE_SWIFT_HOST=1, but there is no swift on the PATH"
        return
    fi
    installed || skip "there is no Swift toolchain in $root: run ios_app/ci/swift.sh install"
    need_root
}

# The first mirror of Debian itself that apt is configured with; of its security archive there is no use here.
mirror() {
    apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
        grep -E '/debian/?$' | head -n 1 || true
}

fetch() {
    local part=$root.part from
    from=$(mirror)
    [[ -n $from ]] || skip "apt is configured with no Debian mirror"
    if ! command -v debootstrap >/dev/null; then
        { apt-get update && apt-get install -y --no-install-recommends debootstrap; } >&2 || skip "no debootstrap"
    fi
    rm -rf -- "$part"
    mkdir -p -- "$part"
    echo "installing Debian $release's swiftlang into $root: a minute or two" >&2
    # debootstrap mounts /proc in the new root while it works: in a namespace of its own nothing of that can stay.
    if ! unshare --mount --propagation private \
        debootstrap --variant=minbase --include="$packages" "$release" "$part" "$from" >&2; then
        tail -n 5 "$part/debootstrap/debootstrap.log" >&2 || true
        rm -rf -- "$part"
        skip "Debian $release's packages could not be had or unpacked, see above"
    fi
    rm -rf -- "$part"/var/cache/apt/archives/*.deb
    touch "$part/.headpose-complete"
    rm -rf -- "$root"
    mv -- "$part" "$root"
}

install() {
    if on_host; then
        need_toolchain
    elif ! installed; then
        need_root
        mkdir -p -- "$(dirname "$root")"
        exec 9>"$root.lock"
        flock 9 # a second `install` waits for the first and then finds its work
        installed || fetch
    fi
    inside swift --version
}

# inside COMMAND ...: runs it in the current folder, with the repository read-only and the scratch folder writable, both
# under their own names, so that messages name files that exist here too. HEADPOSE_SWIFT_WRITABLE=1: `format` may write.
inside() {
    mkdir -p -- "$scratch"
    if on_host; then
        "$@"
        return
    fi
    # shellcheck disable=SC2016  # expanded by the inner shell
    unshare --mount --propagation private bash -euc '
        root=$1 repo=$2 scratch=$3 here=$4; shift 4
        mount -t proc proc "$root/proc"      # the toolchain finds its libraries through /proc/self/exe
        mount --rbind /dev "$root/dev"
        mount -t tmpfs tmpfs "$root/tmp"
        mount -t tmpfs tmpfs "$root/var/tmp" # mount points below come and go with it
        mkdir -p "$root$repo" && mount --bind "$repo" "$root$repo"
        [[ ${HEADPOSE_SWIFT_WRITABLE:-} == 1 ]] || mount -o remount,bind,ro "$root$repo"
        mkdir -p "$root$scratch" && mount --bind "$scratch" "$root$scratch"
        if [[ -n ${HEADPOSE_GOLDEN:-} ]]; then
            mkdir "$root/tmp/golden" && mount --bind "$HEADPOSE_GOLDEN" "$root/tmp/golden"
            mount -o remount,bind,ro "$root/tmp/golden"
        fi
        [[ -d $root$here ]] || here=/
        exec chroot "$root" /usr/bin/env -i HOME="$scratch" PATH=/usr/libexec/swift/bin:/usr/bin:/bin \
            LANG=C.UTF-8 ${HEADPOSE_GOLDEN:+HEADPOSE_GOLDEN=/tmp/golden} \
            /bin/bash -c "cd \"\$0\" && exec \"\$@\"" "$here" "$@"
    ' bash "$root" "$repo" "$scratch" "$PWD" "$@"
}

# One at a time: SwiftPM's own lock is in /tmp, of which every command here has its own.
swift_package() {
    local verb=$1
    shift
    if ! on_host; then
        mkdir -p -- "$scratch"
        exec 8>"$scratch/.lock"
        flock 8
    fi
    inside swift "$verb" --package-path "$package" --scratch-path "$scratch/core" \
        --cache-path "$scratch/cache" --disable-automatic-resolution -Xswiftc -warnings-as-errors "$@"
}

swift_format() {
    local tool=(swift-format)
    if on_host; then tool=(swift format); fi # as Xcode 16 has it
    inside "${tool[@]}" "$@" --recursive --parallel "$package/Package.swift" "$package/Sources" "$package/Tests"
}

usage() { sed -n '2,/^set -euo/{/^#/s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"; }

main() {
    local verb=${1:-help}
    shift || true
    case $verb in
        install) install ;;
        build | test) need_toolchain && swift_package "$verb" "$@" ;;
        coverage) need_toolchain && cat "$(swift_package test --show-codecov-path)" ;;
        format-lint) need_toolchain && swift_format lint --strict ;;
        format) need_toolchain && HEADPOSE_SWIFT_WRITABLE=1 swift_format format --in-place ;;
        run) need_toolchain && inside "$@" ;;
        where) installed && echo "$root" || skip "there is no Swift toolchain in $root: run ios_app/ci/swift.sh install" ;;
        help | -h | --help) usage ;;
        scratch) echo "$scratch" ;;
        *) echo "error: unknown command '$verb'; see ios_app/ci/swift.sh help" >&2 && exit 2 ;;
    esac
}

main "$@"
