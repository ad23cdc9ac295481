#!/usr/bin/env bash
# Checks android_app/app on a machine without Gradle and the Android SDK. What it cannot do: build an APK, or run one.
#
#   android_app/ci/check_app.sh install     the tools of kotlin.sh; aapt2 from Debian too, if apt may install it
#   android_app/ci/check_app.sh project     aliases and versions of the Gradle scripts and the catalogue
#   android_app/ci/check_app.sh resources   resources and manifest through aapt2, against Android 10's framework
#   android_app/ci/check_app.sh types       all of the app, and its instrumented tests, by kotlinc against stubs/
#   android_app/ci/check_app.sh compose     Compose's own rules: @Composable is only called from @Composable
#   android_app/ci/check_app.sh pipeline    run it: camera to overlay, the ladder of accelerators, with stand-ins
#   android_app/ci/check_app.sh all         all of them
#   android_app/ci/check_app.sh scratch     the folder that it builds in; JUnit's report lies in its reports/
#
# Environment: as kotlin.sh. Exit code 77: SKIPPED, a tool is not there. Any other failure is a failure.
set -euo pipefail

SKIPPED=77
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
home=$(dirname "$here")
kotlin=$here/kotlin.sh
scratch=$("$kotlin" scratch)/app
framework=${HEADPOSE_FRAMEWORK_RES:-/usr/share/android-framework-res/framework-res.apk}
package=org/sixdrepnext/headpose

skip() {
    printf '\nSKIPPED: %s\nSKIPPED: the Android app was not checked.\n\n' "$1" >&2
    exit "$SKIPPED"
}

need_aapt2() {
    command -v aapt2 >/dev/null && [[ -e $framework ]] ||
        skip "there is no aapt2 with Android's framework resources: apt-get install aapt android-framework-res"
}

need_kotlin() {
    "$kotlin" where >/dev/null
    "$kotlin" build
}

install() {
    "$kotlin" install
    if ! command -v aapt2 >/dev/null || [[ ! -e $framework ]]; then
        apt-get install -y --no-install-recommends aapt android-framework-res >&2 ||
            { apt-get update && apt-get install -y --no-install-recommends aapt android-framework-res; } >&2 ||
            skip "apt could not install aapt2, see above"
    fi
    aapt2 version
}

stamp_of() { { echo "$1" && shift && find "$@" -type f -print0 | sort -z | xargs -0 sha256sum; } | sha256sum; }

# step NAME BASIS FOLDER... -- COMMAND...: runs the command into $scratch/NAME, unless it ran on just these files.
step() {
    local name=$1 basis=$2 folders=() stamp
    shift 2
    while [[ $1 != -- ]]; do folders+=("$1") && shift; done
    shift
    stamp=$(stamp_of "$basis" "$here/check_app.sh" "$here/project.py" "${folders[@]}")
    if [[ $(cat "$scratch/$name.stamp" 2>/dev/null) == "$stamp" ]]; then return; fi
    rm -rf -- "${scratch:?}/$name" "$scratch/$name.stamp"
    mkdir -p -- "$scratch/$name"
    "$@" # not behind `||` or `if`: there a failure inside would not end it
    echo "$stamp" >"$scratch/$name.stamp"
}

lock() {
    mkdir -p -- "$scratch"
    exec 7>"$scratch/.lock"
    flock 7
}

