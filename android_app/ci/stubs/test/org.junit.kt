// Only what the app uses, by the published signatures (compared on 2026-11-27):
//   https://junit.org/junit4/javadoc/4.13.2/, and the class files of Debian's junit4 4.13.2-3
@file:Suppress("UNUSED_PARAMETER", "unused")

package org.junit

annotation class Test

@Target(AnnotationTarget.FIELD, AnnotationTarget.PROPERTY_GETTER, AnnotationTarget.FUNCTION)
annotation class Rule

object Assert {
    fun assertTrue(
        message: String?,
        condition: Boolean,
    ) {}

    fun assertEquals(
        message: String?,
        expected: Double,
        actual: Double,
        delta: Double,
    ) {}
}

object Assume {
    fun assumeTrue(
        message: String,
        b: Boolean,
    ) {}
}
