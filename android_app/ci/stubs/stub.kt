// Only what the app uses, by the published signatures:
//   nothing: the body of everything that does not run here
@file:Suppress("UNUSED_PARAMETER", "unused")

package org.sixdrepnext.headpose.stubs

/** What a stub does that only stands for a type. */
fun stub(): Nothing = throw NotImplementedError("a stub")
