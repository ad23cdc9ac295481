// Only what the app uses, by the published signatures (compared on 2026-11-27):
//   https://github.com/androidx/androidx, commit d443a782c57ebd2d5dbb7bf5cb4501a91ba28eee:
//   camera/camera-core/api/1.7.0-rc01.txt
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
