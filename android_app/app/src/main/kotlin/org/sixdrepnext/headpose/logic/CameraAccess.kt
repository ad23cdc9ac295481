package org.sixdrepnext.headpose.logic

/** Whether the camera may be used. */
enum class CameraAccess {
    /** It may. */
    GRANTED,

    /** The person was not asked yet. */
    NOT_ASKED,

    /** The person said no, and may be asked again. */
    REFUSED,

    /** The person said no for good: only the system's settings help. */
    REFUSED_FOR_GOOD,

    ;

    companion object {
        /**
         * What Android's three answers mean together.
         *
         * @param granted the permission is there.
         * @param asked the person was asked before, by this app on this phone.
         * @param mayExplain `shouldShowRequestPermissionRationale`: true after a first refusal, false before any and
         *   after one for good.
         */
        fun of(
            granted: Boolean,
            asked: Boolean,
            mayExplain: Boolean,
        ): CameraAccess =
            when {
                granted -> GRANTED
                mayExplain -> REFUSED
                asked -> REFUSED_FOR_GOOD
                else -> NOT_ASKED
            }
    }
}
