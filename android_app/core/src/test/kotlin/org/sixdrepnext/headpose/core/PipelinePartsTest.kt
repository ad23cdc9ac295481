package org.sixdrepnext.headpose.core

import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.sixdrepnext.headpose.core.geometry.PixelBox
import org.sixdrepnext.headpose.core.pipeline.FaceTracker
import org.sixdrepnext.headpose.core.pipeline.FrameRateMeter
import org.sixdrepnext.headpose.core.pipeline.SystemClock
import org.sixdrepnext.headpose.core.pipeline.ThermalState

/** Faces from frame to frame, meters, clocks. */
class PipelinePartsTest {
    private val leftBox = PixelBox(50.0, 60.0, 150.0, 170.0)
    private val rightBox = PixelBox(400.0, 100.0, 520.0, 240.0)

    @Test
    fun numbersOfFacesStayAndComeAnew() {
        val tracker = FaceTracker()
        assertEquals(listOf(1, 2), tracker.update(listOf(leftBox, rightBox), 0.0))
        val moved = PixelBox(60.0, 65.0, 160.0, 175.0)
        assertEquals(listOf(2, 1), tracker.update(listOf(rightBox, moved), 0.1))
        assertEquals(listOf(3), tracker.update(listOf(PixelBox(250.0, 0.0, 300.0, 50.0)), 0.2))
        assertEquals(listOf(1), tracker.update(listOf(moved), 0.55))
        assertEquals(setOf(1, 2, 3), tracker.known)
        assertEquals(listOf(4), tracker.update(listOf(rightBox), 0.9))
        assertEquals(setOf(1, 4), tracker.known)
    }

    @Test
    fun theBestOverlapWins() {
        val tracker = FaceTracker()
        val a = PixelBox(0.0, 0.0, 100.0, 100.0)
        assertEquals(listOf(1), tracker.update(listOf(a), 0.0))
        val (near, nearer) = a.copy(left = 5.0, right = 105.0) to a.copy(left = 1.0, right = 101.0)
        assertEquals(listOf(2, 1), tracker.update(listOf(near, nearer), 0.1))
        assertEquals(listOf(1), FaceTracker().also { it.update(listOf(a, a), 0.0) }.update(listOf(a), 0.1), "the older")
    }

    @Test
    fun framesOfTheLastSecondAreCounted() {
        val meter = FrameRateMeter(windowSeconds = 1.0)
        assertEquals(0.0 to 0.0, meter.framesPerSecond to meter.meanDurationMs)
        for (frame in 0..59) meter.note(frame / 30.0, durationMs = 8.0)
        assertEquals(30.0, meter.framesPerSecond, 1e-9)
        assertEquals(8.0, meter.meanDurationMs)
        for (frame in 0..14) meter.note(2 + frame / 10.0, durationMs = 20.0)
        assertEquals(10.0, meter.framesPerSecond, 1e-9)
        assertEquals(20.0, meter.meanDurationMs)
        meter.note(1.0)
        assertEquals(0.0, meter.framesPerSecond, "the clock went back: it starts anew")
        meter.note(1.0)
        assertEquals(0.0, meter.framesPerSecond)
        assertEquals(0.0, FrameRateMeter(windowSeconds = -1.0).framesPerSecond)
    }

    @Test
    fun theSystemsClockGoes() =
        runBlocking {
            val (steady, wall) = SystemClock.monotonicSeconds() to SystemClock.wallSeconds()
            SystemClock.sleep(0.02)
            assertTrue(SystemClock.monotonicSeconds() - steady >= 0.015)
            assertTrue(wall > 1_700_000_000 && SystemClock.wallSeconds() > wall - 1)
        }

    /** The names of benchmarks/android/device.py, in the order of PowerManager's numbers. */
    @Test
    fun thermalStatesAreAndroids() {
        val names = listOf("none", "light", "moderate", "severe", "critical", "emergency", "shutdown")
        assertEquals(names, (0..6).map { ThermalState.of(it)?.id })
        assertEquals(names.drop(1), ThermalState.entries.filter { it.throttles }.map { it.id })
        assertNull(ThermalState.of(7))
        assertNull(ThermalState.of(-1))
    }
}
