package org.sixdrepnext.headpose.logic

import org.sixdrepnext.headpose.core.HeadPoseException

/** Runs [work]; a lack of memory becomes an error in one sentence instead of the app's end. */
inline fun <T> guarded(
    what: String,
    work: () -> T,
): T =
    try {
        work()
    } catch (error: OutOfMemoryError) {
        val advice = "close other apps or take a smaller model"
        throw HeadPoseException("$what needs more memory than this phone has free: $advice", error)
    }

/** An error in one sentence: the message of one of ours, the kind and message of another. */
fun sentence(error: Throwable): String =
    when (error) {
        is HeadPoseException -> error.message
        else -> "${error::class.java.simpleName}: ${error.message ?: "no reason given"}"
    }
