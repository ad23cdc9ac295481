package org.sixdrepnext.headpose

import androidx.annotation.StringRes
import androidx.compose.ui.test.assertIsDisplayed
import androidx.compose.ui.test.junit4.createAndroidComposeRule
import androidx.compose.ui.test.onAllNodesWithText
import androidx.compose.ui.test.onFirst
import androidx.compose.ui.test.onNodeWithText
import androidx.compose.ui.test.performClick
import androidx.test.ext.junit.runners.AndroidJUnit4
import org.junit.Rule
import org.junit.Test
import org.junit.runner.RunWith

/** Each screen opens and says what it should before anything was chosen. Never run yet. */
@RunWith(AndroidJUnit4::class)
class ScreensTest {
    @get:Rule val compose = createAndroidComposeRule<MainActivity>()

    private fun text(
        @StringRes id: Int,
    ) = compose.activity.getString(id)

    private fun open(
        @StringRes title: Int,
    ) {
        compose.onAllNodesWithText(text(title)).onFirst().performClick()
    }

    @Test fun modelsTellsHowToGetOrChooseOne() {
        open(R.string.models)
        compose.onNodeWithText(text(R.string.accelerator)).assertIsDisplayed()
        compose.onNodeWithText(text(R.string.open_file)).assertExists()
    }

    @Test fun benchmarkOffersItsRules() {
        open(R.string.benchmark)
        compose.onNodeWithText(text(R.string.rules)).assertExists()
        compose.onNodeWithText(text(R.string.benchmark_text)).assertExists()
    }

    @Test fun theChosenScreenOutlivesATurnOfThePhone() {
        open(R.string.models)
        compose.activityRule.scenario.recreate()
        compose.onNodeWithText(text(R.string.open_file)).assertExists()
    }
}
