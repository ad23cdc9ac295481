// Only what the app uses, by the published signatures:
//   https://junit.org/junit4/javadoc/4.13.2/
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
