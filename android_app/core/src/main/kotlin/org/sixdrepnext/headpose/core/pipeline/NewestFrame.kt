package org.sixdrepnext.headpose.core.pipeline

import kotlinx.coroutines.channels.Channel
import java.util.concurrent.atomic.AtomicInteger

/**
 * A place for one frame between a fast giver and a slow taker: a newer one replaces, and closes, one that was not taken.
 */
internal class NewestFrame<Image> {
    private val replaced = AtomicInteger(0)

    @Volatile
    private var isGivenUp = false

    private val channel =
        Channel<Frame<Image>>(Channel.CONFLATED) { frame ->
            if (!isGivenUp) replaced.incrementAndGet()
            frame.close()
        }

    /** How many were replaced without having been taken. */
    val dropped: Int get() = replaced.get()

    /** Puts in a frame, which is this place's to close from now on. */
    fun offer(frame: Frame<Image>) {
        if (channel.trySend(frame).isClosed) frame.close()
    }

    /** Takes the newest frame, waits for one if there is none; null once it is finished and empty. For one taker. */
    suspend fun next(): Frame<Image>? = channel.receiveCatching().getOrNull()

    /** No more frames come; the last one can still be taken. */
    fun finish() {
        channel.close()
    }

    /** Nobody takes anything any more: what lies here is closed. */
    fun giveUp() {
        isGivenUp = true
        channel.cancel()
    }
}
