// Only what the app uses, by the published signatures:
//   https://junit.org/junit4/javadoc/4.13.2/org/junit/runner/RunWith.html
@file:Suppress("UNUSED_PARAMETER", "unused")

package org.junit.runner

import kotlin.reflect.KClass

annotation class RunWith(
    val value: KClass<*>,
)
