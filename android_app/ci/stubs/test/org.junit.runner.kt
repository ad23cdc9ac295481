// Only what the app uses, by the published signatures (compared on 2026-11-27):
//   https://junit.org/junit4/javadoc/4.13.2/org/junit/runner/RunWith.html,
//   and the class files of Debian's junit4 4.13.2-3
@file:Suppress("UNUSED_PARAMETER", "unused")

package org.junit.runner

import kotlin.reflect.KClass

abstract class Runner

annotation class RunWith(
    val value: KClass<out Runner>,
)
