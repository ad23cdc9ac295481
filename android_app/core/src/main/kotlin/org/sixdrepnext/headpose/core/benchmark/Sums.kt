package org.sixdrepnext.headpose.core.benchmark

import kotlin.math.abs

/** Sums without the rounding errors that a long list piles up (Neumaier 1974). */
internal object Sums {
    fun sum(values: List<Double>): Double {
        var sum = 0.0
        var lost = 0.0
        for (value in values) {
            val next = sum + value
            lost += if (abs(sum) >= abs(value)) (sum - next) + value else (value - next) + sum
            sum = next
        }
        return sum + lost
    }

    fun mean(values: List<Double>): Double = sum(values) / values.size
}
