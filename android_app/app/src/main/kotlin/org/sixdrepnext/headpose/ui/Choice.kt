package org.sixdrepnext.headpose.ui

import androidx.compose.material3.FilterChip
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable

/** One thing that is on or off. */
@Composable
fun Choice(
    text: String,
    isOn: Boolean,
    enabled: Boolean = true,
    change: (Boolean) -> Unit,
) {
    FilterChip(selected = isOn, onClick = { change(!isOn) }, label = { Text(text) }, enabled = enabled)
}
