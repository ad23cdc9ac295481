"""Mistakes that are sown into the stubs: the audit finds each of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from kotlin_stubs import declarations
from stub_audit import audit

STUBS = Path(__file__).resolve().parents[1] / "android_app" / "ci" / "stubs"
OS, CONTENT, GRAPHICS = (f"android/android.{name}.kt" for name in ("os", "content", "graphics"))
ACTIVITY, PICKED = "androidx/androidx.activity.kt", "androidx/androidx.activity.result.kt"
LIVEDATA = "androidx/androidx.lifecycle.livedata.kt"

SOWN = {
    "a parameter too many": (
        OS,
        "fun getIntProperty(id: Int)",
        "fun getIntProperty(id: Int, or: Int)",
        "android.os.BatteryManager.getIntProperty takes (int)",
    ),
    "a parameter of another type": (
        OS,
        "fun getIntProperty(id: Int)",
        "fun getIntProperty(id: Long)",
        "android.os.BatteryManager.getIntProperty takes (int)",
    ),
    "a parameter of another type, lines later": (
        GRAPHICS,
        "        sx: Float,\n        sy: Float,",
        "        sx: Float,\n        sy: Double,",
        "android.graphics.Matrix.postScale takes (float, float)",
    ),
    "a parameter that cannot be left out": (
        GRAPHICS,
        "outPadding: Rect?,\n            opts: Options?,",
        "outPadding: Rect?,\n            opts: Options? = null,",
        "android.graphics.BitmapFactory.decodeStream takes",
    ),
    "an array of something else": (
        GRAPHICS,
        "pixels: IntArray",
        "pixels: LongArray",
        "android.graphics.Bitmap.getPixels takes (int[], int",
    ),
    "a result of another type": (
        OS,
        "fun getIntProperty(id: Int): Int",
        "fun getIntProperty(id: Int): String",
        "android.os.BatteryManager.getIntProperty is of type int, not java.lang.String",
    ),
    "a result that may be null": (
        CONTENT,
        "fun openInputStream(uri: Uri): InputStream?",
        "fun openInputStream(uri: Uri): InputStream",
        "android.content.ContentResolver.openInputStream may be null",
    ),
    "an invented method": (
        OS,
        "fun getIntProperty(",
        "fun getNumber(",
        "android.os.BatteryManager has no getNumber",
    ),
    "an invented property": (
        OS,
        "val currentThermalStatus",
        "val thermalStatus",
        "android.os.PowerManager has no thermalStatus",
    ),
    "a property of another type": (
        OS,
        "val currentThermalStatus: Int",
        "val currentThermalStatus: Float",
        "android.os.PowerManager.currentThermalStatus is of type int, not float",
    ),
    "a var without a setter": (
        OS,
        "val currentThermalStatus: Int get() = stub()",
        "var currentThermalStatus: Int = 0",
        "android.os.PowerManager.currentThermalStatus cannot be set",
    ),
    "an invented class": (
        OS,
        "class BatteryManager",
        "class BatteryKeeper",
        "there is no class android.os.BatteryKeeper",
    ),
    "an invented class inside of a class": (
        CONTENT,
        "interface Editor {",
        "interface Writer {",
        "there is no class android.content.SharedPreferences.Writer",
    ),
    "an invented constructor": (
        OS,
        "class PowerManager internal constructor()",
        "class PowerManager",
        "android.os.PowerManager has no constructor",
    ),
    "a constructor of something else": (
        CONTENT,
        "    context: Context?,\n",
        "    context: String?,\n",
        "android.content.ContentResolver.constructor takes (android.content.Context)",
    ),
    "a wrong base": (
        OS,
        "class Bundle : Parcelable",
        "class Bundle : BatteryManager()",
        "android.os.Bundle is no android.os.BatteryManager",
    ),
    "a base with another type": (
        LIVEDATA,
        "class MutableLiveData<T> : LiveData<T>()",
        "class MutableLiveData<T> : LiveData<String>()",
        "androidx.lifecycle.MutableLiveData is no androidx.lifecycle.LiveData<java.lang.String>",
    ),
    "another number of type variables": (
        LIVEDATA,
        "fun interface Observer<T> {",
        "fun interface Observer<T, U> {",
        "androidx.lifecycle.Observer has the type variables ['T']",
    ),
    "a class that is called an interface": (
        OS,
        "class Bundle : Parcelable {",
        "interface Bundle : Parcelable {",
        "android.os.Bundle is no interface",
    ),
    "a class that is called an enum": (
        OS,
        "class Bundle : Parcelable {",
        "enum class Bundle : Parcelable {\n    A,\n    ;\n",
        "android.os.Bundle is no enum",
    ),
    "an invented constant": (
        OS,
        "const val S = 31",
        "const val SS = 31",
        "android.os.Build.VERSION_CODES has no SS",
    ),
    "a constant of another type": (
        OS,
        "const val S = 31",
        'const val S = "31"',
        "android.os.Build.VERSION_CODES.S is of type int, not java.lang.String",
    ),
    "an invented entry of an enum": (
        GRAPHICS,
        "ALPHA_8,",
        "ALPHA_9,",
        "android.graphics.Bitmap.Config has no ALPHA_9",
    ),
    "a field that is called static": (
        GRAPHICS,
        "class Options {",
        "object Options {",
        "android.graphics.BitmapFactory.Options.outWidth is not static",
    ),
    "a method that is called static": (
        OS,
        "        const val BATTERY_PROPERTY_CAPACITY = 4",
        "        fun isCharging(): Boolean = stub()\n",
        "android.os.BatteryManager.isCharging is not static",
    ),
    "a static method that is called one of an object": (
        CONTENT,
        "        @JvmStatic fun createChooser(\n            target: Intent,\n            title: CharSequence?,\n"
        "        ): Intent = target\n    }\n",
        "    }\n\n    fun createChooser(\n        target: Intent,\n"
        "        title: CharSequence?,\n    ): Intent = target\n",
        "android.content.Intent.createChooser is static",
    ),
    "an invented function outside of a class": (
        ACTIVITY,
        "fun ComponentActivity.enableEdgeToEdge(",
        "fun ComponentActivity.enableEdges(",
        "androidx.activity has no enableEdges",
    ),
    "another receiver": (
        ACTIVITY,
        "fun ComponentActivity.enableEdgeToEdge(",
        "fun Activity.enableEdgeToEdge(",
        "androidx.activity.enableEdgeToEdge takes (androidx.activity.ComponentActivity)",
    ),
    "another name of a parameter in Kotlin": (
        PICKED,
        "maxItems: Int",
        "howMany: Int",
        "androidx.activity.result.PickVisualMediaRequest takes",
    ),
    "a type that only a compiler could tell": (
        OS,
        "fun getIntProperty(id: Int): Int = stub()",
        "fun getIntProperty(id: Int) = later()",
        "android.os.BatteryManager.getIntProperty is of type int, not None",
    ),
}


@pytest.mark.parametrize("mistake", SOWN)
def test_a_mistake_in_a_stub_is_found(tmp_path, mistake):
    file, right, wrong, fault = SOWN[mistake]
    text = (STUBS / file).read_text(encoding="utf-8")
    assert text.count(right) == 1
    sown = tmp_path / "stub.kt"
    sown.write_text(text.replace(right, wrong), encoding="utf-8")
    assert fault in "\n".join(audit([sown]).faults)


def test_what_is_our_own_is_not_compared(tmp_path):
    text = (STUBS / OS).read_text(encoding="utf-8")
    right, own = "val currentThermalStatus", "/** Not in the real class. */\n    val warmth: Int get() = 1\n\n    val "
    sown = tmp_path / "stub.kt"
    sown.write_text(text.replace(right, f"{own}currentThermalStatus"), encoding="utf-8")
    assert audit([sown]).faults == []


def test_a_file_that_is_not_kotlin_is_no_file_without_faults():
    with pytest.raises(ValueError, match="not the Kotlin"):
        declarations("package a\n\nclass {")
