// Only what the app uses, by the published signatures (compared on 2026-11-27):
//   https://github.com/androidx/androidx, commit c27945b8534e969e6dd1d126012c6b9ca3ea163b:
//   annotation/annotation/api/restricted_1.9.0-beta01.txt
@file:Suppress("UNUSED_PARAMETER", "unused")

package androidx.annotation

annotation class DrawableRes

annotation class StringRes
