package org.sixdrepnext.headpose.core.accelerator

import org.sixdrepnext.headpose.core.HeadPoseException
import org.sixdrepnext.headpose.core.geometry.Matrix3
import org.sixdrepnext.headpose.core.json.fixed

/** An input whose pose is known. */
class SelfCheckCase(
    /** Name, for people. */
    val name: String,
    /** The network's input, RGB 0..255, row after row. */
    val input: FloatArray,
    /** What the exporter's own engine read. */
    val expected: Matrix3,
)

/** How near an accelerator comes to golden poses. */
data class SelfCheckResult(
    /** Largest angle between a pose and its golden one; null if a pose is no rotation at all. */
    val worstDegrees: Double?,
    /** Name of the case with that angle. */
    val worstCase: String,
    /** How large it may be. */
    val limitDegrees: Double,
) {
    /** Whether the accelerator computes right. */
    val passed: Boolean get() = worstDegrees != null && worstDegrees <= limitDegrees

    /** For people. */
    val sentence: String
        get() {
            if (worstDegrees == null) return "it gives no rotation for '$worstCase'"
            val (angle, limit) = fixed(worstDegrees, 2) to fixed(limitDegrees, 2)
            val verdict = if (passed) "within" else "more than"
            return "its poses are up to $angle° from the golden ones ('$worstCase'), $verdict the $limit° allowed"
        }
}

/** Reads golden poses with what was chosen: a GPU computes with half of the digits, and some compute wrongly. */
class SelfCheck(
    private val cases: List<SelfCheckCase>,
    private val limitDegrees: Double,
) {
    init {
        require(cases.isNotEmpty()) { "a self-check needs a case" }
    }

    /**
     * Reads every case.
     *
     * @param read network input → rotation; throws [HeadPoseException] for numbers that are none.
     */
    suspend fun run(read: suspend (FloatArray) -> Matrix3): SelfCheckResult {
        var worst = -1.0 to ""
        for (case in cases) {
            val found =
                try {
                    read(case.input)
                } catch (_: HeadPoseException) {
                    return SelfCheckResult(null, case.name, limitDegrees)
                }
            val angle = found.geodesicDegrees(case.expected)
            if (angle > worst.first) worst = angle to case.name
        }
        return SelfCheckResult(worst.first, worst.second, limitDegrees)
    }
}
