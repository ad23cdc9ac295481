import HeadPoseCore
import SwiftUI

/// Frames per second, milliseconds of each stage, temperature.
struct LiveFigures: View {
    let screen: LiveScreen
    let thermal: ThermalState

    private var stages: [(name: LocalizedStringKey, ms: Double)] {
        let times = screen.times
        return [
            ("Find faces", times.detectMs), ("Cut", times.cropMs), ("Network", times.inferenceMs),
            ("Decode", times.decodeMs), ("Whole frame", times.totalMs),
        ]
    }

    var body: some View {
        VStack(alignment: .leading, spacing: 2) {
            HStack {
                Text("\(screen.framesPerSecond.shown(0)) frames/s")
                    .font(.headline.monospacedDigit())
                Spacer()
                Label {
                    Text(verbatim: thermal.title)
                } icon: {
                    Image(systemName: thermal.symbol).foregroundStyle(thermal.color)
                }
            }
            ForEach(0..<stages.count, id: \.self) { index in
                HStack {
                    Text(stages[index].name)
                    Spacer()
                    Text("\(stages[index].ms.shown()) ms").monospacedDigit()
                }
                .accessibilityElement(children: .combine)
            }
            Text("\((screen.frame?.droppedFrames ?? 0).shown) frames skipped for newer ones")
        }
        .font(.caption)
        .padding(10)
        .background(.ultraThinMaterial, in: RoundedRectangle(cornerRadius: 12))
        .accessibilityIdentifier("figures")
    }
}
