package org.sixdrepnext.headpose.core.geometry

/** x' = a·x + c·y + tx, y' = b·x + d·y + ty. */
data class AffineMap(
    /** How far x' goes with x. */
    val a: Double,
    /** How far y' goes with x. */
    val b: Double,
    /** How far x' goes with y. */
    val c: Double,
    /** How far y' goes with y. */
    val d: Double,
    /** Shift of x'. */
    val tx: Double,
    /** Shift of y'. */
    val ty: Double,
) {
    /** Where a place goes. */
    fun apply(p: ImagePoint): ImagePoint = ImagePoint(a * p.x + c * p.y + tx, b * p.x + d * p.y + ty)

    /** Where a box goes: the smallest upright box around it. */
    fun apply(box: PixelBox): PixelBox {
        val corners =
            listOf(
                apply(ImagePoint(box.left, box.top)),
                apply(ImagePoint(box.right, box.bottom)),
                apply(ImagePoint(box.left, box.bottom)),
                apply(ImagePoint(box.right, box.top)),
            )
        return PixelBox(corners.minOf { it.x }, corners.minOf { it.y }, corners.maxOf { it.x }, corners.maxOf { it.y })
    }

    /** This map, then another. */
    fun then(next: AffineMap): AffineMap =
        AffineMap(
            a = next.a * a + next.c * b,
            b = next.b * a + next.d * b,
            c = next.a * c + next.c * d,
            d = next.b * c + next.d * d,
            tx = next.a * tx + next.c * ty + next.tx,
            ty = next.b * tx + next.d * ty + next.ty,
        )

    /** The way back; null for a map that has none because it squeezes the plane into a line. */
    val inverse: AffineMap?
        get() {
            val determinant = a * d - b * c
            if (determinant == 0.0 || !determinant.isFinite()) return null
            val (ia, ib) = d / determinant to -b / determinant
            val (ic, id) = -c / determinant to a / determinant
            return AffineMap(ia, ib, ic, id, -(ia * tx + ic * ty), -(ib * tx + id * ty))
        }

    /**
     * The nine numbers, row after row, that `android.graphics.Matrix.setValues` takes.
     *
     * Source: https://developer.android.com/reference/android/graphics/Matrix (MSCALE_X, MSKEW_X, MTRANS_X, …).
     */
    val matrixValues: FloatArray
        get() = doubleArrayOf(a, c, tx, b, d, ty, 0.0, 0.0, 1.0).map { it.toFloat() }.toFloatArray()

    /** The usual map. */
    companion object {
        /** Leaves every place where it is. */
        val IDENTITY = AffineMap(1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
    }
}
