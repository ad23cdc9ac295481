package org.sixdrepnext.headpose.core.json

import java.math.BigDecimal
import java.math.MathContext
import java.math.RoundingMode

/** Digits after the point, rounded half to even on the exact decimal value as printf and Python do. */
internal fun fixed(
    value: Double,
    digits: Int,
): String = BigDecimal(value).setScale(digits, RoundingMode.HALF_EVEN).toPlainString()

/** The same with a sign in any case: printf's `%+.1f`. */
internal fun signedFixed(
    value: Double,
    digits: Int,
): String = (if (isNegative(value)) "-" else "+") + fixed(Math.abs(value), digits)

private fun isNegative(value: Double) = value < 0 || (value == 0.0 && 1 / value < 0)

/** [value] rounded to so many digits after the point. */
internal fun rounded(
    value: Double,
    digits: Int,
): Double = fixed(value, digits).toDouble()

/**
 * The shortest digits that read back as the same number, in the notation of Python's repr: 0.0001, 2.5e-05, 6.02e+23.
 *
 * `Double.toString` is no help: before Java 19 it gives a digit too many for some numbers, and Android's is another one.
 */
internal fun shortestText(value: Double): String {
    require(value.isFinite()) { "JSON has no $value" }
    if (value == 0.0) return if (isNegative(value)) "-0.0" else "0.0"
    val shortest = shortest(BigDecimal(value), value).stripTrailingZeros()
    val digits = shortest.unscaledValue().abs().toString()
    val exponent = digits.length - shortest.scale() - 1
    val sign = if (isNegative(value)) "-" else ""
    return sign +
        if (exponent in SMALLEST_PLAIN..LARGEST_PLAIN) plain(digits, exponent) else scientific(digits, exponent)
}

private const val SMALLEST_PLAIN = -4
private const val LARGEST_PLAIN = 15
private const val MOST_DIGITS = 17
private val ROUNDINGS = listOf(RoundingMode.HALF_EVEN, RoundingMode.UP, RoundingMode.DOWN)

private fun shortest(
    exact: BigDecimal,
    value: Double,
): BigDecimal {
    for (digits in 1 until MOST_DIGITS) {
        for (rounding in ROUNDINGS) {
            val candidate = exact.round(MathContext(digits, rounding))
            if (candidate.toDouble() == value) return candidate
        }
    }
    return exact.round(MathContext(MOST_DIGITS, RoundingMode.HALF_EVEN))
}

private fun plain(
    digits: String,
    exponent: Int,
): String =
    when {
        exponent < 0 -> "0." + "0".repeat(-exponent - 1) + digits
        digits.length <= exponent + 1 -> digits.padEnd(exponent + 1, '0') + ".0"
        else -> digits.take(exponent + 1) + "." + digits.drop(exponent + 1)
    }

private fun scientific(
    digits: String,
    exponent: Int,
): String {
    val fraction = digits.drop(1).let { if (it.isEmpty()) "" else ".$it" }
    val sign = if (exponent < 0) "-" else "+"
    return digits.take(1) + fraction + "e" + sign + Math.abs(exponent).toString().padStart(2, '0')
}