link_resources() {
    local out=$scratch/resources
    python3 "$here/project.py" manifest "$home" "$out/AndroidManifest.xml"
    aapt2 compile --dir "$home/app/src/main/res" -o "$out/compiled.zip"
    aapt2 link -I "$framework" --manifest "$out/AndroidManifest.xml" -o "$out/linked.apk" --java "$out/java" "$out/compiled.zip"
    # What the build generates besides; the values do not matter here.
    cat >"$out/java/$package/BuildConfig.java" <<<"package ${package//\//.}; public final class BuildConfig {
        public static final String VERSION_NAME = \"0\", LITERT_VERSION = \"0\", ORT_VERSION = \"0\"; }"
    javac -d "$out/classes" "$out/java/$package"/*.java
}

resources() {
    need_aapt2
    step resources "" "$home/app/src/main/res" "$home/app/src/main/AndroidManifest.xml" -- link_resources
}

# compile OUT CLASSPATH OPTION... FOLDER...
compile() {
    local out=$1 classpath=$2
    shift 2
    local options=()
    while [[ $1 == -* ]]; do options+=("$1") && shift; done
    find "$@" -name '*.kt' -print0 | sort -z |
        xargs -0 "$kotlin" kotlinc -no-reflect -no-stdlib -jvm-target 17 "${options[@]}" -cp "$classpath" -d "$out"
}

app_classpath() { echo "$scratch/stubs:$scratch/resources/classes:$("$kotlin" classpath core)"; }
test_classpath() { echo "$scratch/types:$(app_classpath):$("$kotlin" classpath fakes):$("$kotlin" classpath junit):$(extra_jars)"; }
extra_jars() { printf '%s/lib/%s.jar:' "$("$kotlin" home)" kotlin-test "$("$kotlin" home)" kotlin-test-junit5; }
core_stamp() { cat "$("$kotlin" scratch)/core.stamp"; }

types() {
    need_kotlin
    resources
    step stubs "" "$here/stubs" -- compile "$scratch/stubs" "$("$kotlin" classpath core)" -nowarn "$here/stubs"
    step types "$(core_stamp) $(cat "$scratch/stubs.stamp" "$scratch/resources.stamp")" "$home/app/src/main/kotlin" -- \
        compile "$scratch/types" "$(app_classpath)" -Werror "$home/app/src/main/kotlin"
    step instrumented "$(cat "$scratch/types.stamp")" "$home/app/src/androidTest" -- \
        compile "$scratch/instrumented" "$scratch/types:$(app_classpath)" -Werror "$home/app/src/androidTest"
}

# The plug-in checks all calls, and then ends because Compose's runtime is not there: that one message is accepted.
check_compose() {
    local told=$scratch/compose/told.txt
    if compile "$scratch/compose/out" "$(app_classpath)" "-Xplugin=$("$kotlin" home)/lib/compose-compiler-plugin.jar" \
        "$home/app/src/main/kotlin" >"$told" 2>&1; then return; fi
    if grep -q ': error: ' "$told" || ! grep -q 'The Compose Compiler requires the Compose Runtime' "$told"; then
        cat "$told" >&2
        return 1
    fi
}

compose() {
    types
    step compose "$(cat "$scratch/types.stamp")" "$home/app/src/main/kotlin" -- check_compose
}

pipeline() {
    types
    step tests "$(cat "$scratch/types.stamp")" "$here/pipeline" -- \
        compile "$scratch/tests" "$(test_classpath)" -Werror "$here/pipeline"
    rm -rf -- "$scratch/reports"
    (cd "$home" && "$kotlin" java -cp "$scratch/tests:$(test_classpath)" org.junit.platform.console.ConsoleLauncher \
        --disable-banner --disable-ansi-colors --scan-classpath "$scratch/tests" --reports-dir "$scratch/reports" --details tree)
}

usage() { sed -n '2,/^set -euo/{/^#/s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"; }

main() {
    case ${1:-help} in
        install) install ;;
        project) python3 "$here/project.py" catalogue "$home" ;;
        resources | types | compose | pipeline)
            lock
            "$1"
            ;;
        all)
            lock
            python3 "$here/project.py" catalogue "$home"
            compose
            pipeline
            ;;
        scratch) echo "$scratch" ;;
        help | -h | --help) usage ;;
        *) echo "error: unknown command '$1'; see android_app/ci/check_app.sh help" >&2 && exit 2 ;;
    esac
}

main "$@"
