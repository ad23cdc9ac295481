package org.sixdrepnext.headpose

import androidx.test.ext.junit.runners.AndroidJUnit4
import androidx.test.platform.app.InstrumentationRegistry
import com.google.ai.edge.litert.Environment
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.runBlocking
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Assume.assumeTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.sixdrepnext.headpose.core.accelerator.Accelerator
import org.sixdrepnext.headpose.core.geometry.PixelBox
import org.sixdrepnext.headpose.core.pipeline.Frame
import org.sixdrepnext.headpose.logic.BlazeFaceDetector
import org.sixdrepnext.headpose.platform.Engines
import org.sixdrepnext.headpose.platform.LiteRtNetwork
import org.sixdrepnext.headpose.platform.ModelFiles
import org.sixdrepnext.headpose.platform.Stills

/** Every bundled model reads the bundled crop as Python did, on every accelerator that this phone has. Never run yet. */
@RunWith(AndroidJUnit4::class)
class GoldenImageTest {
    private val context = InstrumentationRegistry.getInstrumentation().targetContext
    private val files = ModelFiles(context)
    private val engines = Engines(context.assets)

    @Test fun onTheProcessor() = onAccelerator(Accelerator.CPU)

    @Test fun onTheGpu() {
        assumeTrue("this phone has no GPU that LiteRT can use", has("GPU"))
        onAccelerator(Accelerator.GPU)
    }

    @Test fun onTheNpu() {
        assumeTrue("this phone has no NPU that LiteRT can use", has("NPU"))
        onAccelerator(Accelerator.NPU)
    }

    @Test fun theBundledDetectorFindsTheFaceWherePythonDoes() {
        val network = engines.liteRt.open(files.detector(), LiteRtNetwork.DETECTOR_INPUTS, Accelerator.CPU, 1)
        val still = Stills(context).example()
        val frame = Frame(still.picture(), 0.0, still.geometry)
        val face = runBlocking { BlazeFaceDetector(network, Dispatchers.Default).faces(frame) }.single()
        val python = PixelBox(172.92, 73.19, 275.85, 176.1)
        assertTrue("${face.box}, not $python", face.box.overlap(python) > 0.9)
    }

    private fun has(accelerator: String): Boolean =
        Environment.create().use { environment ->
            environment.getAvailableAccelerators().any { it.name == accelerator }
        }

    private fun onAccelerator(accelerator: Accelerator) {
        val models = files.shelf().files.filter { it.isBundled }
        assumeTrue("the app was built without models", models.isNotEmpty())
        val (golden, crop) = files.golden() to files.crop()
        models.filter { accelerator in it.format.accelerators }.forEach { model ->
            val facts = files.facts(model)
            val expected = golden.expected(facts) ?: return@forEach
            val opener = engines.of(model.format).opener(files.place(model))
            runBlocking { opener.open(accelerator, null) }.use { network ->
                val error = facts.rotation(network.run(crop).first()).geodesicDegrees(expected)
                assertEquals("${model.file} on the ${accelerator.id}", 0.0, error, golden.limit(facts))
            }
        }
    }
}
