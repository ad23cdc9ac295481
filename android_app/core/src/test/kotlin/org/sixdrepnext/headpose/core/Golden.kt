package org.sixdrepnext.headpose.core

import org.junit.jupiter.api.Assertions.assertTrue
import org.sixdrepnext.headpose.core.geometry.ImagePoint
import org.sixdrepnext.headpose.core.geometry.Matrix3
import org.sixdrepnext.headpose.core.geometry.PixelBox
import org.sixdrepnext.headpose.core.json.JsonNull
import org.sixdrepnext.headpose.core.json.JsonValue
import java.io.File
import kotlin.math.abs

/**
 * The golden vectors that Python wrote: tests/golden of the repository, or the folder that HEADPOSE_GOLDEN names, and this
 * module's own.
 */
internal object Golden {
    private val root: File =
        generateSequence(File("").absoluteFile) { it.parentFile }.first { File(it, "tests/golden").isDirectory }

    val folder = System.getenv("HEADPOSE_GOLDEN")?.let(::File) ?: File(root, "tests/golden")

    fun text(name: String): String = File(folder, name).readText()

    /** A file of this module that Python wrote, too. */
    fun own(name: String): File = File(root, "android_app/core/src/test/resources/$name")

    /** The cases of a group of a file. */
    fun cases(
        group: String,
        file: String,
    ): List<JsonValue> = cases(group, JsonValue.parse(text(file)))

    fun cases(
        group: String,
        groups: JsonValue,
    ): List<JsonValue> {
        val found = groups[group]?.items.orEmpty()
        assertTrue(found.isNotEmpty()) { "no cases of $group" }
        return found
    }
}

/** What Python and Kotlin may differ by. */
internal const val TOLERANCE = 1e-6

internal fun JsonValue.need(name: String): JsonValue = requireNotNull(this[name]) { "no $name" }

internal fun JsonValue.text(name: String): String = requireNotNull(need(name).string) { name }

internal fun JsonValue.textOrNull(name: String): String? = need(name).takeIf { it != JsonNull }?.string

internal fun JsonValue.number(name: String): Double = requireNotNull(need(name).double) { name }

internal fun JsonValue.whole(name: String): Int = number(name).toInt()

internal fun JsonValue.truth(name: String): Boolean = requireNotNull(need(name).bool) { name }

internal fun JsonValue.list(name: String): List<JsonValue> = requireNotNull(need(name).items) { name }

internal fun JsonValue.numbers(name: String): List<Double> = list(name).map { requireNotNull(it.double) }

internal fun JsonValue.texts(name: String): List<String> = list(name).map { requireNotNull(it.string) }

internal fun JsonValue.numbers(): List<Double> = requireNotNull(items).map { requireNotNull(it.double) }

internal fun JsonValue.matrix(name: String): Matrix3 = matrix(need(name))

internal fun matrix(rows: JsonValue): Matrix3 = Matrix3.of(requireNotNull(rows.items).flatMap { it.numbers() })

internal fun JsonValue.box(name: String): PixelBox = numbers(name).let { PixelBox(it[0], it[1], it[2], it[3]) }

internal val JsonValue.name: String get() = text("name")

internal val PixelBox.sides: List<Double> get() = listOf(left, top, right, bottom)

internal fun near(
    a: List<Double>,
    b: List<Double>,
    limit: Double = TOLERANCE,
): Boolean = a.size == b.size && a.zip(b).all { (x, y) -> abs(x - y) <= limit }

internal fun near(
    a: Matrix3,
    b: Matrix3,
): Boolean = near(a.rowMajor, b.rowMajor)

internal fun assertNear(
    expected: List<Double>,
    found: List<Double>,
    what: String,
) = assertTrue(near(expected, found)) { "$what: expected $expected, found $found" }

internal fun assertNear(
    expected: Matrix3,
    found: Matrix3,
    what: String,
) = assertNear(expected.rowMajor, found.rowMajor, what)

internal fun assertNear(
    expected: List<Double>,
    found: ImagePoint,
    what: String,
) = assertNear(expected, listOf(found.x, found.y), what)
