#!/usr/bin/env bash
# Proves on Linux what can be proven of the app without Xcode, in five steps, each of which must pass:
#
#   parse      the real compiler reads every Swift file of the app, its tests and the stubs
#   format     swift-format's rules and format, as for HeadPoseCore
#   pipeline   the app's framework-free files (HeadPose/Logic) are built with HeadPoseCore and *run* against fakes: camera
#              to overlay under every orientation, dropped frames, cancellation, crops byte for byte as Python cuts them
#   stubs      small modules of the Apple frameworks (ci/stubs) are built from their documented signatures
#   types      app, unit tests and UI tests are type-checked in Swift 6 mode against them, warnings as errors
#
#   ios_app/ci/check_app.sh [--only STEP]
#
# It proves that the app is consistent with *our reading* of Apple's documentation, and nothing of how it behaves on a
# phone: the app was never built with Xcode here. Needs the toolchain of ios_app/ci/swift.sh; exit code 77: SKIPPED.
set -euo pipefail

ci=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
app=$(dirname "$ci")

# Modules in the order in which they need each other.
modules=(FoundationGap CoreGraphics CoreVideo CoreMedia ImageIO CryptoKit Combine Vision CoreML UIKit AVFoundation
    UniformTypeIdentifiers SwiftUI PhotosUI Charts XCTest)
swift6=(-swift-version 6 -warnings-as-errors)

sources() { find "$@" -name '*.swift' -print0 | sort -z; }

parse() {
    local count=0
    while IFS= read -r -d '' file; do
        swiftc -frontend -parse -swift-version 6 "$file"
        count=$((count + 1))
    done < <(sources "$app/HeadPose" "$app/HeadPoseTests" "$app/HeadPoseUITests" "$ci/stubs")
    echo "parse: $count files"
}

format() {
    swift-format lint --strict --recursive --configuration "$app/HeadPoseCore/.swift-format" \
        "$app/HeadPose" "$app/HeadPoseTests" "$app/HeadPoseUITests" "$ci/pipeline/Package.swift" "$ci/pipeline/Tests"
}

pipeline() {
    # A test that hangs is a failure, not a wait for ever.
    timeout --kill-after=10 600 swift test --package-path "$ci/pipeline" --scratch-path "$scratch/pipeline" --cache-path "$scratch/cache" \
        --disable-automatic-resolution -Xswiftc -warnings-as-errors
}

stubs() {
    mkdir -p "$scratch/stubs"
    local module files
    for module in "${modules[@]}"; do
        if [[ -d $ci/stubs/$module ]]; then files=("$ci/stubs/$module"/*.swift); else files=("$ci/stubs/$module.swift"); fi
        swiftc -emit-module -parse-as-library -swift-version 6 -suppress-warnings -module-name "$module" \
            -I "$scratch/stubs" "${files[@]}" -o "$scratch/stubs/$module.swiftmodule"
    done
    echo "stubs: ${#modules[@]} modules"
}

types() {
    local core=$scratch/pipeline/debug/Modules files
    [[ -e $core/HeadPoseCore.swiftmodule ]] || swift build --package-path "$ci/pipeline" \
        --scratch-path "$scratch/pipeline" --cache-path "$scratch/cache" --disable-automatic-resolution
    local find=(-I "$scratch/stubs" -I "$core")
    mapfile -d '' files < <(sources "$app/HeadPose")
    swiftc -emit-module -enable-testing -parse-as-library "${swift6[@]}" -module-name HeadPose "${find[@]}" \
        "${files[@]}" -o "$scratch/stubs/HeadPose.swiftmodule"
    echo "types: app, ${#files[@]} files"
    local target
    for target in HeadPoseTests HeadPoseUITests; do
        mapfile -d '' files < <(sources "$app/$target")
        swiftc -typecheck "${swift6[@]}" -module-name "$target" "${find[@]}" "${files[@]}"
        echo "types: $target, ${#files[@]} files"
    done
}

steps=(parse format pipeline stubs types)

if [[ ${1:-} == --inside ]]; then
    scratch=$2
    shift 2
    for step in "$@"; do
        echo "== $step"
        "$step"
    done
    exit 0
fi

if [[ ${1:-} == --only ]]; then
    [[ " ${steps[*]} " == *" ${2:-} "* ]] || { echo "error: unknown step '${2:-}'; one of: ${steps[*]}" >&2; exit 2; }
    steps=("$2")
elif [[ $# -gt 0 ]]; then
    sed -n '2,/^set -euo/{/^#/s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"
    exit 2
fi

scratch=${HEADPOSE_SWIFT_SCRATCH:-/var/tmp/headpose-swift-build/app-$(cksum <<<"$app" | cut -d' ' -f1)}
export HEADPOSE_SWIFT_SCRATCH=$scratch
"$ci/swift.sh" where >/dev/null
cd "$app"
"$ci/swift.sh" run bash "$ci/check_app.sh" --inside "$scratch" "${steps[@]}"
echo "the app's Swift sources passed: ${steps[*]}"
