// Only what the app uses, by the published signatures:
//   https://github.com/androidx/androidx/blob/androidx-main/annotation/annotation/api/current.txt
@file:Suppress("UNUSED_PARAMETER", "unused")

package androidx.annotation

annotation class DrawableRes

annotation class StringRes
