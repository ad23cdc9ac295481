package org.sixdrepnext.headpose.core

/** What a person can be told: one sentence that says what is wrong, where, and what to do. */
class HeadPoseException(
    override val message: String,
    cause: Throwable? = null,
) : Exception(message, cause)
