import org.jetbrains.kotlin.gradle.dsl.JvmTarget

// Pure Kotlin: no Android in here, so that it is compiled and tested on any computer, with Gradle or with ci/kotlin.sh.
plugins {
    alias(libs.plugins.kotlin.jvm)
    `java-test-fixtures`
}

kotlin {
    compilerOptions {
        allWarningsAsErrors = true
        jvmTarget = JvmTarget.JVM_17 // of any newer Java too: no toolchain is looked for
    }
}

java {
    sourceCompatibility = JavaVersion.VERSION_17
    targetCompatibility = JavaVersion.VERSION_17
}

dependencies {
    api(libs.kotlinx.coroutines.core)
    testFixturesApi(libs.kotlinx.coroutines.core)
    testImplementation(libs.junit.jupiter)
    testRuntimeOnly(libs.junit.platform.launcher)
}

tasks.test {
    useJUnitPlatform()
    // The golden vectors that Python, Swift and Kotlin share lie beside this project.
    inputs.dir(rootDir.resolve("../tests/golden"))
}
