// Only what the app uses, by the published signatures:
//   https://github.com/androidx/androidx/blob/androidx-main/camera/camera-core/api/1.7.0-rc01.txt
@file:Suppress("UNUSED_PARAMETER", "unused")

package androidx.camera.core.resolutionselector

class AspectRatioStrategy(
    preferredAspectRatio: Int,
    fallbackRule: Int,
) {
    companion object {
        const val FALLBACK_RULE_AUTO = 1
    }
}

class ResolutionSelector internal constructor() {
    class Builder {
        fun setAspectRatioStrategy(aspectRatioStrategy: AspectRatioStrategy): Builder = this

        fun build() = ResolutionSelector()
    }
}
