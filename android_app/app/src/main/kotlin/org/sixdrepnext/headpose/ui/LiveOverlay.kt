package org.sixdrepnext.headpose.ui

import androidx.compose.foundation.Canvas
import androidx.compose.foundation.background
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.shape.RoundedCornerShape
import androidx.compose.material3.Button
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Modifier
import androidx.compose.ui.geometry.Offset
import androidx.compose.ui.graphics.Color
import androidx.compose.ui.graphics.StrokeCap
import androidx.compose.ui.graphics.drawscope.DrawScope
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.semantics.LiveRegionMode
import androidx.compose.ui.semantics.contentDescription
import androidx.compose.ui.semantics.liveRegion
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.text.TextMeasurer
import androidx.compose.ui.text.TextStyle
import androidx.compose.ui.text.drawText
import androidx.compose.ui.text.rememberTextMeasurer
import androidx.compose.ui.unit.dp
import androidx.compose.ui.unit.sp
import org.sixdrepnext.headpose.R
import org.sixdrepnext.headpose.core.geometry.AffineMap
import org.sixdrepnext.headpose.core.geometry.DrawingStyle
import org.sixdrepnext.headpose.core.geometry.ImagePoint
import org.sixdrepnext.headpose.core.geometry.LineColor
import org.sixdrepnext.headpose.core.geometry.PixelBox
import org.sixdrepnext.headpose.core.geometry.PoseLine
import org.sixdrepnext.headpose.core.geometry.QuarterTurn
import org.sixdrepnext.headpose.logic.CameraState
import org.sixdrepnext.headpose.logic.LiveScreen
import org.sixdrepnext.headpose.logic.Overlay
import org.sixdrepnext.headpose.logic.Preferences

private val Plated = Color(0xB3000000)

/** Red, green and blue that are told apart on a dark and a light picture. */
fun colorOf(color: LineColor): Color =
    when (color) {
        LineColor.RED -> Color(0xFFF0524F)
        LineColor.GREEN -> Color(0xFF47C06B)
        LineColor.BLUE -> Color(0xFF3D8BF2)
    }

/** One head's lines and angles. */
fun DrawScope.drawHead(
    lines: List<PoseLine>,
    labels: List<String>,
    box: PixelBox,
    map: AffineMap,
    width: (Int) -> Float,
    measurer: TextMeasurer,
) {
    lines.forEach { line ->
        val (start, end) = map.apply(line.start).offset to map.apply(line.end).offset
        drawLine(colorOf(line.color), start, end, width(line.thickness), StrokeCap.Round)
    }
    val place = map.apply(box)
    val at = Offset(place.left.toFloat(), place.bottom.toFloat())
    // Measured without limits first: a text that is given a place beyond the canvas's edge is an error.
    val text =
        measurer
            .measure(labels.joinToString("\n"), TextStyle(color = Color.White, fontSize = 14.sp, background = Plated))
    drawText(text, topLeft = at)
}

/** The heads over the preview. A screen reader says their angles. */
@Composable
fun PoseOverlay(
    screen: LiveScreen,
    turn: QuarterTurn,
    style: DrawingStyle,
    modifier: Modifier,
) {
    val measurer = rememberTextMeasurer()
    val frame = screen.frame
    val spoken = screen.heads.joinToString(". ") { it.displayAngles.labelLines.joinToString(", ") }
    Canvas(modifier.semantics { contentDescription = spoken }) {
        if (frame == null) return@Canvas
        val overlay = Overlay(frame.geometry, turn, size.width.toDouble(), size.height.toDouble())
        screen.heads.forEach { head ->
            drawHead(
                head.lines(style), head.displayAngles.labelLines, head.displayBox, overlay.map,
                { overlay.lineWidth(it, 1.5 * density).toFloat() }, measurer,
            )
        }
    }
}

private val ImagePoint.offset get() = Offset(x.toFloat(), y.toFloat())

/** White text on a dark plate, readable over any picture. */
@Composable
fun Plate(
    text: String,
    modifier: Modifier = Modifier,
) {
    Text(
        text,
        color = Color.White,
        modifier =
            modifier
                .padding(12.dp)
                .background(Plated, RoundedCornerShape(8.dp))
                .padding(8.dp)
                .semantics { liveRegion = LiveRegionMode.Polite },
    )
}

/** What the model does, where, and how fast. */
@Composable
fun LiveFigures(
    app: AppModel,
    use: Use.Ready,
    screen: LiveScreen,
    modifier: Modifier,
) {
    val chosen = use.model.chosen
    val used = chosen.model.usedBackend ?: stringResource(R.string.not_proven)
    val times = screen.times
    val dropped = screen.frame?.droppedFrames ?: 0
    Column(modifier.padding(12.dp).background(Plated, RoundedCornerShape(8.dp)).padding(8.dp)) {
        val white = Color.White
        Text("${use.model.facts.name}, ${use.engine}", color = white)
        Text(stringResource(R.string.runs_on, chosen.accelerator.id, used), color = white)
        Text(stringResource(R.string.frames_per_second, screen.framesPerSecond, dropped), color = white)
        val stages =
            stringResource(R.string.stage_times, times.detectMs, times.cropMs, times.inferenceMs, times.totalMs)
        Text(stages, color = white)
        app.phone.thermalState()?.let { Text(stringResource(R.string.thermal, it.id), color = white) }
        chosen.selfCheck?.let { Text(it.sentence, color = white) }
        chosen.sentence?.let { Text(it, color = white) }
    }
}

/** Lens, pause, drawing, smoothing and figures. */
@Composable
fun LiveControls(
    app: AppModel,
    preferences: Preferences,
    screen: LiveScreen,
    modifier: Modifier,
) {
    val paused = screen.camera == CameraState.Paused
    Column(modifier.padding(12.dp), verticalArrangement = Arrangement.spacedBy(4.dp)) {
        Row(horizontalArrangement = Arrangement.spacedBy(8.dp)) {
            Button(onClick = {
                app.change { it.copy(side = it.side.other) }
            }) { Text(stringResource(R.string.switch_camera)) }
            Button(onClick = { app.live.setPaused(!paused) }) {
                Text(stringResource(if (paused) R.string.go_on else R.string.pause))
            }
        }
        Row(horizontalArrangement = Arrangement.spacedBy(8.dp)) {
            Choice(stringResource(R.string.cube), preferences.style == DrawingStyle.CUBE) { on ->
                app.change { it.copy(style = if (on) DrawingStyle.CUBE else DrawingStyle.AXES) }
            }
            Choice(stringResource(R.string.smooth), preferences.smooths) { on -> app.change { it.copy(smooths = on) } }
            Choice(stringResource(R.string.figures), preferences.showsFigures) { on ->
                app.change {
                    it
                        .copy(showsFigures = on)
                }
            }
        }
    }
}
